// This file is the server's side of TLS: certificate and key from files, replaced while the server runs.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace catalog::http {

enum class tls_version { v1_2, v1_3 };

struct tls_options {
    std::string certificate_file; // PEM: the server's certificate, then those that lead to the root
    std::string key_file;         // PEM, without a passphrase
    tls_version minimum = tls_version::v1_2;
};

class tls_source {
public:
    explicit tls_source(tls_options options)
        : options_(std::move(options)) {}

    // Reads the files. Returns nothing and uses them for connections from now on, or what is wrong, in one line that
    // names the setting and the file, and goes on with what it had. Blocks on the files. Thread-safe.
    std::optional<std::string> load();

    // What the next connection uses; null before the first load. Thread-safe.
    std::shared_ptr<boost::asio::ssl::context> current() const;

    // When the certificate in use ends, as OpenSSL writes it, and whether that has passed. Thread-safe.
    std::string expiry() const;
    bool expired() const;

private:
    const tls_options options_;
    mutable std::mutex mutex_;
    std::shared_ptr<boost::asio::ssl::context> context_;
};

} // namespace catalog::http
