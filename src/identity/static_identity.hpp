// This file verifies tokens against a file that lists them (setting identity=static), which can be read anew.
#pragma once

#include "identity/identity.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

namespace catalog::identity {

class static_verifier final : public verifier {
public:
    // Knows nobody until load().
    explicit static_verifier(std::string file);

    // Reads the file (docs/operations.md shows one). Returns true and knows its tokens, and only those, from now on; or
    // adds every fault, one a line and each with the file's name, to `faults` and goes on with what it knew. Blocks on
    // the file. Any thread.
    bool load(std::string& faults);

    std::shared_ptr<const principal> known(std::string_view token) const override;
    boost::asio::awaitable<result<principal>> verify(std::string token) override;

    // How many tokens it knows. Any thread.
    std::size_t size() const;

private:
    struct table;
    std::shared_ptr<const table> current() const;

    const std::string file_;
    mutable std::mutex mutex_;
    std::shared_ptr<const table> tokens_; // never changed, only replaced: a request keeps the one that it began with
};

// A verifier that has read the file. On failure returns nothing and adds the faults to `faults`, as load() does.
std::unique_ptr<static_verifier> load_static_identity(const std::string& file, std::string& faults);

} // namespace catalog::identity
