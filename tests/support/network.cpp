// This file relays bytes, or holds them back.
#include "network.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace support {

namespace {

constexpr int look_again_ms = 20;

bool send_all(int to, const char* bytes, std::size_t size) {
    while (size > 0) {
        const ssize_t n = send(to, bytes, size, MSG_NOSIGNAL);
        if (n <= 0) return false;
        bytes += n;
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

} // namespace

network::network(std::string socket_path)
    : socket_path_(std::move(socket_path))
    , listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 128) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error(std::string("the relay can't listen: ") + std::strerror(errno));
    port_ = ntohs(address.sin_port);
    threads_.emplace_back([this] { accept_all(); });
}

network::~network() {
    over_ = true;
    threads_.front().join(); // the one that adds to the others
    for (std::size_t i = 1; i < threads_.size(); ++i)
        threads_[i].join();
    close(listener_);
}

void network::mend() {
    ++age_;
    cut_ = false;
}

void network::accept_all() {
    while (!over_) {
        pollfd ready{listener_, POLLIN, 0};
        if (poll(&ready, 1, look_again_ms) <= 0) continue;
        const int client = accept(listener_, nullptr, nullptr);
        if (client < 0) continue;
        const std::lock_guard lock(mutex_);
        threads_.emplace_back([this, client] { relay(client); });
    }
}

void network::relay(int client) {
    const unsigned born = age_;
    const int server = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket_path_.c_str(), sizeof address.sun_path - 1);
    bool open = connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    std::array<char, 65536> buffer{};
    while (open && !over_ && born == age_) {
        if (cut_) {
            usleep(look_again_ms * 1000);
            continue;
        }
        std::array<pollfd, 2> ready{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
        if (poll(ready.data(), ready.size(), look_again_ms) <= 0) continue;
        if (cut_) continue;
        for (std::size_t i = 0; i < 2 && open; ++i) {
            if (ready[i].revents == 0) continue;
            const ssize_t n = recv(ready[i].fd, buffer.data(), buffer.size(), 0);
            open = n > 0 && send_all(ready[1 - i].fd, buffer.data(), static_cast<std::size_t>(n));
        }
    }
    close(server);
    close(client);
}

} // namespace support
