// This file shows how far a long subcommand is: a bar on a terminal, a plain line every few seconds elsewhere, on
// standard error.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace catalog::app {

// One thread at a time.
class progress_line {
public:
    // `what` begins each line. Time counts from here.
    explicit progress_line(std::string what);
    ~progress_line(); // leaves the terminal's line empty
    progress_line(const progress_line&) = delete;
    progress_line& operator=(const progress_line&) = delete;

    // Shows, unless it did a moment ago, that `part` of `whole` is done, in any unit; a whole of 0 is not known.
    void show(std::uint64_t rows, std::uint64_t part, std::uint64_t whole);

    // Seconds since the beginning.
    double elapsed() const;

    // Empties the terminal's line, for what is printed next.
    void clear();

private:
    using clock = std::chrono::steady_clock;

    std::string what_;
    bool terminal_;
    bool dirty_ = false;
    clock::time_point begun_ = clock::now();
    clock::time_point shown_ = clock::now();
};

} // namespace catalog::app
