// This file declares each query parameter of the list call once: its kind and limits drive parsing, its effect fills
// the request that SQL is built from, its texts make the error messages and the documentation.
#pragma once

#include "query/list_request.hpp"
#include "util/problem.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace catalog::api {

enum class parameter_kind { boolean, uuid, timestamp, integer, text, enumeration, sort };

// A value after its kind's check: boolean, number (or place in `values`), text (UUID, time, text), sort.
using parameter_value = std::variant<bool, std::uint64_t, std::string, std::vector<query::sort_term>>;

struct parameter {
    std::string_view name;
    parameter_kind kind;
    std::span<const std::string_view> values{}; // enumeration
    std::uint64_t min = 0, max = 0;             // integer: range; text, sort: most characters
    std::string_view default_value{};           // for the documentation
    std::string_view example{};                 // a value that finds something in the sample catalog
    bool repeatable = false;                    // several values are combined with OR
    bool empty_is_none = false;                 // an empty value is no filter
    std::string_view meaning;
    void (*apply)(query::list_request&, parameter_value);
};

// All parameters, in alphabetical order.
std::span<const parameter> list_parameters();

// The keys of `sort`.
std::span<const std::string_view> sort_key_names();

// What a parameter takes, as the end of an error message: "allowed: …".
std::string allowed_values(const parameter& parameter);

// The names of the parameters that a query string gives, each once, with commas, in the order of the table; those that
// the API does not know are one "?" at the end. For logs: names of the table alone, never a value. Pure.
std::string given_parameters(std::string_view query);

// The documentation's table, in Markdown; docs/api.md contains it and a test compares the two.
std::string parameter_table();

struct parse_options {
    bool dedicated_cloud = false; // where it is false, `dec` is checked and has no effect
    bool ignore_unknown = false;
    std::uint32_t max_limit = 1000; // largest and default page size, 1 to 1000; of an export the largest number
};

// Parses a query string (what follows '?', form-encoded). Problem: bad_parameter, naming the parameter, its fault and
// what is allowed. Pure.
result<query::list_request> parse_list_request(std::string_view query, const parse_options& options);

// The query string of a request for one backup, which has no parameters: a problem as of parse_list_request, or
// nothing. Pure.
std::optional<problem> check_show_query(std::string_view query, const parse_options& options);

} // namespace catalog::api
