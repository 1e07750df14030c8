// This file reads JSON without loss: numbers keep the text they were written in, objects the order of their members.
// (A boost::json::value turns 40.0 into 4E1 and long integers into doubles; extend_info must pass through unchanged.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace catalog::transfer {

struct json_node {
    enum class kind { null, boolean, number, string, array, object };

    kind type = kind::null;
    std::string key;                // of a member of an object
    std::string text;               // string: its characters; number: as written; boolean: true or false
    std::uint64_t line = 0;         // where it begins, from 1
    std::vector<json_node> items;   // array
    std::vector<json_node> members; // object; the last of equal names counts

    // The member of an object, or nullptr.
    const json_node* find(std::string_view name) const;

    // Compact JSON.
    void write(std::string& out) const;
};

// Reads JSON documents that are fed line by line.
class json_reader {
public:
    json_reader();
    ~json_reader();
    json_reader(const json_reader&) = delete;
    json_reader& operator=(const json_reader&) = delete;

    static constexpr std::size_t max_depth = 512; // objects and arrays within each other; beyond: failed

    enum class progress { complete, incomplete, failed };

    // Feeds one line (without its end) of the document under way; `number` is its line number. After `complete` take()
    // gives the document; after `failed` fault() says why. Either way the next line begins a new document.
    progress feed(std::string_view line, std::uint64_t number);

    json_node take();
    const std::string& fault() const;

    // Gives up the document under way.
    void reset();

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace catalog::transfer
