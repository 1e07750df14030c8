// This file implements the janitor with fork and a pipe.
#include "janitor.hpp"

#include "child_process.hpp"

#include <fcntl.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace support {

janitor::janitor(const std::string& script, const std::string& folder) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    const std::string source = source_folder();
    const std::string text = "cat >/dev/null; " + script; // reads until the pipe ends
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error("fork failed");
    if (pid_ == 0) {
        setsid();
        const int nothing = open("/dev/null", O_WRONLY);
        dup2(ends[0], STDIN_FILENO);
        dup2(nothing, STDOUT_FILENO);
        dup2(nothing, STDERR_FILENO);
        execl("/bin/sh", "sh", "-c", text.c_str(), "janitor", source.c_str(), folder.c_str(),
              static_cast<char*>(nullptr));
        _exit(127);
    }
    close(ends[0]);
    pipe_ = ends[1];
}

janitor::~janitor() {
    close(pipe_);
    waitpid(pid_, nullptr, 0);
}

} // namespace support
