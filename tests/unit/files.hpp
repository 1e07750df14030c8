// This file gives tests a file with a content for as long as they need it, and reads files of the source folder.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>

namespace unit {

class temporary_file {
public:
    explicit temporary_file(std::string_view content) {
        std::string name = (std::filesystem::temp_directory_path() / "catalog-unit-XXXXXX").string();
        const int file = ::mkstemp(name.data());
        if (file < 0) throw std::runtime_error("cannot make a temporary file");
        ::close(file);
        path_ = name;
        std::ofstream(path_, std::ios::binary) << content;
    }
    ~temporary_file() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;

    const std::string& path() const { return path_; }

private:
    std::string path_;
};

// The content of a file of the source folder.
inline std::string source_file(std::string_view name) {
    std::ifstream in(std::string(SOURCE_FOLDER "/") + std::string(name), std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + std::string(name));
    std::stringstream content;
    content << in.rdbuf();
    return content.str();
}

} // namespace unit
