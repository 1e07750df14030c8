// This file declares a piece of network that can be cut: a relay of TCP connections to a unix socket.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace support {

// Listens on a loopback port until its end. While it is cut, bytes are taken and not passed on, in both directions, and
// new connections are accepted and stay silent, so that nobody sees an error: what a firewall that drops does.
class network {
public:
    // `socket_path`: where the server listens.
    explicit network(std::string socket_path);
    ~network();
    network(const network&) = delete;
    network& operator=(const network&) = delete;

    std::uint16_t port() const { return port_; }
    void cut() { cut_ = true; }

    // Passes bytes on again; the connections that were there meanwhile are dead, as they are after a long cut.
    void mend();

private:
    void accept_all();
    void relay(int client);

    std::string socket_path_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<bool> cut_{false};
    std::atomic<bool> over_{false};
    std::atomic<unsigned> age_{0}; // of the network: relays of an older one end
    std::mutex mutex_;
    std::vector<std::thread> threads_;
};

} // namespace support
