// This file reads certificates and keys with OpenSSL.
#include "http/tls.hpp"

#include <boost/asio/ssl/context.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sstream>

namespace catalog::http {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

namespace {

// RFC 7301: the one protocol that the server speaks. A client that offers others alone is refused.
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                    unsigned in_length, void*) {
    static constexpr unsigned char http[] = "\x08http/1.1";
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_length, http, sizeof http - 1, in, in_length) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

// A file's content, or nothing and why.
std::optional<std::string> content_of(const std::string& setting, const std::string& file, std::string& fault) {
    constexpr std::size_t most = 1U << 20U;
    std::ifstream in(file, std::ios::binary);
    std::string out(most + 1, '\0');
    if (in) in.read(out.data(), static_cast<std::streamsize>(out.size()));
    if (!in && !in.eof()) {
        fault = setting + ": cannot read '" + file + "': " + std::strerror(errno);
        return std::nullopt;
    }
    out.resize(static_cast<std::size_t>(in.gcount()));
    if (out.size() > most) {
        fault = setting + ": '" + file + "' is larger than 1 MB";
        return std::nullopt;
    }
    return out;
}

X509* certificate_of(const std::shared_ptr<ssl::context>& context) {
    return context ? SSL_CTX_get0_certificate(context->native_handle()) : nullptr;
}

} // namespace

std::optional<std::string> tls_source::load() {
    std::string fault;
    const auto certificate = content_of("tls-certificate", options_.certificate_file, fault);
    if (!certificate) return fault;
    const auto key = content_of("tls-key", options_.key_file, fault);
    if (!key) return fault;

    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    SSL_CTX* const native = context->native_handle();
    SSL_CTX_set_min_proto_version(native, options_.minimum == tls_version::v1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    // Compression leaks (CRIME); renegotiation costs the server more than the client.
    SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS); // idle connections keep less
    SSL_CTX_set_alpn_select_cb(native, select_protocol, nullptr);
    static constexpr unsigned char session_id[] = "backup-catalog"; // whose sessions clients may take up again
    SSL_CTX_set_session_id_context(native, session_id, sizeof session_id - 1);
    bool asked_for_passphrase = false;
    error_code ec;
    context->set_password_callback(
        [&](std::size_t, ssl::context::password_purpose) {
            asked_for_passphrase = true;
            return std::string();
        },
        ec);
    context->use_certificate_chain(boost::asio::buffer(*certificate), ec);
    if (ec)
        return "tls-certificate: '" + options_.certificate_file +
               "' holds no usable certificate in PEM: " + ec.message();
    context->use_private_key(boost::asio::buffer(*key), ssl::context::pem, ec);
    if (ec && asked_for_passphrase)
        return "tls-key: '" + options_.key_file + "' has a passphrase; allowed: a key without one";
    const auto code = static_cast<unsigned long>(ec.value());
    if (ec && ERR_GET_LIB(code) == ERR_LIB_X509 && ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH)
        return "tls-key: '" + options_.key_file + "' does not belong to the certificate in '" +
               options_.certificate_file + "'";
    if (ec) return "tls-key: '" + options_.key_file + "' holds no usable private key in PEM: " + ec.message();
    ERR_clear_error();
    if (SSL_CTX_check_private_key(native) != 1) {
        ERR_clear_error();
        return "tls-key: '" + options_.key_file + "' does not belong to the certificate in '" +
               options_.certificate_file + "'";
    }
    context->set_password_callback([](std::size_t, ssl::context::password_purpose) { return std::string(); },
                                   ec); // the other one ends with us
    const std::lock_guard lock(mutex_);
    context_ = std::move(context);
    return std::nullopt;
}

std::shared_ptr<ssl::context> tls_source::current() const {
    const std::lock_guard lock(mutex_);
    return context_;
}

std::string tls_source::expiry() const {
    const auto context = current();
    X509* const certificate = certificate_of(context);
    if (!certificate) return {};
    BIO* const out = BIO_new(BIO_s_mem());
    ASN1_TIME_print(out, X509_get0_notAfter(certificate));
    char* text = nullptr;
    const long length = BIO_get_mem_data(out, &text);
    std::string copy(text, static_cast<std::size_t>(length));
    BIO_free(out);
    return copy;
}

bool tls_source::expired() const {
    const auto context = current();
    X509* const certificate = certificate_of(context);
    return certificate && X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0;
}

} // namespace catalog::http
