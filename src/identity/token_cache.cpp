// This file implements the cache of answers about tokens.
#include "identity/token_cache.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdexcept>

namespace catalog::identity {

token_hasher::token_hasher() {
    if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1)
        throw std::runtime_error("the system has no random numbers");
}

token_hash token_hasher::operator()(std::string_view token) const {
    token_hash out{};
    unsigned length = 0;
    if (!HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
              static_cast<const unsigned char*>(static_cast<const void*>(token.data())), token.size(), out.data(),
              &length) ||
        length != out.size())
        throw std::runtime_error("OpenSSL has no HMAC-SHA256");
    return out;
}

std::optional<result<principal>> token_cache::find(const token_hash& token, steady_time now, system_time wall_now) {
    if (const valid_entry* entry = valid_.find(token)) {
        if (now < entry->until && wall_now < entry->expires_at) return result<principal>(entry->who);
        valid_.erase(token);
    }
    if (const refused_entry* entry = refused_.find(token)) {
        if (now < entry->until) return result<principal>(entry->why);
        refused_.erase(token);
    }
    return std::nullopt;
}

void token_cache::keep_valid(const token_hash& token, principal who, steady_time asked, system_time expires_at) {
    refused_.erase(token);
    valid_.put(token, {std::move(who), asked + limits_.valid_age, expires_at}, limits_.entries);
}

void token_cache::keep_refused(const token_hash& token, problem why, steady_time asked) {
    valid_.erase(token);
    refused_.put(token, {std::move(why), asked + limits_.refused_age}, limits_.entries);
}

} // namespace catalog::identity
