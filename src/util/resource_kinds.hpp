// This file lists the kinds of objects that backups protect.
#pragma once

#include <array>
#include <string_view>

namespace catalog {

struct resource_kind {
    std::string_view type;        // the API's resource_type
    std::string_view provider_id; // of the kind's provider, what provider_id is unless a record says otherwise
};

// The first two providers are those of the API reference's examples.
inline constexpr std::array<resource_kind, 6> resource_kinds{{
    {"OS::Cinder::Volume", "d1603440-187d-4516-af25-121250c7cc97"},
    {"OS::Nova::Server", "0daac4c5-6707-4851-97ba-169e36266b66"},
    {"OS::Sfs::Turbo", "86a80900-71bf-4961-956a-d52df944f84a"},
    {"OS::Workspace::DesktopV2", "e5b1c7d2-3f0a-4c96-8b4e-6a9d2f70c813"},
    {"OS::Ironic::BareMetalServer", "4f7d9a16-b2c3-4e58-a071-c83e5d9b6f24"},
    {"OS::Native::Server", "a92e6b50-7c1d-43f8-9e25-0d4b8f61a7c3"},
}};

// The provider of a resource_type, or an empty text if there is no such kind.
constexpr std::string_view provider_of_type(std::string_view type) {
    for (const resource_kind& kind : resource_kinds)
        if (kind.type == type) return kind.provider_id;
    return {};
}

} // namespace catalog
