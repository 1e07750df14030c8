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
};

// The callers that differ in what they may see: readers of several projects, administrators, users with grants, roles
// that mean nothing here, unknown and missing tokens.
const std::vector<asker>& askers();

struct list_request {
    const asker* who = nullptr;
    std::string project_id; // in the path
    model::parameters query;
    std::string target; // path and query as they are sent
};

class request_maker {
public:
    request_maker(std::uint64_t seed, const random_catalog& catalog);

    // Each value class of each parameter alone, for a reader, an administrator and a restricted user.
    std::vector<list_request> each_value_alone();

    // One request with one to five parameters, mostly valid, asked by anybody.
    list_request combination();

private:
    list_request finish(const asker& who, model::parameters query);
    std::string encode(const std::string& text);

    chooser choose_;
    const random_catalog& catalog_;
    std::map<std::string, std::vector<std::string>> valid_;
    std::map<std::string, std::vector<std::string>> invalid_;
};

} // namespace support
