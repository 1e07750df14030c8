// This file compiles the session over plain TCP.
#include "http/session.hpp"

namespace catalog::http {

std::shared_ptr<connection> make_plain_connection(tcp::socket socket, std::string client, server_state& state) {
    return std::make_shared<session<tcp::socket>>(std::move(socket), std::move(client), state);
}

} // namespace catalog::http
