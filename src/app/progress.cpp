// This file implements the progress line.
#include "app/progress.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <unistd.h>

namespace catalog::app {

progress_line::progress_line(std::string what)
    : what_(std::move(what))
    , terminal_(isatty(STDERR_FILENO) == 1) {}

progress_line::~progress_line() {
    clear();
}

void progress_line::show(std::uint64_t rows, std::uint64_t part, std::uint64_t whole) {
    const auto now = clock::now();
    if (now - shown_ < (terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(5000))) return;
    shown_ = now;
    const double seconds = elapsed();
    const double rate = seconds > 0 ? static_cast<double>(rows) / seconds : 0;
    std::array<char, 160> text{};
    const int length = std::snprintf(text.data(), text.size(), "%s: %llu rows, %.0f rows/s", what_.c_str(),
                                     static_cast<unsigned long long>(rows), rate);
    if (whole > 0 && part > 0) {
        const double share = std::min(1.0, static_cast<double>(part) / static_cast<double>(whole));
        const auto filled = static_cast<std::size_t>(share * 20);
        const std::string bar = std::string(filled, '#') + std::string(20 - filled, '.');
        std::snprintf(text.data() + length, text.size() - static_cast<std::size_t>(length),
                      ", %3.0f %% [%s], %.0f s left", share * 100, bar.c_str(), seconds / share - seconds);
    }
    std::fprintf(stderr, terminal_ ? "\r\033[K%s" : "%s\n", text.data());
    dirty_ = terminal_;
}

double progress_line::elapsed() const {
    return std::chrono::duration<double>(clock::now() - begun_).count();
}

void progress_line::clear() {
    if (dirty_) std::fputs("\r\033[K", stderr);
    dirty_ = false;
}

} // namespace catalog::app
