// This file implements the finding of inherited sockets.
#include "app/inherited_sockets.hpp"

#include <charconv>
#include <cstdlib>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace catalog::app {

namespace {

constexpr int first_socket = 3; // SD_LISTEN_FDS_START

std::string taken(const char* variable) {
    const char* const value = std::getenv(variable);
    std::string out = value ? value : "";
    unsetenv(variable);
    return out;
}

std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

} // namespace

std::optional<inherited_sockets> take_inherited_sockets(std::string& fault) {
    const std::string process = taken("LISTEN_PID");
    const std::string count = taken("LISTEN_FDS");
    const std::string names = taken("LISTEN_FDNAMES");
    inherited_sockets out;
    if (process.empty() || number(process) != getpid()) return out;
    const auto sockets = number(count);
    if (!sockets || *sockets < 0) {
        fault = "environment LISTEN_FDS: '" + count + "' is not a number of sockets";
        return std::nullopt;
    }
    std::string_view rest = names;
    for (int i = 0; i < *sockets; ++i) {
        const int socket = first_socket + i;
        const std::string_view name = rest.substr(0, rest.find(':'));
        rest.remove_prefix(rest.find(':') == std::string_view::npos ? rest.size() : name.size() + 1);
        auto& place = name == "admin" ? out.admin : out.service;
        if (place) {
            fault = "environment LISTEN_FDS: hands over " + count +
                    " sockets; allowed: one to serve on, and one that LISTEN_FDNAMES calls admin";
            return std::nullopt;
        }
        place = socket;
        fcntl(socket, F_SETFD, FD_CLOEXEC);
    }
    return out;
}

} // namespace catalog::app
