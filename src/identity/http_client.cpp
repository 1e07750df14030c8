// This file implements the HTTP client with Beast and OpenSSL.
#include "identity/http_client.hpp"

#include "identity/waiting_room.hpp"
#include "util/text.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <deque>
#include <stdexcept>
#include <variant>

namespace catalog::identity {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
namespace ssl = boost::asio::ssl;
using boost::system::error_code;
using boost::system::system_error;
using tcp = asio::ip::tcp;
using time_point = std::chrono::steady_clock::time_point;

std::string server_url::authority() const {
    const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
    return port == (tls ? "443" : "80") ? name : name + ":" + port;
}

bool server_url::is_loopback() const {
    error_code not_an_address;
    const auto address = asio::ip::make_address(host, not_an_address);
    return not_an_address ? host == "localhost" : address.is_loopback();
}

std::optional<server_url> parse_server_url(std::string_view text) {
    server_url out;
    if (text.starts_with("https://"))
        out.tls = true;
    else if (!text.starts_with("http://"))
        return std::nullopt;
    text.remove_prefix(out.tls ? 8 : 7);
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
    if (!plain || text.find_first_of("@?#\\\"<>") != std::string_view::npos) return std::nullopt;
    std::string_view authority = text.substr(0, text.find('/'));
    std::string_view path = text.substr(authority.size());
    while (path.ends_with('/'))
        path.remove_suffix(1);
    out.path = path;
    if (authority.starts_with('[')) {
        const std::size_t close = authority.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        out.host = authority.substr(1, close - 1);
        error_code not_an_address;
        asio::ip::make_address_v6(out.host, not_an_address);
        if (not_an_address) return std::nullopt;
        authority.remove_prefix(close + 1);
        if (!authority.empty() && authority.front() != ':') return std::nullopt;
    } else {
        out.host = authority.substr(0, authority.find(':'));
        authority.remove_prefix(out.host.size());
    }
    if (out.host.empty()) return std::nullopt;
    out.port = out.tls ? "443" : "80";
    if (!authority.empty()) {
        authority.remove_prefix(1);
        const auto port = parse_number(authority, 65535);
        if (!port || *port == 0) return std::nullopt;
        out.port = std::to_string(*port);
    }
    return out;
}

namespace {

// One open connection, plain or with TLS.
class connection {
public:
    connection(const asio::any_io_executor& place, ssl::context* tls)
        : stream_(std::in_place_type<beast::tcp_stream>, place) {
        if (tls) stream_.emplace<secure>(beast::tcp_stream(place), *tls);
    }

    asio::awaitable<void> open(const tcp::resolver::results_type& where, const server_url& server, time_point limit) {
        socket().expires_at(limit);
        co_await socket().async_connect(where, asio::use_awaitable);
        error_code ignored;
        socket().socket().set_option(tcp::no_delay(true), ignored);
        secure* const tls = std::get_if<secure>(&stream_);
        if (!tls) co_return;
        error_code is_name;
        asio::ip::make_address(server.host, is_name);
        // Addresses are not sent as a server's name (RFC 6066 section 3).
        if (is_name) SSL_set_tlsext_host_name(tls->native_handle(), server.host.c_str());
        tls->set_verify_callback(ssl::host_name_verification(server.host));
        co_await tls->async_handshake(ssl::stream_base::client, asio::use_awaitable);
    }

    // Sends and receives. `answered` becomes true with the first byte of an answer.
    asio::awaitable<bhttp::response<bhttp::string_body>> talk(bhttp::request<bhttp::string_body>& request,
                                                              const http_client_options& options, time_point deadline,
                                                              bool& answered) {
        socket().expires_at(deadline);
        bhttp::response_parser<bhttp::string_body> parser;
        parser.header_limit(static_cast<std::uint32_t>(options.max_header_bytes));
        parser.body_limit(options.max_body_bytes);
        if (secure* const tls = std::get_if<secure>(&stream_))
            co_await talk(*tls, request, parser, answered);
        else
            co_await talk(std::get<beast::tcp_stream>(stream_), request, parser, answered);
        reusable_ = parser.keep_alive() && buffer_.size() == 0;
        co_return parser.release();
    }

    bool reusable() const { return reusable_; }
    time_point last_used = std::chrono::steady_clock::now();

private:
    using secure = ssl::stream<beast::tcp_stream>;

    beast::tcp_stream& socket() {
        if (secure* const tls = std::get_if<secure>(&stream_)) return tls->next_layer();
        return std::get<beast::tcp_stream>(stream_);
    }

    template <class Stream, class Parser>
    asio::awaitable<void> talk(Stream& stream, bhttp::request<bhttp::string_body>& request, Parser& parser,
                               bool& answered) {
        co_await bhttp::async_write(stream, request, asio::use_awaitable);
        error_code ec;
        co_await bhttp::async_read_header(stream, buffer_, parser, asio::redirect_error(asio::use_awaitable, ec));
        answered = parser.got_some();
        // The parser itself goes in: parser.get() would lose its limits.
        if (!ec) co_await bhttp::async_read(stream, buffer_, parser, asio::redirect_error(asio::use_awaitable, ec));
        if (ec) throw system_error(ec);
    }

    std::variant<beast::tcp_stream, secure> stream_;
    beast::flat_buffer buffer_;
    bool reusable_ = false;
};

} // namespace

class http_client::implementation : public std::enable_shared_from_this<implementation> {
public:
    implementation(asio::any_io_executor place, http_client_options options)
        : place_(std::move(place))
        , options_(std::move(options))
        , resolver_(place_)
        , resolving_(place_) {
        if (!options_.server.tls) return;
        tls_.emplace(ssl::context::tls_client);
        SSL_CTX_set_min_proto_version(tls_->native_handle(), TLS1_2_VERSION);
        tls_->set_verify_mode(ssl::verify_peer);
        error_code ec;
        if (options_.ca_file.empty())
            tls_->set_default_verify_paths(ec);
        else
            tls_->load_verify_file(options_.ca_file, ec);
        if (ec) throw std::runtime_error("holds no certificates in PEM form, or can't be read");
    }

    asio::awaitable<http_answer> exchange(http_exchange what, time_point deadline) {
        bhttp::request<bhttp::string_body> request;
        request.method_string(what.method);
        request.target(options_.server.path + what.target);
        request.set(bhttp::field::host, options_.server.authority());
        request.set(bhttp::field::accept, "application/json");
        request.set(bhttp::field::user_agent, "backup-catalog");
        for (const auto& [name, value] : what.headers)
            request.set(name, value);
        if (!what.body.empty()) {
            request.set(bhttp::field::content_type, "application/json");
            request.body() = std::move(what.body);
            request.prepare_payload();
        }
        for (bool again = false;; again = true) {
            std::unique_ptr<connection> open = again ? nullptr : take_kept();
            const bool kept = open != nullptr;
            if (!open) open = co_await connect(deadline);
            bool answered = false;
            try {
                auto response = co_await open->talk(request, options_, deadline, answered);
                http_answer out;
                out.status = response.result_int();
                out.subject_token = std::string(response["X-Subject-Token"]);
                out.body = std::move(response.body());
                if (open->reusable()) keep(std::move(open));
                co_return out;
            } catch (const system_error& e) {
                // A server may close a kept connection at any moment; nothing was said then.
                if (!kept || answered || e.code() == beast::error::timeout) throw;
            }
        }
    }

private:
    std::unique_ptr<connection> take_kept() {
        const auto oldest = std::chrono::steady_clock::now() - options_.max_kept_time;
        while (!kept_.empty() && kept_.front()->last_used < oldest)
            kept_.pop_front();
        if (kept_.empty()) return nullptr;
        auto out = std::move(kept_.back());
        kept_.pop_back();
        return out;
    }

    void keep(std::unique_ptr<connection> open) {
        open->last_used = std::chrono::steady_clock::now();
        kept_.push_back(std::move(open));
        if (kept_.size() > options_.max_kept) kept_.pop_front();
    }

    asio::awaitable<std::unique_ptr<connection>> connect(time_point deadline) {
        const auto limit = std::min(deadline, std::chrono::steady_clock::now() + options_.connect_timeout);
        const tcp::resolver::results_type where = co_await resolve(limit);
        auto open = std::make_unique<connection>(place_, tls_ ? &*tls_ : nullptr);
        co_await open->open(where, options_.server, limit);
        co_return open;
    }

    // The system's resolver can't be interrupted, so that the look-up goes on beside those who wait for it; one at a
    // time, however many wait.
    asio::awaitable<tcp::resolver::results_type> resolve(time_point limit) {
        error_code is_name;
        const auto address = asio::ip::make_address(options_.server.host, is_name);
        if (!is_name) {
            const auto port = static_cast<std::uint16_t>(*parse_number(options_.server.port, 65535));
            co_return tcp::resolver::results_type::create(tcp::endpoint(address, port), options_.server.host,
                                                          options_.server.port);
        }
        if (!is_resolving_) {
            is_resolving_ = true;
            auto look_up = [self = shared_from_this()] { return self->look_up(); };
            asio::co_spawn(place_, std::move(look_up), asio::detached);
        }
        const bool looked_up = co_await resolving_.wait(limit);
        if (!looked_up) throw system_error(beast::error::timeout);
        if (resolve_error_) throw system_error(resolve_error_);
        co_return resolved_;
    }

    asio::awaitable<void> look_up() {
        resolve_error_ = {};
        resolved_ = co_await resolver_.async_resolve(options_.server.host, options_.server.port,
                                                     asio::redirect_error(asio::use_awaitable, resolve_error_));
        is_resolving_ = false;
        resolving_.wake_all();
    }

    asio::any_io_executor place_;
    http_client_options options_;
    std::optional<ssl::context> tls_;
    std::deque<std::unique_ptr<connection>> kept_; // the one used last at the end
    tcp::resolver resolver_;
    waiting_room resolving_;
    bool is_resolving_ = false;
    error_code resolve_error_;
    tcp::resolver::results_type resolved_;
};

http_client::http_client(asio::any_io_executor place, http_client_options options)
    : implementation_(std::make_shared<implementation>(std::move(place), std::move(options))) {}

http_client::~http_client() = default;

asio::awaitable<http_answer> http_client::exchange(http_exchange what, time_point deadline) {
    return implementation_->exchange(std::move(what), deadline);
}

} // namespace catalog::identity
