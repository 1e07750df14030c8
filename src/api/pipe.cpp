// This file implements the pipe.
#include "api/pipe.hpp"

#include "util/resumption.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <stdexcept>
#include <utility>

namespace catalog::api {

namespace asio = boost::asio;

class pipe::reading_end final : public body_stream {
public:
    explicit reading_end(std::shared_ptr<pipe> from)
        : pipe_(std::move(from)) {}
    ~reading_end() override { pipe_->end(state::abandoned); }

    asio::awaitable<std::optional<std::string>> next() override {
        const auto wait = [this](auto handler) {
            auto wake = resumption<bool>(std::move(handler));
            const std::lock_guard lock(pipe_->mutex_);
            if (pipe_->piece_ || pipe_->state_ != state::open)
                wake(true);
            else
                pipe_->wake_ = std::move(wake);
        };
        co_await asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(wait, asio::use_awaitable);
        const std::lock_guard lock(pipe_->mutex_);
        if (pipe_->piece_) {
            std::optional<std::string> out;
            out.swap(pipe_->piece_);
            rows_ += pipe_->piece_rows_;
            pipe_->taken_.notify_one();
            co_return out;
        }
        if (pipe_->state_ == state::failed) throw std::runtime_error("the rest of the body can't be had");
        co_return std::nullopt;
    }

    std::uint64_t rows() const override { return rows_; }

private:
    std::shared_ptr<pipe> pipe_;
    std::uint64_t rows_ = 0;
};

bool pipe::push(std::string piece, std::uint64_t rows) {
    std::unique_lock lock(mutex_);
    taken_.wait(lock, [this] { return !piece_ || state_ == state::abandoned; });
    if (state_ == state::abandoned) return false;
    piece_ = std::move(piece);
    piece_rows_ = rows;
    if (const auto wake = std::exchange(wake_, nullptr)) wake(true);
    return true;
}

void pipe::end(state how) {
    const std::lock_guard lock(mutex_);
    if (state_ == state::open || how == state::abandoned) state_ = how;
    taken_.notify_one();
    if (const auto wake = std::exchange(wake_, nullptr)) wake(true);
}

std::shared_ptr<body_stream> pipe::reader(std::shared_ptr<pipe> from) {
    return std::make_shared<reading_end>(std::move(from));
}

} // namespace catalog::api
