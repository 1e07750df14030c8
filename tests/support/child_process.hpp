// This file declares child processes that can't outlive the test: started, watched, signalled and waited for.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace support {

using std::chrono::milliseconds;

struct command {
    std::vector<std::string> arguments;                  // the first one is the program
    std::string input = {};                              // its standard input
    std::map<std::string, std::string> environment = {}; // on top of the test's own
};

// The child is killed when the thread that started it ends (PR_SET_PDEATHSIG), so start long-lived ones in the main
// thread. Standard output and error go to anonymous memory files: they never fill up and never need cleaning.
class child_process {
public:
    explicit child_process(const command& what);
    ~child_process(); // kills a child that is still running

    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;

    // Everything that it has written so far.
    std::string output() const;
    std::string errors() const;

    // The first line of standard output that starts with prefix. Throws with the standard error when the child ends or
    // the time is over before there is one.
    std::string wait_for_line(std::string_view prefix, milliseconds limit);

    void send_signal(int number) const;
    bool is_running();

    // The exit status; 128 + N when signal N ended it. Throws (and kills it) when it still runs after the limit.
    int wait(milliseconds limit);

    pid_t pid() const { return pid_; }

private:
    bool reap(bool block);

    std::string program_;
    int output_ = -1;
    int errors_ = -1;
    pid_t pid_ = -1;
    bool ended_ = false;
    int status_ = 0;
};

struct finished {
    int status = 0;
    std::string output;
    std::string errors;
};

// Runs a command to its end.
finished run(const command& what, milliseconds limit = std::chrono::seconds(60));

// The same for a command that must succeed; throws with everything it wrote otherwise. Returns its standard output.
std::string run_checked(const command& what, milliseconds limit = std::chrono::seconds(60));

// A folder that disappears with the object. It is searchable for everyone, as a database server run by another user
// needs it.
class temporary_folder {
public:
    temporary_folder();
    ~temporary_folder();
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::string write(const std::string& name, std::string_view content) const; // returns the file's path

private:
    std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view content);

// Where things are; known to CMake.
std::string source_folder();
std::string catalog_binary();

} // namespace support
