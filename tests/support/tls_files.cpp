// This file makes certificates with the openssl program, as an operator would.
#include "tls_files.hpp"

namespace support {

tls_files::tls_files(const std::string& common_name) {
    run_checked({{"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                  "2", "-subj", "/CN=" + common_name, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key(),
                  "-out", certificate()}});
}

std::string tls_files::locked_key() const {
    return run_checked({{"openssl", "pkcs8", "-topk8", "-in", key(), "-passout", "pass:secret"}});
}

} // namespace support
