// This file wires the service together and takes it down again: signals, order, bounds.
#include "api/service.hpp"
#include "app/admin.hpp"
#include "app/commands.hpp"
#include "app/inherited_sockets.hpp"
#include "app/standby.hpp"
#include "app/startup.hpp"
#include "db/executor.hpp"
#include "http/access_log.hpp"
#include "http/counted.hpp"
#include "http/server.hpp"
#include "http/tls.hpp"
#include "identity/keystone_identity.hpp"
#include "identity/static_identity.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <malloc.h>
#include <optional>
#include <sys/resource.h>
#include <system_error>
#include <thread>
#include <vector>

namespace catalog::app {

namespace asio = boost::asio;

namespace {

constexpr std::string_view usage =
    "usage: backup-catalog serve --database-url URL --identity static --identity-file FILE [setting]...\n"
    "       backup-catalog serve --database-url URL --identity keystone --identity-url URL --identity-user NAME\n"
    "           --identity-password-file FILE --identity-project NAME [setting]...\n\n"
    "Serves GET /v3/{project_id}/backups. Prints `listening on http://ADDRESS:PORT` (https with tls-certificate) when "
    "it\n"
    "is ready. SIGTERM or Ctrl-C lets answers under way finish and exits 0, a second signal exits at once. SIGHUP "
    "reads\n"
    "the TLS files and the identity file again and reopens the access log. A listening socket that systemd or another\n"
    "supervisor hands over (LISTEN_FDS) is used instead of --listen: then restarts refuse nobody.\n";

void tell_certificate(const http::tls_source& tls) {
    if (tls.expired())
        log_event("warning", "tls_certificate_expired", {{"expired", tls.expiry()}});
    else
        log_event("info", "tls_certificate_loaded", {{"expires", tls.expiry()}});
}

// A core dump would hold tokens and passwords. 1 is what stops the kernel from piping one to a program, too (0 does
// not: kernel/coredump.c).
void forbid_core_dumps() {
    rlimit limit{};
    if (getrlimit(RLIMIT_CORE, &limit) != 0) return;
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 1);
    setrlimit(RLIMIT_CORE, &limit);
}

// A page is made on one thread and let go on another, and by glibc's defaults its memory goes back to the kernel each
// time, to be zeroed and mapped again for the next: a fifth of what the service spends in the kernel, a third of it all
// for pages of 1,000 backups. See mallopt (3).
void keep_freed_memory() {
    constexpr int kept_by_an_arena = 4 << 20;      // a page of 1,000 backups as rows and as a body
    constexpr int largest_from_an_arena = 4 << 20; // a page of 1,000 backups, too
    mallopt(M_TRIM_THRESHOLD, kept_by_an_arena);
    mallopt(M_MMAP_THRESHOLD, largest_from_an_arena);
}

// Where the lines go while the service runs; from its making to its end nothing else writes events.
struct log_set {
    line_writer events; // to standard error
    std::unique_ptr<line_writer> file;
    line_writer* access = nullptr; // null: nobody wants the access log

    // `file_log` is null unless the access log goes to a file.
    log_set(const std::string& access_log, std::unique_ptr<line_writer> file_log)
        : file(std::move(file_log))
        , access(access_log == "off" ? nullptr
                 : file              ? file.get()
                                     : &events) {
        send_events_to(&events);
    }
    ~log_set() { send_events_to(nullptr); }
    log_set(const log_set&) = delete;
    log_set& operator=(const log_set&) = delete;

    void flush() {
        events.flush();
        if (file) file->flush();
    }
};

// The second address, where there is one; it goes on answering while the service stops.
struct admin_side {
    admin_side(asio::io_context& io, db::executor& database, const identity::keystone_verifier* keystone)
        : answers(io, database, keystone) {}

    admin answers;
    std::unique_ptr<http::server> server;
};

// Binds a server; prints what is wrong and returns nothing otherwise, with the exit status.
std::unique_ptr<http::server> listen(asio::io_context& io, const http::server_options& options,
                                     std::string_view setting, http::handler handle, http::observer observe,
                                     int& status) {
    try {
        return std::make_unique<http::server>(io, options, std::move(handle), std::move(observe));
    } catch (const boost::system::system_error& e) {
        if (options.inherited_socket) {
            std::cerr << "backup-catalog serve: " << setting << ": file descriptor " << *options.inherited_socket
                      << " that was handed over is not a TCP socket that listens\n";
            status = 2;
            return nullptr;
        }
        std::cerr << "backup-catalog serve: " << setting << ": cannot listen on " << options.address << ':'
                  << options.port << ": " << e.code().message()
                  << (e.code() == boost::system::errc::address_in_use
                          ? "; another program has it: stop that, or choose another port (0: any free one)"
                          : "")
                  << '\n';
        status = e.code() == boost::system::errc::invalid_argument ? 2 : 1;
        return nullptr;
    }
}

std::string url_of(std::string_view scheme, const std::string& address, std::uint16_t port) {
    const bool v6 = address.find(':') != std::string::npos;
    return std::string(scheme) + "://" + (v6 ? "[" + address + "]" : address) + ':' + std::to_string(port);
}

// Waits for SIGTERM or SIGINT, then stops the server: no new connections, answers finish, what is left after the bound
// is cut off.
asio::awaitable<void> stop_on_signal(asio::signal_set& signals, asio::signal_set& hangups, http::server& server,
                                     admin_side& admin, log_set& logs, std::chrono::milliseconds bound) {
    const auto executor = co_await asio::this_coro::executor;
    co_await signals.async_wait(asio::use_awaitable);
    log_event("info", "stopping");
    signals.async_wait([&logs](const boost::system::error_code& ec, int) {
        if (ec) return;
        logs.flush();
        std::_Exit(1); // asked twice
    });
    admin.answers.stop();
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
        logs.flush();
        std::_Exit(0);
    }
    if (admin.server) {
        admin.server->stop();
        admin.server->abort();
    }
    signals.cancel();
    hangups.cancel();
}

// The tokens that are in the identity file now are those that count, or the old ones if it is faulty: one line, with
// the first fault.
void reload_tokens(identity::static_verifier& tokens) {
    std::string faults;
    if (tokens.load(faults)) {
        log_event("info", "identity_file_loaded", {{"tokens", std::to_string(tokens.size())}});
        return;
    }
    const std::size_t end = faults.find('\n');
    const auto more = std::count(faults.begin() + static_cast<std::ptrdiff_t>(end) + 1, faults.end(), '\n');
    log_event("error", "identity_file_not_reloaded",
              {{"reason", shorten(faults.substr(0, end), 1000)},
               {"more_faults", std::to_string(more)},
               {"tokens_in_use", std::to_string(tokens.size())}});
}

// On every SIGHUP: new connections get the certificate that is in the files now, the tokens are read again, and a log
// that was moved away is begun anew. What can't be read leaves everything as it was.
asio::awaitable<void> reload_on_signal(asio::signal_set& signals, http::tls_source* tls,
                                       identity::static_verifier* tokens, line_writer* access_log) {
    for (;;) {
        boost::system::error_code ec;
        co_await signals.async_wait(asio::redirect_error(asio::use_awaitable, ec));
        if (ec) co_return; // cancelled: the end
        if (access_log) {
            if (const auto fault = access_log->reopen())
                log_event("error", "access_log_not_reopened", {{"reason", *fault}});
        }
        if (tls) {
            if (const auto fault = tls->load())
                log_event("error", "tls_not_reloaded", {{"reason", *fault}, {"in_use_until", tls->expiry()}});
            else
                tell_certificate(*tls);
        }
        if (tokens) reload_tokens(*tokens);
    }
}

db::session_options session_options_of(const settings& s) {
    db::session_options options;
    options.url = s.database_url;
    options.statement_timeout = s.request_timeout;
    options.keeps_state = s.prepared_statements;
    options.max_prepared = s.prepared_statements_kept;
    options.history = std::make_shared<db::primary_history>();
    return options;
}

// identity=keystone, if what its files hold will do; otherwise nothing, and each fault on a line of `faults`.
std::unique_ptr<identity::keystone_verifier> make_keystone_identity(const settings& s, asio::io_context& io,
                                                                    std::string& faults) {
    const identity::keystone_options& options = s.keystone;
    const auto check_secret = [&](std::string_view name, const identity::secret& secret) {
        if (!secret.file.empty() && !secret.read())
            faults += std::string(name) + ": '" + secret.file +
                      "' can't be read, or does not hold one secret of 1 to 4096 bytes\n";
    };
    check_secret("identity-password-file", options.login.password);
    check_secret("identity-application-credential-secret-file", options.login.credential_secret);
    std::unique_ptr<identity::keystone_verifier> out;
    try {
        out = std::make_unique<identity::keystone_verifier>(io.get_executor(), options);
    } catch (const std::exception& e) {
        faults += "identity-ca-file: '" + options.server.ca_file + "' " + e.what() + "\n";
    }
    if (!faults.empty()) return nullptr;
    if (!options.server.server.tls && !options.server.server.is_loopback())
        log_event("warning", "identity_not_encrypted",
                  {{"reason", "identity-url is http: passwords and tokens can be read on the way"}});
    return out;
}

} // namespace

int run_serve(arguments args) {
    int status = 0;
    auto parsed = start_settings(args, command::serve, "serve", usage,
                                 {0, 0, "`backup-catalog serve --help` shows the usage"}, status);
    if (!parsed) return status;
    const settings& s = parsed->values;
    const auto refuse = [](const std::string& fault, int code) {
        std::cerr << "backup-catalog serve: " << fault << '\n';
        return code;
    };

    asio::io_context io(static_cast<int>(s.io_threads));
    asio::signal_set hangups(io, SIGHUP); // one that comes before the service is ready is kept until it is

    std::string socket_fault;
    const auto inherited = take_inherited_sockets(socket_fault);
    if (!inherited) return refuse(socket_fault, 2);
    forbid_core_dumps();
    keep_freed_memory();
    std::shared_ptr<http::tls_source> tls;
    if (!s.tls_certificate.empty()) {
        tls = std::make_shared<http::tls_source>(http::tls_options{
            s.tls_certificate, s.tls_key, s.tls_only_1_3 ? http::tls_version::v1_3 : http::tls_version::v1_2});
        if (const auto fault = tls->load()) return refuse(*fault, 2);
    }
    std::unique_ptr<line_writer> file_log;
    if (s.access_log != "off" && s.access_log != "stderr") {
        try {
            file_log = std::make_unique<line_writer>(s.access_log);
        } catch (const std::system_error& e) {
            return refuse("access-log: cannot open '" + s.access_log + "': " + e.code().message() +
                              "; allowed: off, stderr, or the path of a file",
                          2);
        }
    }

    std::string faults;
    std::unique_ptr<identity::verifier> identity;
    identity::keystone_verifier* keystone = nullptr;
    identity::static_verifier* tokens = nullptr;
    if (s.identity == "keystone") {
        auto made = make_keystone_identity(s, io, faults);
        keystone = made.get();
        identity = std::move(made);
    } else {
        auto made = identity::load_static_identity(s.identity_file, faults);
        tokens = made.get();
        identity = std::move(made);
    }
    if (!identity) {
        std::cerr << faults;
        return 2;
    }
    std::string fault;
    if (const std::string& url = s.database_standby_url; !url.empty()) {
        if (!db::is_valid_url(url)) return refuse("database-standby-url: is not a libpq URL", 2);
        // What the role may not be was checked at the primary, and a standby has the same roles.
        if (!db::same_login(s.database_url, url))
            return refuse("database-standby-url: names another user or database than database-url; allowed: the same",
                          2);
    }
    {
        auto session = connect_checked(session_options_of(s), needed_role::reader, fault, status);
        if (!session) return refuse(fault, status);
        tell_missing_relations(*session);
    }

    log_set logs(s.access_log, std::move(file_log));
    if (tls) tell_certificate(*tls);

    db::executor_options database_options;
    database_options.session = session_options_of(s);
    database_options.connections = s.database_connections;
    database_options.max_queue = s.database_queue;
    database_options.max_wait = s.database_wait;
    db::executor database(database_options);
    database.wait_until_ready(std::chrono::seconds(2)); // the first requests find them ready

    std::optional<standby> standbys;
    if (!s.database_standby_url.empty()) {
        db::executor_options options = database_options;
        options.session.url = s.database_standby_url;
        options.session.standby = true;
        standbys.emplace(database, std::move(options), s.export_connections, s.database_standby_lag);
    }

    api::service_options service_options;
    service_options.dedicated_cloud = s.dedicated_cloud;
    service_options.ignore_unknown = s.ignore_unknown_parameters;
    service_options.max_limit = static_cast<std::uint32_t>(s.max_page_size);
    service_options.console = s.console;
    service_options.request_timeout = s.request_timeout;
    service_options.max_response_bytes = s.max_response_bytes;
    service_options.limit.per_second = s.rate_limit;
    service_options.limit.burst = s.rate_burst;
    service_options.export_timeout = s.export_timeout;
    std::optional<db::executor> exports;
    if (s.export_connections > 0) {
        database_options.connections = s.export_connections;
        database_options.max_queue = s.export_connections; // an export may run for an hour: few may hope for an end
        exports.emplace(database_options);
        exports->wait_until_ready(std::chrono::seconds(2));
    }
    api::service service(service_options, *identity, database, exports ? &*exports : nullptr,
                         standbys ? std::optional(standbys->database()) : std::nullopt);

    http::server_options server_options;
    server_options.address = s.listen_address;
    server_options.port = s.listen_port;
    server_options.inherited_socket = inherited->service;
    server_options.linger = s.shutdown_linger;
    server_options.max_connections = s.max_connections;
    server_options.limits.max_target_bytes = s.max_target_bytes;
    server_options.limits.max_header_bytes = s.max_header_bytes;
    server_options.limits.max_body_bytes = s.max_body_bytes;
    server_options.limits.max_header_fields = s.max_header_fields;
    server_options.max_unsent_bytes = s.max_unsent_bytes;
    server_options.tls = tls;
    server_options.idle_timeout = s.idle_timeout;
    server_options.receive_timeout = s.receive_timeout;
    server_options.write_timeout = s.write_timeout;
    const auto observe = [access_log = logs.access](const http::exchange& exchange) {
        http::count_exchange(exchange);
        if (access_log) access_log->write(http::access_line(exchange));
    };
    const auto server = listen(
        io, server_options, "listen", [&service](api::request request) { return service.handle(std::move(request)); },
        observe, status);
    if (!server) return status;
    admin_side admin(io, database, keystone);
    if (!s.admin_address.empty() || inherited->admin) {
        http::server_options admin_options = server_options;
        admin_options.address = s.admin_address;
        admin_options.port = s.admin_port;
        admin_options.inherited_socket = inherited->admin;
        admin_options.tls = nullptr;
        admin_options.max_connections = 64; // of probes and scrapers, whatever the clients do
        admin_options.counted = false;
        const auto handle = [&admin](api::request request) -> asio::awaitable<api::response> {
            co_return admin.answers.handle(request);
        };
        admin.server = listen(io, admin_options, "admin-listen", handle, {}, status);
        if (!admin.server) return status;
    }
    asio::signal_set signals(io, SIGTERM, SIGINT); // before anybody is told that the service is there
    asio::co_spawn(io, stop_on_signal(signals, hangups, *server, admin, logs, s.shutdown_timeout), asio::detached);
    asio::co_spawn(io, reload_on_signal(hangups, tls.get(), tokens, logs.access), asio::detached);
    if (keystone) keystone->start();
    server->start();

    std::cout << "listening on " << url_of(tls ? "https" : "http", server->address(), server->port()) << std::endl;
    if (admin.server) {
        admin.answers.start();
        admin.server->start();
        std::cout << "admin on " << url_of("http", admin.server->address(), admin.server->port()) << std::endl;
    }

    std::vector<std::thread> threads;
    for (std::uint64_t i = 1; i < s.io_threads; ++i)
        threads.emplace_back([&io] { io.run(); });
    io.run();
    for (std::thread& thread : threads)
        thread.join();
    standbys.reset(); // asks the database
    database.stop();
    if (exports) exports->stop();
    log_event("info", "stopped");
    return 0;
}

int run_settings(arguments args) {
    if (args.size() == 1 && args[0] == "--markdown") {
        std::cout << settings_markdown();
    } else if (args.size() == 1 && args[0] == "--json") {
        std::cout << settings_json();
    } else if (args.empty()) {
        std::cout << settings_text(~0U);
    } else {
        const bool help = args[0] == "--help" || args[0] == "-h";
        if (!help)
            std::cerr << "backup-catalog settings: '" << shorten(args[args.size() > 1 ? 1 : 0])
                      << "': unexpected argument; allowed: --json or --markdown\n";
        (help ? std::cout : std::cerr) << "usage: backup-catalog settings [--json|--markdown]\n\nLists every setting: "
                                          "name, type, meaning, default.\n";
        return help ? 0 : 2;
    }
    return 0;
}

} // namespace catalog::app
