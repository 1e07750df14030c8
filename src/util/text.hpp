// This file checks and converts the kinds of text that requests and import records are made of.
// All functions are pure and may run on any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace catalog {

// True if `bytes` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms) without a NUL character.
bool is_clean_utf8(std::string_view bytes) noexcept;

// Number of characters (code points) of well-formed UTF-8.
std::size_t count_characters(std::string_view utf8) noexcept;

// A UUID of 8-4-4-4-12 hex digits in any case, in lower case; nothing if `text` is not one.
std::optional<std::string> parse_uuid(std::string_view text);

// True for 1 to 64 characters of [A-Za-z0-9_-] (contract section 1).
bool is_project_id(std::string_view text) noexcept;

// A whole number written in digits alone; nothing for anything else or beyond `max`.
std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t max) noexcept;

// Undoes percent-encoding, and `+` for a blank if `plus_is_blank` (application/x-www-form-urlencoded). Nothing if a
// percent sign is not followed by two hex digits.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank);

// A time `YYYY-MM-DDTHH:MM:SS[.f{1,6}][Z]` in UTC (contract section 1), normalised to
// `YYYY-MM-DDTHH:MM:SS.ffffff`, so that equal times are equal strings and later times compare greater.
// Nothing if the form is another or the date does not exist. Years 0001 to 9999.
std::optional<std::string> parse_time(std::string_view text);

// Appends `text` (UTF-8) as a JSON string with its quotes (RFC 8259 section 7).
void append_json_string(std::string& out, std::string_view text);

// True for a `traceparent` of version 00: `00-` 32 hex digits `-` 16 hex digits `-` 2 hex digits in lower case, neither
// id all zeros (W3C Trace Context, section 3.2). Other versions are left alone.
bool is_traceparent(std::string_view text) noexcept;

// 32 random hex digits (X-Request-Id). Thread-safe.
std::string random_hex_id();
void write_random_hex_id(std::span<char, 32> id) noexcept;

// The word of `candidates` that `typed` was most likely meant to be: at most two edits (one for up to four letters), or
// its beginning; empty if there is none. For "did you mean" in errors.
std::string_view nearest_word(std::string_view typed, std::span<const std::string_view> candidates);

// `text` cut to `max` bytes at a character boundary, with "…" where something is missing, and "(not UTF-8)" for what
// can't be shown; for error messages.
std::string shorten(std::string_view text, std::size_t max = 64);

} // namespace catalog
