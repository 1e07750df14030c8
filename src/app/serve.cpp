// This file wires the service together and takes it down again: signals, order, bounds.
#include "api/service.hpp"
#include "app/commands.hpp"
#include "app/startup.hpp"
#include "db/executor.hpp"
#include "http/server.hpp"
#include "identity/static_identity.hpp"
#include "util/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>
#include <vector>

namespace catalog::app {

namespace asio = boost::asio;

namespace {

constexpr std::string_view usage =
    "usage: backup-catalog serve --database-url URL --identity static --identity-file FILE [setting]...\n\n"
    "Serves GET /v3/{project_id}/backups. Prints `listening on http://ADDRESS:PORT` when it is ready; SIGTERM or "
    "Ctrl-C\n"
    "lets answers under way finish and exits 0, a second signal exits at once.\n";

// Waits for SIGTERM or SIGINT, then stops the server: no new connections, answers finish, what is left after the bound
// is cut off.
asio::awaitable<void> stop_on_signal(asio::signal_set& signals, http::server& server, std::chrono::milliseconds bound) {
    const auto executor = co_await asio::this_coro::executor;
    co_await signals.async_wait(asio::use_awaitable);
    log_event("info", "stopping");
    signals.async_wait([](const boost::system::error_code& ec, int) {
        if (!ec) std::_Exit(1); // asked twice
    });
    server.stop();
    const auto deadline = std::chrono::steady_clock::now() + bound;
    asio::steady_timer pause(executor);
    while (server.open_connections() > 0 && std::chrono::steady_clock::now() < deadline) {
        pause.expires_after(std::chrono::milliseconds(10));
        co_await pause.async_wait(asio::use_awaitable);
    }
    if (const std::size_t left = server.open_connections(); left > 0)
        log_event("warning", "connections_cut_off", {{"connections", std::to_string(left)}});
    server.abort();
    // A request may still wait for a database that does not answer; it only reads, so that nothing is lost with it.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    while (server.open_connections() > 0 && std::chrono::steady_clock::now() < end) {
        pause.expires_after(std::chrono::milliseconds(10));
        co_await pause.async_wait(asio::use_awaitable);
    }
    if (server.open_connections() > 0) {
        log_event("warning", "stopped_without_the_database");
        std::_Exit(0);
    }
    signals.cancel();
}

db::session_options session_options_of(const settings& s) {
    db::session_options options;
    options.url = s.database_url;
    options.statement_timeout = s.request_timeout;
    options.max_prepared = s.prepared_statements;
    return options;
}

} // namespace

int run_serve(arguments args) {
    int status = 0;
    auto parsed = start_settings(args, command::serve, "serve", usage, status);
    if (!parsed) return status;
    const settings& s = parsed->values;
    const auto refuse = [](const std::string& fault, int code) {
        std::cerr << "backup-catalog serve: " << fault << '\n';
        return code;
    };
    if (!parsed->positional.empty())
        return refuse("'" + parsed->positional.front() +
                          "': unexpected argument; `backup-catalog serve --help` shows the usage",
                      2);

    std::string faults;
    const auto identity = identity::load_static_identity(s.identity_file, faults);
    if (!identity) {
        std::cerr << faults;
        return 2;
    }
    std::string fault;
    if (!connect_checked(session_options_of(s), needed_role::reader, fault, status)) return refuse(fault, status);

    db::executor_options database_options;
    database_options.session = session_options_of(s);
    database_options.connections = s.database_connections;
    database_options.max_queue = s.database_queue;
    database_options.max_wait = s.database_wait;
    db::executor database(database_options);
    database.wait_until_ready(std::chrono::seconds(2)); // the first requests find them ready

    api::service_options service_options;
    service_options.dedicated_cloud = s.dedicated_cloud;
    service_options.ignore_unknown = s.ignore_unknown_parameters;
    service_options.max_limit = static_cast<std::uint32_t>(s.max_page_size);
    service_options.request_timeout = s.request_timeout;
    api::service service(service_options, *identity, database);

    asio::io_context io(static_cast<int>(s.io_threads));
    http::server_options server_options;
    server_options.address = s.listen_address;
    server_options.port = s.listen_port;
    server_options.max_connections = s.max_connections;
    server_options.max_target_bytes = s.max_target_bytes;
    server_options.max_header_bytes = s.max_header_bytes;
    server_options.max_body_bytes = s.max_body_bytes;
    server_options.idle_timeout = s.idle_timeout;
    server_options.receive_timeout = s.receive_timeout;
    server_options.write_timeout = s.write_timeout;
    std::unique_ptr<http::server> server;
    try {
        server = std::make_unique<http::server>(
            io, server_options, [&service](api::request request) { return service.handle(std::move(request)); });
    } catch (const boost::system::system_error& e) {
        return refuse("listen: cannot listen on " + s.listen_address + ":" + std::to_string(s.listen_port) + ": " +
                          e.code().message(),
                      e.code() == boost::system::errc::invalid_argument ? 2 : 1);
    }
    asio::signal_set signals(io, SIGTERM, SIGINT); // before anybody is told that the service is there
    asio::co_spawn(io, stop_on_signal(signals, *server, s.shutdown_timeout), asio::detached);
    server->start();

    const bool v6 = s.listen_address.find(':') != std::string::npos;
    std::cout << "listening on http://" << (v6 ? "[" : "") << s.listen_address << (v6 ? "]" : "") << ':'
              << server->port() << std::endl;

    std::vector<std::thread> threads;
    for (std::uint64_t i = 1; i < s.io_threads; ++i)
        threads.emplace_back([&io] { io.run(); });
    io.run();
    for (std::thread& thread : threads)
        thread.join();
    database.stop();
    log_event("info", "stopped");
    return 0;
}

int run_settings(arguments args) {
    if (!args.empty() && args[0] == "--markdown") {
        std::cout << settings_markdown();
        return 0;
    }
    if (!args.empty()) {
        const bool help = args[0] == "--help" || args[0] == "-h";
        (help ? std::cout : std::cerr)
            << "usage: backup-catalog settings [--markdown]\n\nLists every setting: name, type, meaning, default.\n";
        return help ? 0 : 2;
    }
    std::cout << settings_text(~0U);
    return 0;
}

} // namespace catalog::app
