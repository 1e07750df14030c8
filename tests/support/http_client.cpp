// This file implements the tests' HTTP client: POSIX sockets with Beast's parser; the only test file that includes
// Beast.
#include "http_client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/parse.hpp>

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace support {

namespace http = boost::beast::http;

namespace {

[[noreturn]] void fail(const std::string& what) {
    throw http_failure(what + ": " + std::strerror(errno));
}

} // namespace

std::optional<std::string> http_response::header(std::string_view name) const {
    for (const auto& [key, value] : headers)
        if (boost::beast::iequals(key, name)) return value;
    return std::nullopt;
}

std::size_t http_response::count(std::string_view name) const {
    std::size_t found = 0;
    for (const auto& [key, value] : headers)
        found += boost::beast::iequals(key, name) ? 1 : 0;
    return found;
}

boost::json::value http_response::json() const {
    boost::system::error_code error;
    boost::json::value out = boost::json::parse(body, error);
    if (error) throw http_failure("the body is no JSON (" + error.message() + "): " + body.substr(0, 500));
    return out;
}

http_client::http_client(const std::string& base_url, std::chrono::milliseconds limit)
    : limit_(limit)
    , is_tls_(base_url.starts_with("https://"))
    , context_(is_tls_ ? SSL_CTX_new(TLS_client_method()) : nullptr, SSL_CTX_free)
    , tls_(nullptr, SSL_free) {
    const std::string_view scheme = is_tls_ ? "https://" : "http://";
    if (!base_url.starts_with(scheme)) throw http_failure("no http URL: " + base_url);
    host_ = base_url.substr(scheme.size());
    while (host_.ends_with('/'))
        host_.pop_back();
    const auto colon = host_.rfind(':');
    if (colon == std::string::npos) throw http_failure("no port in " + base_url);
    address_ = host_.substr(0, colon);
    port_ = host_.substr(colon + 1);
    if (address_.starts_with('[') && address_.ends_with(']')) address_ = address_.substr(1, address_.size() - 2);
}

http_client::~http_client() {
    close();
}

void http_client::connect() {
    close();
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (getaddrinfo(address_.c_str(), port_.c_str(), &hints, &found) != 0) throw http_failure("bad address " + host_);
    socket_ = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_ >= 0 && !source_.empty()) {
        const int reuse = 1;
        setsockopt(socket_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &reuse, sizeof reuse);
        sockaddr_in from{};
        from.sin_family = AF_INET;
        inet_pton(AF_INET, source_.c_str(), &from.sin_addr);
        if (::bind(socket_, static_cast<const sockaddr*>(static_cast<const void*>(&from)), sizeof from) != 0)
            fail("bind to " + source_);
    }
    const int connected = socket_ < 0 ? -1 : ::connect(socket_, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    if (connected != 0) {
        close();
        fail("connect to " + host_);
    }
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ++connections_;
    if (is_tls_) shake_hands();
}

void http_client::shake_hands() {
    if (version_) {
        const int number = *version_ == tls_client_version::v1_1   ? TLS1_1_VERSION
                           : *version_ == tls_client_version::v1_2 ? TLS1_2_VERSION
                                                                   : TLS1_3_VERSION;
        SSL_CTX_set_security_level(context_.get(), 0); // so that it is the service that refuses old versions
        SSL_CTX_set_min_proto_version(context_.get(), number);
        SSL_CTX_set_max_proto_version(context_.get(), number);
    }
    tls_.reset(SSL_new(context_.get()));
    SSL_set_fd(tls_.get(), socket_);
    if (SSL_connect(tls_.get()) != 1) {
        ERR_clear_error();
        close();
        throw http_failure("the TLS handshake failed");
    }
}

void http_client::connect_from(const std::string& address) {
    source_ = address;
    connect();
}

void http_client::speak_only(tls_client_version version) {
    version_ = version;
}

void http_client::receive_little() {
    const int bytes = 4096;
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

bool http_client::has_bytes(std::chrono::milliseconds within) {
    if (!received_.empty() || (tls_ && SSL_pending(tls_.get()) > 0)) return true;
    pollfd waiting{socket_, POLLIN, 0};
    return ::poll(&waiting, 1, static_cast<int>(within.count())) > 0;
}

std::string http_client::peek(std::size_t bytes) {
    std::string out(bytes, '\0');
    const ssize_t got = ::recv(socket_, out.data(), bytes, MSG_PEEK | MSG_DONTWAIT);
    out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return out;
}

std::string http_client::read_raw(std::size_t bytes) {
    while (received_.size() < bytes)
        if (!fill(limit_)) throw http_failure("closed after: " + received_);
    std::string out = received_.substr(0, bytes);
    received_.erase(0, bytes);
    return out;
}

std::string http_client::peer_name() const {
    X509* const certificate = tls_ ? SSL_get1_peer_certificate(tls_.get()) : nullptr;
    if (certificate == nullptr) return {};
    char name[256] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
    X509_free(certificate);
    return name;
}

void http_client::close() {
    tls_.reset();
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
    received_.clear();
}

void http_client::finish_sending() {
    ::shutdown(socket_, SHUT_WR);
}

void http_client::send(std::string_view bytes) {
    while (!bytes.empty()) {
        if (tls_) {
            std::size_t written = 0;
            if (SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &written) != 1) {
                ERR_clear_error();
                throw http_failure("TLS: cannot send");
            }
            bytes.remove_prefix(written);
            continue;
        }
        const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) fail("send");
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

bool http_client::fill(std::chrono::milliseconds within) {
    const bool pending = tls_ && SSL_pending(tls_.get()) > 0;
    pollfd waiting{socket_, POLLIN, 0};
    const int ready = pending ? 1 : ::poll(&waiting, 1, static_cast<int>(within.count()));
    if (ready < 0) fail("poll");
    if (ready == 0) throw http_failure("no answer in time");
    char block[65536];
    if (tls_) {
        std::size_t read = 0;
        if (SSL_read_ex(tls_.get(), block, sizeof block, &read) != 1) {
            ERR_clear_error();
            return false;
        }
        received_.append(block, read);
        return true;
    }
    const ssize_t got = ::recv(socket_, block, sizeof block, 0);
    if (got < 0) fail("recv");
    received_.append(block, static_cast<std::size_t>(got));
    return got > 0;
}

bool http_client::is_closed(std::chrono::milliseconds within) {
    pollfd waiting{socket_, POLLIN, 0};
    if (!received_.empty() || ::poll(&waiting, 1, static_cast<int>(within.count())) <= 0) return false;
    char one = 0;
    if (tls_) {
        // What comes after the handshake (TLS 1.3's tickets) is no end: only a failed read tells.
        ERR_clear_error();
        const bool read = SSL_peek(tls_.get(), &one, 1) > 0;
        ERR_clear_error();
        return !read;
    }
    return ::recv(socket_, &one, 1, MSG_PEEK) <= 0;
}

http_response http_client::read_response(bool to_head) {
    http::response_parser<http::string_body> parser;
    parser.body_limit(boost::none);
    parser.header_limit(1024 * 1024);
    parser.eager(true);
    parser.skip(to_head);
    while (!parser.is_done()) {
        boost::beast::error_code error;
        const std::size_t used = parser.put(boost::asio::buffer(received_), error);
        received_.erase(0, used);
        if (error && error != http::error::need_more) throw http_failure("bad answer: " + error.message());
        if (parser.is_done()) break;
        if (!fill(limit_)) {
            if (!parser.got_some()) throw http_failure("closed without an answer");
            parser.put_eof(error);
            if (error) throw http_failure("closed within an answer: " + error.message());
        }
    }
    const http::response<http::string_body>& message = parser.get();
    http_response out;
    out.status = message.result_int();
    out.body = message.body();
    out.keep_alive = message.keep_alive();
    for (const auto& field : message)
        out.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    return out;
}

http_response http_client::request(const std::string& method, const std::string& target, const http_headers& headers,
                                   const std::string& body) {
    std::string text = method + " " + target + " HTTP/1.1\r\nHost: " + host_ + "\r\n";
    for (const auto& [name, value] : headers)
        text += name + ": " + value + "\r\n";
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    text += "\r\n" + body;

    const bool kept = socket_ >= 0;
    if (!kept) connect();
    http_response out;
    try {
        send(text);
        out = read_response(method == "HEAD");
    } catch (const http_failure&) {
        if (!kept || !received_.empty()) throw;
        connect();
        send(text);
        out = read_response(method == "HEAD");
    }
    if (!out.keep_alive) close();
    return out;
}

http_response http_client::get(const std::string& target, const std::string& token) {
    return request("GET", target, {{"X-Auth-Token", token}});
}

} // namespace support
