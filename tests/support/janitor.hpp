// This file declares who cleans up behind a test program, in whatever way it ends.
#pragma once

#include <string>

namespace support {

// A shell of its own that waits for the other end of a pipe to close, which also a crash does, and then runs a script
// with the arguments $1, the source folder, and $2, `folder`. Of its own session, so that Ctrl-C reaches only the test.
class janitor {
public:
    janitor(const std::string& script, const std::string& folder);
    ~janitor(); // waits until it has cleaned up
    janitor(const janitor&) = delete;
    janitor& operator=(const janitor&) = delete;

private:
    int pipe_ = -1;
    int pid_ = -1;
};

} // namespace support
