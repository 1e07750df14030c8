// This file gives tests an identity service that misbehaves as it is told.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// What the peer does with one request: bytes that it sends after a while, and whether it keeps the connection.
struct reply {
    std::string bytes;
    std::chrono::milliseconds after{0};
    bool keep = false;
    std::chrono::milliseconds hold{0}; // between the bytes and the end of the connection
};

// Listens on a port of its own; a thread a connection. Requests are told apart by their first line.
class scripted_peer {
public:
    using script = std::function<reply(const std::string& request)>;

    // `port` 0: any free one.
    explicit scripted_peer(script what, std::uint16_t port = 0)
        : script_(std::move(what))
        , acceptor_(io_, {boost::asio::ip::address_v4::loopback(), port})
        , thread_([this] { accept(); }) {
        // A program that is started later must not keep the port when this peer has ended.
        ::fcntl(acceptor_.native_handle(), F_SETFD, FD_CLOEXEC);
    }

    ~scripted_peer() {
        stopping_ = true;
        boost::asio::ip::tcp::socket wake(io_); // accept() returns
        boost::system::error_code ignored;
        wake.connect(acceptor_.local_endpoint(), ignored);
        thread_.join();
        {
            const std::lock_guard lock(mutex_);
            for (const auto& socket : sockets_)
                socket->shutdown(boost::asio::ip::tcp::socket::shutdown_both, ignored);
        }
        for (std::thread& one : threads_)
            one.join();
    }

    std::string port() const { return std::to_string(acceptor_.local_endpoint().port()); }
    int connections() const { return connections_; }
    int validations() const { return validations_; }
    int logins() const { return logins_; }
    int most_at_once() const { return most_at_once_; }

    void change(script what) {
        const std::lock_guard lock(mutex_);
        script_ = std::move(what);
    }

private:
    void accept() {
        for (;;) {
            auto socket = std::make_shared<boost::asio::ip::tcp::socket>(io_);
            boost::system::error_code ec;
            acceptor_.accept(*socket, ec);
            if (stopping_ || ec) return;
            ++connections_;
            const std::lock_guard lock(mutex_);
            sockets_.push_back(socket);
            threads_.emplace_back([this, socket] { serve(*socket); });
        }
    }

    void pause(std::chrono::milliseconds most) const {
        const auto end = std::chrono::steady_clock::now() + most;
        while (!stopping_ && std::chrono::steady_clock::now() < end)
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }

    void serve(boost::asio::ip::tcp::socket& socket) {
        std::string received;
        boost::system::error_code ec;
        for (;;) {
            const std::size_t end =
                boost::asio::read_until(socket, boost::asio::dynamic_buffer(received), "\r\n\r\n", ec);
            if (ec) return;
            std::size_t length = 0;
            if (const std::size_t at = received.find("Content-Length: "); at < end)
                length = std::stoul(received.substr(at + 16));
            while (received.size() < end + length) {
                char block[4096];
                const std::size_t got = socket.read_some(boost::asio::buffer(block), ec);
                if (ec) return;
                received.append(block, got);
            }
            const std::string request = received.substr(0, end + length);
            received.erase(0, end + length);
            ++(request.starts_with("POST") ? logins_ : validations_);
            script what;
            {
                const std::lock_guard lock(mutex_);
                what = script_;
            }
            const int now = ++at_once_;
            for (int most = most_at_once_; now > most && !most_at_once_.compare_exchange_weak(most, now);) {
            }
            const reply answer = what(request);
            pause(answer.after);
            --at_once_;
            boost::asio::write(socket, boost::asio::buffer(answer.bytes), ec);
            if (!ec && answer.keep) continue;
            pause(answer.hold);
            socket.shutdown(boost::asio::ip::tcp::socket::shutdown_both, ec);
            return;
        }
    }

    boost::asio::io_context io_;
    std::mutex mutex_;
    script script_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::vector<std::shared_ptr<boost::asio::ip::tcp::socket>> sockets_;
    std::vector<std::thread> threads_;
    std::atomic<bool> stopping_{false};
    std::atomic<int> connections_{0};
    std::atomic<int> validations_{0};
    std::atomic<int> logins_{0};
    std::atomic<int> at_once_{0};
    std::atomic<int> most_at_once_{0};
    std::thread thread_; // the last: it uses everything above
};

inline std::string http(int status, const std::string& body, const std::string& headers = "") {
    return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           headers + "\r\n" + body;
}
