// This file is the memory of a connection between the socket and the request reader.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

namespace catalog::http {

class receive_buffer {
public:
    // What was received and not taken.
    std::string_view unread() const { return {memory_.data() + begin_, end_ - begin_}; }

    void take(std::size_t bytes) {
        begin_ += bytes;
        if (begin_ == end_) begin_ = end_ = 0;
    }

    // Where more may be received: at least 1 KB. Its bound is the request reader's: what it leaves unread.
    std::pair<char*, std::size_t> space() {
        if (memory_.size() - end_ < least) {
            if (begin_ > 0) {
                std::memmove(memory_.data(), memory_.data() + begin_, end_ - begin_);
                end_ -= begin_;
                begin_ = 0;
            }
            if (memory_.size() - end_ < least) memory_.resize(std::max(2 * memory_.size(), 2 * least));
        }
        return {memory_.data() + end_, memory_.size() - end_};
    }

    void received(std::size_t bytes) { end_ += bytes; }

    // Gives the memory back, if nothing in it is needed: a connection that waits keeps none of its last request.
    void release() {
        if (begin_ == end_ && memory_.size() > 2 * least) std::vector<char>().swap(memory_);
    }

private:
    static constexpr std::size_t least = 1024;
    std::vector<char> memory_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

} // namespace catalog::http
