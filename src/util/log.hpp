// This file writes the service's logs: one line of JSON an event, on standard error or in a file.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace catalog {

using log_field = std::pair<std::string_view, std::string_view>;

// Writes one event with its fields, all as JSON strings, with the time in UTC. Thread-safe; a line is never torn.
// Goes through the writer of `send_events_to`, or straight to standard error. Never pass tokens, passwords or database
// URLs.
void log_event(std::string_view level, std::string_view event, std::initializer_list<log_field> fields = {});

// Appends the time now as a JSON string, UTC with six digits. Thread-safe.
void append_log_time(std::string& out);

// Writes lines on a thread of its own, so that a disk or a reader that is slow never holds up who logs. What waits is
// bounded; lines beyond are dropped and counted, and the count is logged once there is room.
class line_writer {
public:
    // To standard error.
    line_writer();

    // To the end of a file, which is made where it is missing (mode 0640). Throws std::system_error when it can't.
    explicit line_writer(std::string path);

    // Writes what is left, for at most a second.
    ~line_writer();
    line_writer(const line_writer&) = delete;
    line_writer& operator=(const line_writer&) = delete;

    // Takes a line with its line feed. Thread-safe; never blocks for longer than a mutex is held.
    void write(std::string_view line);

    // Opens the file again, after it was moved away. Returns what is wrong, or nothing; goes on with the old file then.
    // Blocks on the file system. Thread-safe.
    std::optional<std::string> reopen();

    // Waits until everything is written, for at most a second. Thread-safe.
    void flush();

private:
    void run();
    bool write_out(std::string_view text);

    static constexpr std::size_t max_waiting_bytes = 4U << 20U;

    const std::string path_; // empty: standard error
    std::mutex mutex_;
    std::condition_variable changed_;
    std::condition_variable written_;
    std::string waiting_;
    std::uint64_t dropped_ = 0;
    bool writing_ = false;
    bool stopping_ = false;
    std::chrono::steady_clock::time_point give_up_; // once stopping
    int descriptor_;
    std::optional<int> next_descriptor_;
    std::thread thread_;
};

// Sends events through `writer` from now on, straight to standard error again with nullptr. Call it while no other
// thread logs; the writer outlives its use.
void send_events_to(line_writer* writer);

} // namespace catalog
