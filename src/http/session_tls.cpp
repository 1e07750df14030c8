// This file compiles the session over TLS.
#include "http/session.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace catalog::http {

std::shared_ptr<connection> make_tls_connection(tcp::socket socket, std::string client, server_state& state,
                                                const std::shared_ptr<asio::ssl::context>& context) {
    using stream = asio::ssl::stream<tcp::socket>;
    // OpenSSL counts the context's users itself (SSL_new(3)): it may be replaced while the stream lives.
    return std::make_shared<session<stream>>(stream(std::move(socket), *context), std::move(client), state);
}

} // namespace catalog::http
