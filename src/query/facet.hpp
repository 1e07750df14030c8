// This file names the bits of a row's facet, as migrations/deploy/backups.sql (function catalog.facet) lays them out.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace catalog::query {

// In the order of their numbers in the facet, which for status is the alphabetical order that `sort=status` needs.
inline constexpr std::array<std::string_view, 8> statuses{"available",       "deleting",       "error",
                                                          "protecting",      "restoring",      "waiting_delete",
                                                          "waiting_protect", "waiting_restore"};
inline constexpr std::array<std::string_view, 2> image_types{"backup", "replication"};
inline constexpr std::array<std::string_view, 6> resource_types{
    "OS::Cinder::Volume",          "OS::Nova::Server",  "OS::Sfs::Turbo", "OS::Workspace::DesktopV2",
    "OS::Ironic::BareMetalServer", "OS::Native::Server"};

namespace facet {

inline constexpr std::uint64_t status_mask = 7;
inline constexpr unsigned image_type_shift = 3;
inline constexpr unsigned resource_type_shift = 4;
inline constexpr std::uint64_t resource_type_mask = 7;
inline constexpr std::uint64_t dedicated_cloud = 1U << 7U;
inline constexpr std::uint64_t incremental_mask = 3U << 8U;
inline constexpr std::uint64_t incremental_false = 1U << 8U;
inline constexpr std::uint64_t incremental_true = 2U << 8U;
inline constexpr std::uint64_t no_updated_at = 1U << 10U;
inline constexpr std::uint64_t no_protected_at = 1U << 11U;
inline constexpr unsigned member_shift = 12; // as member_states (migrations/deploy/members.sql)
inline constexpr std::uint64_t member_pending = 1U << member_shift;
inline constexpr std::uint64_t member_accepted = 2U << member_shift;
inline constexpr std::uint64_t member_rejected = 4U << member_shift;
inline constexpr std::uint64_t member_any = 7U << member_shift;
inline constexpr std::uint64_t shared = 1U << 15U;
inline constexpr std::uint64_t child = 1U << 16U;
inline constexpr unsigned placement_shift = 20; // the bits above are a hash of zone and enterprise project

} // namespace facet

// Place of `name` in `names`, if it is there.
template <std::size_t N>
constexpr std::optional<std::size_t> index_of(const std::array<std::string_view, N>& names, std::string_view name) {
    for (std::size_t i = 0; i < N; ++i)
        if (names[i] == name) return i;
    return std::nullopt;
}

// From the first to the last of some names in the alphabet.
struct name_span {
    std::string_view least, greatest;
    bool exact = false; // no other name lies between
};

// The span of the chosen ones of `names`, which `chosen` numbers and has at least one of.
template <std::size_t N>
name_span span_of(const std::array<std::string_view, N>& names, const std::vector<std::size_t>& chosen) {
    const auto [first, last] = std::minmax_element(chosen.begin(), chosen.end(),
                                                   [&](std::size_t a, std::size_t b) { return names[a] < names[b]; });
    name_span span{names[*first], names[*last]};
    const auto between = std::count_if(
        names.begin(), names.end(), [&](std::string_view name) { return name >= span.least && name <= span.greatest; });
    span.exact = static_cast<std::size_t>(between) == chosen.size();
    return span;
}

} // namespace catalog::query
