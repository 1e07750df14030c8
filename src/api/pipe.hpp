// This file hands pieces of a body from a database thread to the coroutine that writes them, no faster than the client
// takes them.
#pragma once

#include "api/message.hpp"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace catalog::api {

// One piece waits at most: with the one being made and the one being written, three are in memory.
class pipe {
public:
    // The writing end, on its own thread. Waits until the piece before was taken; returns false if the reading end has
    // gone, so that nothing more is wanted.
    bool push(std::string piece, std::uint64_t rows);

    // The end of the body: all of it, or not.
    void finish() { end(state::finished); }
    void fail() { end(state::failed); }

    // The reading end; to be made once.
    static std::shared_ptr<body_stream> reader(std::shared_ptr<pipe> from);

private:
    class reading_end;
    enum class state { open, finished, failed, abandoned };

    void end(state how);

    std::mutex mutex_;
    std::condition_variable taken_;
    std::optional<std::string> piece_;
    std::uint64_t piece_rows_ = 0;
    state state_ = state::open;
    std::function<void(bool)> wake_; // of the reader that waits
};

} // namespace catalog::api
