// This file declares certificates that are made for one test.
#pragma once

#include "child_process.hpp"

#include <string>

namespace support {

// A self-signed certificate for a name, with its key (EC, P-256), as PEM files until the object goes.
class tls_files {
public:
    explicit tls_files(const std::string& common_name);

    std::string certificate() const { return (folder_.path() / "cert.pem").string(); }
    std::string key() const { return (folder_.path() / "key.pem").string(); }
    std::string locked_key() const; // the key's PEM with a passphrase

private:
    temporary_folder folder_;
};

} // namespace support
