// This file implements the logs. A line is one write(2) or a part of one, which keeps lines of several threads apart.
#include "util/log.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <system_error>
#include <unistd.h>

namespace catalog {

namespace {

// Lines that come within this time are written together.
constexpr std::chrono::milliseconds gathering_time{20};
// What poll(2) promises a pipe takes without blocking (POSIX: PIPE_BUF).
constexpr std::size_t piece_bytes = 4096;

std::atomic<line_writer*> event_writer{nullptr};

int open_file(const std::string& path) {
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0640);
}

std::string event_line(std::string_view level, std::string_view event, std::initializer_list<log_field> fields) {
    std::string line = R"({"time":)";
    append_log_time(line);
    line += R"(,"level":)";
    append_json_string(line, level);
    line += R"(,"event":)";
    append_json_string(line, event);
    for (const auto& [name, value] : fields) {
        line += ',';
        append_json_string(line, name);
        line += ':';
        append_json_string(line, value);
    }
    line += "}\n";
    return line;
}

} // namespace

void append_log_time(std::string& out) {
    // The calendar changes once a second; only the fraction is written each time.
    thread_local std::time_t when = -1;
    thread_local std::array<char, 32> text{};
    const auto now = std::chrono::system_clock::now();
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    if (seconds != when) {
        std::tm utc{};
        gmtime_r(&seconds, &utc);
        std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
        when = seconds;
    }
    auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count() % 1'000'000;
    std::array<char, 6> digits{};
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, micros /= 10)
        *digit = static_cast<char>('0' + micros % 10);
    out += '"';
    out += text.data();
    out += '.';
    out.append(digits.data(), digits.size());
    out += "Z\"";
}

void send_events_to(line_writer* writer) {
    event_writer.store(writer);
}

void log_event(std::string_view level, std::string_view event, std::initializer_list<log_field> fields) {
    const std::string line = event_line(level, event, fields);
    if (line_writer* writer = event_writer.load()) {
        writer->write(line);
        return;
    }
    // Nowhere to report that the log itself is gone.
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

line_writer::line_writer()
    : descriptor_(STDERR_FILENO)
    , thread_([this] { run(); }) {}

line_writer::line_writer(std::string path)
    : path_(std::move(path))
    , descriptor_(open_file(path_)) {
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category());
    thread_ = std::thread([this] { run(); });
}

line_writer::~line_writer() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        give_up_ = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    }
    changed_.notify_one();
    thread_.join();
    if (!path_.empty()) ::close(descriptor_);
    if (next_descriptor_) ::close(*next_descriptor_);
}

void line_writer::write(std::string_view line) {
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() + line.size() > max_waiting_bytes) {
            ++dropped_;
            return;
        }
        first = waiting_.empty();
        waiting_ += line;
    }
    if (first) changed_.notify_one(); // the rest of a burst costs no wake-ups
}

std::optional<std::string> line_writer::reopen() {
    if (path_.empty()) return std::nullopt;
    const int fresh = open_file(path_);
    if (fresh < 0) return "cannot open '" + path_ + "': " + std::strerror(errno);
    const std::lock_guard lock(mutex_);
    if (next_descriptor_) ::close(*next_descriptor_);
    next_descriptor_ = fresh;
    return std::nullopt;
}

void line_writer::flush() {
    std::unique_lock lock(mutex_);
    written_.wait_for(lock, std::chrono::seconds(1), [this] { return waiting_.empty() && !writing_; });
}

void line_writer::run() {
    std::string batch;
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (!stopping_) changed_.wait_for(lock, gathering_time, [this] { return stopping_; });
        if (waiting_.empty()) return; // stopping
        batch.swap(waiting_);
        if (const std::uint64_t lost = std::exchange(dropped_, 0); lost > 0)
            batch += event_line("warning", "log_lines_dropped", {{"lines", std::to_string(lost)}});
        if (next_descriptor_) {
            ::close(descriptor_);
            descriptor_ = *std::exchange(next_descriptor_, std::nullopt);
        }
        writing_ = true;
        lock.unlock();
        const bool written = write_out(batch);
        const auto lines = static_cast<std::uint64_t>(std::count(batch.begin(), batch.end(), '\n'));
        batch.clear();
        lock.lock();
        writing_ = false;
        written_.notify_all();
        if (!written) dropped_ += lines;
        if (!written && stopping_) return;
    }
}

// Returns false when (a part of) the text could not be written.
bool line_writer::write_out(std::string_view text) {
    while (!text.empty()) {
        pollfd ready{descriptor_, POLLOUT, 0};
        if (::poll(&ready, 1, 100) == 0) {
            const std::lock_guard lock(mutex_);
            if (stopping_ && std::chrono::steady_clock::now() > give_up_) return false;
            continue;
        }
        const ssize_t written = ::write(descriptor_, text.data(), std::min(text.size(), piece_bytes));
        if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (written < 0) return false; // disk full, reader gone
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

} // namespace catalog
