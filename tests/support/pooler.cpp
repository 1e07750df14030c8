// This file drives scripts/pgbouncer.
#include "pooler.hpp"

#include "child_process.hpp"
#include "postgres_cluster.hpp"

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <sys/stat.h>

namespace support {

namespace {

std::filesystem::path new_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "backup-catalog-pooler.XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    chmod(pattern.c_str(), 0755); // the pooler runs as another user
    return pattern;
}

std::string parameter_of(const std::string& url, const std::string& name) {
    const std::size_t at = url.find(name + "=");
    if (at == std::string::npos) throw std::runtime_error("no " + name + " in " + url);
    const std::size_t from = at + name.size() + 1;
    return url.substr(from, url.find('&', from) - from);
}

std::string decoded(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
        } else {
            out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
            i += 2;
        }
    }
    return out;
}

} // namespace

pooler::pooler(int connections)
    : folder_(new_folder())
    , janitor_("\"$1/scripts/pgbouncer\" remove \"$2/pooler\"; rm -rf \"$2\"", folder_.string()) {
    const std::string direct = postgres_cluster::instance().url("test_reader", "postgres");
    run_checked({{source_folder() + "/scripts/pgbouncer", "start", (folder_ / "pooler").string(),
                  decoded(parameter_of(direct, "host")), std::to_string(connections)}},
                std::chrono::seconds(300));
}

std::string pooler::url(const std::string& user, const std::string& database) const {
    return "postgresql:///" + database + "?host=" + (folder_ / "pooler").string() + "&port=6432&user=" + user;
}

std::string pooler::through(const std::string& direct_url) const {
    const std::size_t from = direct_url.find(":///") + 4;
    return url(parameter_of(direct_url, "user"), direct_url.substr(from, direct_url.find('?') - from));
}

const pooler* pooler_of_all_services() {
    static const std::unique_ptr<pooler> one = [] {
        const char* const connections = std::getenv("TEST_POOLER");
        return connections == nullptr ? nullptr : std::make_unique<pooler>(std::atoi(connections));
    }();
    return one.get();
}

} // namespace support
