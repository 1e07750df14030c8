// This file holds SQL text and its parameters together, so that a value can't be spliced into the text.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace catalog::db {

class statement {
public:
    statement() = default;
    // SQL text without values; only literals of this program and names from its enums belong here.
    explicit statement(std::string_view text)
        : text_(text) {}

    // Appends SQL text.
    statement& sql(std::string_view text) {
        text_ += text;
        return *this;
    }

    // Adds `value` as the next parameter and appends its placeholder `$n::type`.
    statement& param(std::string_view value, std::string_view type) {
        params_.emplace_back(std::string(value));
        return placeholder(params_.size(), type);
    }

    // Appends the placeholder of the parameter that was added as number `index` (from 1).
    statement& placeholder(std::size_t index, std::string_view type) {
        text_ += '$';
        text_ += std::to_string(index);
        text_ += "::";
        text_ += type;
        return *this;
    }

    // Adds a parameter without writing its placeholder; returns its number.
    std::size_t add_param(std::string_view value) {
        params_.emplace_back(std::string(value));
        return params_.size();
    }

    // Adds a parameter that is null; returns its number.
    std::size_t add_null() {
        params_.emplace_back(std::nullopt);
        return params_.size();
    }

    const std::string& text() const noexcept { return text_; }
    const std::vector<std::optional<std::string>>& params() const noexcept { return params_; }

private:
    std::string text_;
    std::vector<std::optional<std::string>> params_;
};

// A PostgreSQL array literal of texts (each quoted), for `= ANY ($n::type[])`.
template <class Range>
std::string array_literal(const Range& values) {
    std::string out = "{";
    for (const auto& value : values) {
        if (out.size() > 1) out += ',';
        out += '"';
        for (const char c : std::string_view(value)) {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
        out += '"';
    }
    return out + '}';
}

// The integers of a PostgreSQL array that has one dimension and no nulls, of its text (PostgreSQL 15, chapter 8.15.6);
// none of an empty text, as which a null array is read.
inline std::vector<std::int64_t> integers_of(std::string_view array) {
    std::vector<std::int64_t> out;
    const char* at = array.data();
    const char* const end = at + array.size();
    while (at < end) {
        std::int64_t value = 0;
        const auto [behind, fault] = std::from_chars(at, end, value);
        if (fault == std::errc()) out.push_back(value);
        at = fault == std::errc() ? behind : at + 1; // '{', ',' or '}'
    }
    return out;
}

} // namespace catalog::db
