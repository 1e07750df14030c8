// This file is what operators' machines ask the service for on an address of its own: metrics, health, version.
#pragma once

#include "api/message.hpp"
#include "db/executor.hpp"
#include "identity/keystone_identity.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

namespace catalog::app {

class admin {
public:
    // Keeps the references, which must outlive the requests and the probes under way. The probing runs on a strand of
    // `io`. `keystone` is null with another identity.
    admin(boost::asio::io_context& io, db::executor& database, const identity::keystone_verifier* keystone);

    // Asks the database for one trivial row every second until stop(), so that /readyz and database_up know without
    // asking: however many ask, the database is asked once. Call it once.
    void start();

    // /readyz says no from now on; the probing ends. Thread-safe.
    void stop();

    // Answers a request to the admin address; never throws.
    api::response handle(const api::request& request);

private:
    // Shared with a probe that is still under way when this object goes.
    struct health {
        std::atomic<bool> up{true}; // serve checked it a moment ago
        std::atomic<bool> under_way{false};
        std::atomic<std::chrono::steady_clock::rep> answered{0}; // when the database answered last
    };

    boost::asio::awaitable<void> probe();
    void send_probe();
    void measure();
    bool is_up() const;

    db::executor& database_;
    const identity::keystone_verifier* const keystone_;
    std::shared_ptr<health> health_;
    boost::asio::steady_timer pause_; // on its strand
    std::atomic<bool> stopping_{false};
};

} // namespace catalog::app
