// This file is what fuzzers check with: a broken promise ends the program, whatever the build.
#pragma once

#include <cstdio>
#include <cstdlib>

// Ends the program with the condition's text unless it holds.
#define REQUIRE(condition)                                                                                             \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            std::fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);                               \
            std::abort();                                                                                              \
        }                                                                                                              \
    } while (false)
