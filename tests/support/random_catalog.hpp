// This file declares random catalogs: small, but with everything in them that a list request can trip over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace support {

// Random choices that are the same for a seed on every machine, which the standard's distributions aren't.
class chooser {
public:
    explicit chooser(std::uint64_t seed)
        : engine_(seed) {}

    std::size_t below(std::size_t count) { return static_cast<std::size_t>(engine_() % count); }
    bool percent(unsigned share) { return below(100) < share; }

    template <class T>
    const T& one_of(const std::vector<T>& values) {
        return values.at(below(values.size()));
    }

    template <class T>
    void shuffle(std::vector<T>& values) {
        for (std::size_t i = values.size(); i > 1; --i)
            std::swap(values[i - 1], values[below(i)]);
    }

    std::string uuid();

private:
    std::mt19937_64 engine_;
};

struct catalog_size {
    std::size_t first = 260; // top-level backups of projects[0]
    std::size_t second = 70;
    std::size_t third = 20; // projects[3] owns none
    bool shares = true;
    std::size_t more_projects = 0; // with a few backups each
    std::size_t more_grants = 0;   // users "grantee-0", "grantee-1", … with grants of their own
};

// The import lines, and what is in them for a request to ask for.
struct random_catalog {
    std::string lines;
    std::vector<std::string> projects; // four, and the size's more_projects
    std::vector<std::string> enterprise_projects;
    std::vector<std::string> backups; // top-level ones
    std::vector<std::string> children;
    std::vector<std::string> parents;
    std::vector<std::string> vaults;
    std::vector<std::string> checkpoints;
    std::vector<std::string> resources;
    std::vector<std::string> names;
    std::vector<std::string> resource_names;
    std::vector<std::string> zones;
    std::vector<std::string> created_at; // full timestamps
    // For each backup the value of each parameter that finds it.
    struct found_by {
        std::string project_id;
        std::map<std::string, std::string> values;
    };
    std::vector<found_by> finders;
    // Users with enterprise-project grants; everybody else is unrestricted.
    std::vector<std::string> restricted_users;
};

random_catalog make_random_catalog(std::uint64_t seed, const catalog_size& size = {});

} // namespace support
