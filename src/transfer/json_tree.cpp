// This file implements lossless JSON on Boost.JSON's event parser.
#include "transfer/json_tree.hpp"

#include "util/text.hpp"

#include <boost/json/basic_parser_impl.hpp>

namespace catalog::transfer {

namespace json = boost::json;

const json_node* json_node::find(std::string_view name) const {
    const json_node* found = nullptr;
    for (const json_node& member : members)
        if (member.key == name) found = &member;
    return found;
}

void json_node::write(std::string& out) const {
    switch (type) {
    case kind::null:
        out += "null";
        return;
    case kind::boolean:
    case kind::number:
        out += text;
        return;
    case kind::string:
        append_json_string(out, text);
        return;
    case kind::array:
        out += '[';
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (i > 0) out += ',';
            items[i].write(out);
        }
        out += ']';
        return;
    case kind::object:
        out += '{';
        for (std::size_t i = 0; i < members.size(); ++i) {
            if (i > 0) out += ',';
            append_json_string(out, members[i].key);
            out += ':';
            members[i].write(out);
        }
        out += '}';
        return;
    }
}

namespace {

// Boost.JSON's handler concept (basic_parser): builds the tree on a stack of open containers.
struct tree_builder {
    static constexpr std::size_t max_object_size = 1'000'000;
    static constexpr std::size_t max_array_size = 10'000'000;
    static constexpr std::size_t max_key_size = 65'536;
    static constexpr std::size_t max_string_size = 1U << 20U;

    using error_code = json::error_code;
    using text_view = json::string_view;

    std::uint64_t line = 0;
    json_node root;
    std::vector<json_node> open; // containers under way
    std::string partial;
    std::string key;

    void clear() {
        root = {};
        open.clear();
        partial.clear();
        key.clear();
    }

    json_node make(json_node::kind type, std::string text = {}) {
        json_node node;
        node.key = std::move(key);
        key.clear();
        node.type = type;
        node.text = std::move(text);
        node.line = line;
        return node;
    }

    bool add(json_node node) {
        if (open.empty())
            root = std::move(node);
        else if (open.back().type == json_node::kind::array)
            open.back().items.push_back(std::move(node));
        else
            open.back().members.push_back(std::move(node));
        return true;
    }
    bool begin(json_node::kind type) {
        open.push_back(make(type));
        return true;
    }
    bool end() {
        json_node node = std::move(open.back());
        open.pop_back();
        return add(std::move(node));
    }
    std::string whole(text_view last) {
        std::string text = std::move(partial);
        partial.clear();
        text.append(last.data(), last.size());
        return text;
    }
    bool part(text_view text) {
        partial.append(text.data(), text.size());
        return true;
    }

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) { return begin(json_node::kind::object); }
    bool on_object_end(std::size_t, error_code&) { return end(); }
    bool on_array_begin(error_code&) { return begin(json_node::kind::array); }
    bool on_array_end(std::size_t, error_code&) { return end(); }
    bool on_key_part(text_view text, std::size_t, error_code&) { return part(text); }
    bool on_key(text_view text, std::size_t, error_code&) {
        key = whole(text);
        return true;
    }
    bool on_string_part(text_view text, std::size_t, error_code&) { return part(text); }
    bool on_string(text_view text, std::size_t, error_code&) { return add(make(json_node::kind::string, whole(text))); }
    bool on_number_part(text_view text, error_code&) { return part(text); }
    bool on_int64(std::int64_t, text_view text, error_code&) { return add(make(json_node::kind::number, whole(text))); }
    bool on_uint64(std::uint64_t, text_view text, error_code&) {
        return add(make(json_node::kind::number, whole(text)));
    }
    bool on_double(double, text_view text, error_code&) { return add(make(json_node::kind::number, whole(text))); }
    bool on_bool(bool value, error_code&) { return add(make(json_node::kind::boolean, value ? "true" : "false")); }
    bool on_null(error_code&) { return add(make(json_node::kind::null)); }
    bool on_comment_part(text_view, error_code&) { return true; }
    bool on_comment(text_view, error_code&) { return true; }
};

} // namespace

struct json_reader::state {
    json::basic_parser<tree_builder> parser{json::parse_options{.max_depth = json_reader::max_depth}};
    std::string fault;
};

json_reader::json_reader()
    : state_(std::make_unique<state>()) {}
json_reader::~json_reader() = default;

json_reader::progress json_reader::feed(std::string_view line, std::uint64_t number) {
    auto& parser = state_->parser;
    parser.handler().line = number;
    json::error_code ec;
    const std::size_t used = parser.write_some(true, line.data(), line.size(), ec);
    // The line's end is a blank to the parser: it finishes a number that stands at the end.
    if (!ec && !parser.done() && used == line.size()) parser.write_some(true, "\n", 1, ec);
    if (ec) {
        state_->fault = ec.message();
        reset();
        return progress::failed;
    }
    if (!parser.done()) return progress::incomplete;
    const std::string_view rest = line.substr(used);
    if (rest.find_first_not_of(" \t\r") != std::string_view::npos) {
        state_->fault = "something follows the JSON document";
        reset();
        return progress::failed;
    }
    return progress::complete;
}

json_node json_reader::take() {
    json_node root = std::move(state_->parser.handler().root);
    reset();
    return root;
}

const std::string& json_reader::fault() const {
    return state_->fault;
}

void json_reader::reset() {
    state_->parser.reset();
    state_->parser.handler().clear();
}

} // namespace catalog::transfer
