// This file keeps the answers about tokens for a while, without the tokens: an entry is found by a keyed hash.
#pragma once

#include "identity/identity.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <list>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace catalog::identity {

using token_hash = std::array<std::uint8_t, 32>;

// Its values are spread already; a part of one will do.
struct hash_of_token_hash {
    std::size_t operator()(const token_hash& hash) const noexcept {
        std::size_t out = 0;
        std::memcpy(&out, hash.data(), sizeof out);
        return out;
    }
};

// HMAC-SHA256 (RFC 2104) under a random key of this object's own, which never leaves it: what is kept in memory can be
// turned neither into a token nor compared with another process's. Any thread. Throws std::runtime_error without
// randomness.
class token_hasher {
public:
    token_hasher();
    token_hash operator()(std::string_view token) const;

private:
    std::array<std::uint8_t, 32> key_{};
};

struct cache_limits {
    std::size_t entries = 10000; // of valid tokens, and as many of others: garbage displaces no valid one
    std::chrono::milliseconds valid_age{60000};  // after which a valid token is looked at again
    std::chrono::milliseconds refused_age{5000}; // the same for one that was refused
};

// Not thread-safe. The least recently used entry makes room.
class token_cache {
public:
    using steady_time = std::chrono::steady_clock::time_point;

    explicit token_cache(cache_limits limits)
        : limits_(limits) {}

    // What is known of a token at the time `now` (both clocks), if that is not too old.
    std::optional<result<principal>> find(const token_hash& token, steady_time now, system_time wall_now);

    // Keeps what was asked at the time `asked`: until valid_age later, and not past `expires_at`.
    void keep_valid(const token_hash& token, principal who, steady_time asked, system_time expires_at);

    // Keeps that a token was refused, with the reason for the client.
    void keep_refused(const token_hash& token, problem why, steady_time asked);

    std::size_t valid_entries() const { return valid_.size(); }
    std::size_t refused_entries() const { return refused_.size(); }

private:
    template <class Value>
    class recent { // a bounded map, least recently used out
    public:
        Value* find(const token_hash& token) {
            const auto found = places_.find(token);
            if (found == places_.end()) return nullptr;
            order_.splice(order_.begin(), order_, found->second);
            return &found->second->second;
        }
        void put(const token_hash& token, Value value, std::size_t most) {
            erase(token);
            while (!order_.empty() && order_.size() >= most)
                erase(order_.back().first);
            if (most == 0) return;
            order_.emplace_front(token, std::move(value));
            places_.emplace(token, order_.begin());
        }
        void erase(token_hash token) { // a copy: it may lie in the entry that goes
            const auto found = places_.find(token);
            if (found == places_.end()) return;
            order_.erase(found->second);
            places_.erase(found);
        }
        std::size_t size() const { return order_.size(); }

    private:
        std::list<std::pair<token_hash, Value>> order_; // the most recently used first
        std::unordered_map<token_hash, typename decltype(order_)::iterator, hash_of_token_hash> places_;
    };
    struct valid_entry {
        principal who;
        steady_time until;
        system_time expires_at;
    };
    struct refused_entry {
        problem why;
        steady_time until;
    };

    cache_limits limits_;
    recent<valid_entry> valid_;
    recent<refused_entry> refused_;
};

} // namespace catalog::identity
