// This file has the module's own random numbers: the same on every platform, and any stream can be started directly.
#pragma once

#include <cstdint>

namespace catalog::generate {

/// One of the independent families of streams; a record's family and number decide all its random values.
enum class family : std::uint64_t {
    backup = 1,
    backup_ids,
    child,
    share,
    project,
    policy,
    policy_run,
    resource,
    vault,
    slot,
    sample,
};

/// Scrambles 64 bits (the finalizer of splitmix64, a bijection): nearby inputs give unrelated outputs.
constexpr std::uint64_t scramble(std::uint64_t x) noexcept {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/// A splitmix64 generator (Steele, Lea, Flood 2014: public domain constants) whose start is derived from a seed, a
/// family and an index. Streams of different index are unrelated, so record i is made without making records 0 to i-1.
/// (std::mt19937 is too slow to start once a record, and the standard distributions differ between libraries.)
class random_stream {
public:
    constexpr random_stream(std::uint64_t seed, family f, std::uint64_t index) noexcept
        : state_(scramble(scramble(seed + 0x9e3779b97f4a7c15u * static_cast<std::uint64_t>(f)) + index)) {}

    /// 64 random bits.
    constexpr std::uint64_t next() noexcept { return scramble(state_ += 0x9e3779b97f4a7c15u); }

    /// A number from 0 to n-1; n must not be 0. (Multiply and shift of 32 bits: the bias is below n / 2^32.)
    constexpr std::uint32_t below(std::uint32_t n) noexcept {
        return static_cast<std::uint32_t>(((next() >> 32) * n) >> 32);
    }

    /// A number from low to high, both included; low <= high. (A remainder of 64 bits: the bias is negligible.)
    constexpr std::int64_t between(std::int64_t low, std::int64_t high) noexcept {
        return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
    }

    /// True in `count` of a million cases.
    constexpr bool per_million(std::uint32_t count) noexcept { return below(1'000'000) < count; }

    /// True in `count` of a hundred cases.
    constexpr bool percent(std::uint32_t count) noexcept { return below(100) < count; }

private:
    std::uint64_t state_;
};

} // namespace catalog::generate
