// This file declares random list requests: every class of value of every parameter, valid or not, alone and combined.
#pragma once

#include "model.hpp"
#include "random_catalog.hpp"

#include <map>
#include <string>
#include <vector>

namespace support {

struct asker {
    std::string name;
    std::string token; // empty: sends none
    model::caller who;
    std::string expires_at = {}; // of a token that is in the identity file and no longer good; RFC 3339
};

// The callers that differ in what they may see: readers of several projects, administrators, users with grants, roles
// that mean nothing here, unknown and missing tokens.
const std::vector<asker>& askers();

// `count` callers of every kind in random company: readers and administrators of every project of the catalog and of
// one without backups, users with and without grants, the same user in several projects, roles that are none or only
// look like one, and tokens that are expired, unknown, changed in one character, cut, or missing.
std::vector<asker> random_callers(std::uint64_t seed, const random_catalog& catalog, std::size_t count);

struct list_request {
    const asker* who = nullptr;
    std::string project_id; // in the path
    model::parameters query;
    std::string target;         // path and query as they are sent
    std::string backup_id = {}; // one backup is shown, instead of a list
};

class request_maker {
public:
    request_maker(std::uint64_t seed, const random_catalog& catalog);

    // Each value class of each parameter alone, for a reader, an administrator and a restricted user.
    std::vector<list_request> each_value_alone();

    // One request with one to five parameters, mostly valid, asked by anybody.
    list_request combination();

    // A request for a list, or now and then for one backup, by one of `callers`; now and then on another project's
    // path. Filters are few, so that what must not be seen would be.
    list_request by_anybody(const std::vector<asker>& callers);

private:
    model::parameters random_query(const asker& who, std::size_t most);
    void set_project(list_request& request, const std::string& project_id);
    list_request finish(const asker& who, model::parameters query);
    std::string encode(const std::string& text);

    chooser choose_;
    const random_catalog& catalog_;
    std::map<std::string, std::vector<std::string>> valid_;
    std::map<std::string, std::vector<std::string>> invalid_;
};

} // namespace support
