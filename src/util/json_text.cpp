// This file implements indented JSON, which Boost.JSON does not write.
#include "util/json_text.hpp"

#include "util/text.hpp"

#include <boost/json.hpp>

namespace catalog {

namespace {

void append(std::string& out, const boost::json::value& value, std::size_t depth) {
    const std::string line = "\n" + std::string(2 * depth + 2, ' ');
    const auto begin_element = [&](bool first) { out += (first ? "" : ",") + line; };
    const auto end_of = [&](char bracket) { out += "\n" + std::string(2 * depth, ' ') + bracket; };
    if (const auto* object = value.if_object(); object && !object->empty()) {
        out += '{';
        bool first = true;
        for (const auto& [name, member] : *object) {
            begin_element(first);
            first = false;
            append_json_string(out, name);
            out += ": ";
            append(out, member, depth + 1);
        }
        end_of('}');
    } else if (const auto* array = value.if_array(); array && !array->empty()) {
        out += '[';
        bool first = true;
        for (const auto& element : *array) {
            begin_element(first);
            first = false;
            append(out, element, depth + 1);
        }
        end_of(']');
    } else {
        out += boost::json::serialize(value);
    }
}

} // namespace

std::string indented(const boost::json::value& value) {
    std::string out;
    append(out, value, 0);
    return out;
}

} // namespace catalog
