// This file puts the description of the API together.
#include "api/openapi.hpp"

#include "api/embedded.hpp"
#include "api/list_parameters.hpp"
#include "query/facet.hpp"
#include "util/json_text.hpp"

#include <boost/json.hpp>

#include <stdexcept>

namespace catalog::api {

namespace json = boost::json;

namespace {

template <class Words>
json::array strings(const Words& words) {
    json::array out;
    for (const std::string_view word : words)
        out.emplace_back(word);
    return out;
}

// A value in the JSON type of its parameter's kind.
json::value typed(parameter_kind kind, std::string_view text) {
    if (kind == parameter_kind::boolean) return text == "true";
    if (kind == parameter_kind::integer) return std::stoll(std::string(text));
    return json::string(text);
}

json::object schema_of(const parameter& parameter) {
    json::object schema;
    switch (parameter.kind) {
    case parameter_kind::boolean:
        schema["type"] = "boolean";
        break;
    case parameter_kind::uuid:
        schema["type"] = "string";
        schema["format"] = "uuid";
        break;
    case parameter_kind::timestamp:
        schema["type"] = "string";
        schema["pattern"] = R"(^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z?$)";
        break;
    case parameter_kind::integer:
        schema["type"] = "integer";
        schema["minimum"] = parameter.min;
        schema["maximum"] = parameter.max;
        break;
    case parameter_kind::enumeration:
        schema["type"] = "string";
        schema["enum"] = strings(parameter.values);
        break;
    case parameter_kind::text:
    case parameter_kind::sort:
        schema["type"] = "string";
        if (!parameter.empty_is_none) schema["minLength"] = 1;
        schema["maxLength"] = parameter.max;
        break;
    }
    if (parameter.kind == parameter_kind::sort) {
        std::string keys;
        for (const std::string_view key : sort_key_names())
            keys += (keys.empty() ? "" : "|") + std::string(key);
        const std::string term = " *(" + keys + ") *(: *(asc|desc) *)?";
        schema["pattern"] = "^" + term + "(," + term + ")*$";
    }
    if (parameter.repeatable) schema = {{"type", "array"}, {"minItems", 1}, {"items", std::move(schema)}};
    if (!parameter.default_value.empty()) schema["default"] = typed(parameter.kind, parameter.default_value);
    return schema;
}

json::object describe(const parameter& parameter) {
    json::object out{{"name", parameter.name},
                     {"in", "query"},
                     {"description", std::string(parameter.meaning) + "; allowed: " + allowed_values(parameter)},
                     {"schema", schema_of(parameter)}};
    json::value example = typed(parameter.kind, parameter.example);
    out["example"] = parameter.repeatable ? json::value(json::array{std::move(example)}) : std::move(example);
    return out;
}

// Replaces the template's placeholders: "@list_parameters" as an element by all parameters, the others as a value.
void fill(json::value& at) {
    if (auto* object = at.if_object()) {
        for (auto& member : *object)
            fill(member.value());
    } else if (auto* array = at.if_array()) {
        json::array filled;
        for (json::value& element : *array) {
            if (element.is_string() && element.get_string() == "@list_parameters") {
                for (const parameter& parameter : list_parameters())
                    filled.emplace_back(describe(parameter));
            } else {
                fill(element);
                filled.emplace_back(std::move(element));
            }
        }
        *array = std::move(filled);
    } else if (at.is_string() && at.get_string().starts_with('@')) {
        const std::string name(at.get_string());
        if (name == "@statuses")
            at = strings(query::statuses);
        else if (name == "@image_types")
            at = strings(query::image_types);
        else if (name == "@resource_types")
            at = strings(query::resource_types);
        else if (name == "@version")
            at = BACKUP_CATALOG_VERSION;
        else
            throw std::logic_error("openapi_template.json: unknown placeholder " + name);
    }
}

} // namespace

std::string openapi_document() {
    json::value document = json::parse(embedded_file("openapi_template.json"));
    fill(document);
    return indented(document) + "\n";
}

} // namespace catalog::api
