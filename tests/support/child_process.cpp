// This file implements child processes with plain POSIX calls.
#include "child_process.hpp"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace support {

namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(what + ": " + std::strerror(errno));
}

int memory_file() {
    const int fd = memfd_create("test", MFD_CLOEXEC);
    if (fd < 0) fail("memfd_create");
    return fd;
}

void write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(fd, text.data(), text.size());
        if (written < 0) fail("write");
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::string read_from_start(int fd) {
    std::string out;
    char block[65536];
    for (;;) {
        const ssize_t got = pread(fd, block, sizeof block, static_cast<off_t>(out.size()));
        if (got < 0) fail("pread");
        if (got == 0) return out;
        out.append(block, static_cast<std::size_t>(got));
    }
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    out.reserve(texts.size() + 1);
    for (std::string& text : texts)
        out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

} // namespace

child_process::child_process(const command& what)
    : program_(what.arguments.at(0)) {
    // Everything is prepared before the fork: a child of a program with threads may only make system calls.
    std::vector<std::string> arguments = what.arguments;
    std::vector<std::string> environment;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        if (!what.environment.contains(text.substr(0, text.find('=')))) environment.push_back(text);
    }
    for (const auto& [name, value] : what.environment)
        environment.push_back(name + "=" + value);
    const std::vector<char*> argv = pointers(arguments);
    const std::vector<char*> envp = pointers(environment);

    const int input = memory_file();
    write_all(input, what.input);
    if (lseek(input, 0, SEEK_SET) < 0) fail("lseek");
    output_ = memory_file();
    errors_ = memory_file();
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ < 0) fail("fork");
    if (pid_ == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(127); // the parent died before the line above
        // Append mode, so that a later reader of the same file never moves the writer's place.
        fcntl(output_, F_SETFL, O_APPEND);
        fcntl(errors_, F_SETFL, O_APPEND);
        dup2(input, STDIN_FILENO);
        dup2(output_, STDOUT_FILENO);
        dup2(errors_, STDERR_FILENO);
        execvpe(argv[0], argv.data(), envp.data());
        _exit(127);
    }
    close(input);
}

child_process::~child_process() {
    if (!ended_) {
        kill(pid_, SIGKILL);
        reap(true);
    }
    close(output_);
    close(errors_);
}

std::string child_process::output() const {
    return read_from_start(output_);
}

std::string child_process::errors() const {
    return read_from_start(errors_);
}

std::string child_process::wait_for_line(std::string_view prefix, milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    for (;;) {
        const bool running = is_running(); // asked first, so that a last line isn't missed
        std::istringstream lines(output());
        std::string line;
        while (std::getline(lines, line))
            if (!lines.eof() && line.starts_with(prefix)) return line;
        if (!running)
            throw std::runtime_error(program_ + " ended with status " + std::to_string(status_) +
                                     " before it printed '" + std::string(prefix) + "'; standard error:\n" + errors());
        if (std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error(program_ + " didn't print '" + std::string(prefix) +
                                     "' in time; standard output:\n" + output() + "\nstandard error:\n" + errors());
        std::this_thread::sleep_for(milliseconds(5));
    }
}

void child_process::send_signal(int number) const {
    if (!ended_ && kill(pid_, number) != 0) fail("kill");
}

bool child_process::is_running() {
    return !reap(false);
}

int child_process::wait(milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (is_running()) {
        if (std::chrono::steady_clock::now() > deadline) {
            kill(pid_, SIGKILL);
            reap(true);
            throw std::runtime_error(program_ + " still ran after " + std::to_string(limit.count()) +
                                     " ms and was killed; standard error:\n" + errors());
        }
        std::this_thread::sleep_for(milliseconds(2));
    }
    return status_;
}

bool child_process::reap(bool block) {
    if (ended_) return true;
    int status = 0;
    const pid_t got = waitpid(pid_, &status, block ? 0 : WNOHANG);
    if (got != pid_) return false;
    ended_ = true;
    status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return true;
}

finished run(const command& what, milliseconds limit) {
    child_process child(what);
    const int status = child.wait(limit);
    return {status, child.output(), child.errors()};
}

std::string run_checked(const command& what, milliseconds limit) {
    const finished end = run(what, limit);
    if (end.status != 0) {
        std::string line;
        for (const std::string& argument : what.arguments)
            line += argument + " ";
        throw std::runtime_error(line + "ended with status " + std::to_string(end.status) + "\n" + end.output +
                                 end.errors);
    }
    return end.output;
}

temporary_folder::temporary_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "backup-catalog-test.XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) fail("mkdtemp");
    chmod(pattern.c_str(), 0755);
    path_ = pattern;
}

temporary_folder::~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string temporary_folder::write(const std::string& name, std::string_view content) const {
    write_file(path_ / name, content);
    return (path_ / name).string();
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("can't read " + path.string());
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

void write_file(const std::filesystem::path& path, std::string_view content) {
    std::ofstream out(path, std::ios::binary);
    out << content;
    out.close();
    if (!out) throw std::runtime_error("can't write " + path.string());
}

std::string source_folder() {
    return BACKUP_CATALOG_SOURCE_FOLDER;
}

std::string catalog_binary() {
    return BACKUP_CATALOG_BINARY;
}

} // namespace support
