// This file implements what the ways to verify tokens share.
#include "identity/identity.hpp"

#include "util/text.hpp"

#include <algorithm>

namespace catalog::identity {

std::shared_ptr<const principal> verifier::known(std::string_view) const {
    return nullptr;
}

access access_of(const std::vector<std::string>& roles, const role_names& names) {
    const auto any_of = [&](const std::vector<std::string>& wanted) {
        return std::any_of(roles.begin(), roles.end(), [&](const std::string& role) {
            return std::find(wanted.begin(), wanted.end(), role) != wanted.end();
        });
    };
    if (any_of(names.administrators)) return access::administrate;
    return any_of(names.readers) ? access::read : access::none;
}

std::optional<system_time> parse_rfc3339(std::string_view given) {
    // "T" and "Z" may be small, and a fraction may be finer than what is kept.
    std::string written(given);
    for (char& c : written)
        if (c == 't' || c == 'z') c = static_cast<char>(c - 'a' + 'A');
    if (const std::size_t fraction = written.find('.'); fraction != std::string::npos) {
        const std::size_t end = std::min(written.find_first_not_of("0123456789", fraction + 1), written.size());
        if (end > fraction + 7) written.erase(fraction + 7, end - fraction - 7);
    }
    std::string_view text = written;
    // The zone is "Z" or "+hh:mm"; the rest is what the API calls a timestamp.
    std::chrono::minutes offset{0};
    if (text.size() >= 25 && (text[text.size() - 6] == '+' || text[text.size() - 6] == '-')) {
        const auto hours = parse_number(text.substr(text.size() - 5, 2), 23);
        const auto minutes = parse_number(text.substr(text.size() - 2), 59);
        if (!hours || !minutes || text[text.size() - 3] != ':') return std::nullopt;
        offset = std::chrono::hours(static_cast<long>(*hours)) + std::chrono::minutes(static_cast<long>(*minutes));
        if (text[text.size() - 6] == '-') offset = -offset;
        text.remove_suffix(6);
    } else if (text.ends_with('Z')) {
        text.remove_suffix(1);
    } else {
        return std::nullopt;
    }
    const std::optional<std::string> time = parse_time(text);
    if (!time || text.ends_with('Z')) return std::nullopt;
    const auto number = [&](std::size_t from, std::size_t length) {
        return static_cast<int>(*parse_number(std::string_view(*time).substr(from, length), 9999999));
    };
    const std::chrono::year_month_day date{std::chrono::year(number(0, 4)),
                                           std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                           std::chrono::day(static_cast<unsigned>(number(8, 2)))};
    return std::chrono::sys_days(date) + std::chrono::hours(number(11, 2)) + std::chrono::minutes(number(14, 2)) +
           std::chrono::seconds(number(17, 2)) + std::chrono::microseconds(number(20, 6)) - offset;
}

} // namespace catalog::identity
