// This file reads examples out of Markdown.
#include "readme_example.hpp"

#include <stdexcept>
#include <vector>

namespace support {

namespace {

// The text of the first fenced block at or after `from`; moves `from` behind it.
std::string next_block(const std::string& markdown, std::size_t& from) {
    const std::string fence = "```";
    const std::size_t open = markdown.find("\n" + fence, from);
    if (open == std::string::npos) throw std::runtime_error("no fenced block after the example's marker");
    const std::size_t start = markdown.find('\n', open + 1) + 1;
    const std::size_t end = markdown.find("\n" + fence, start - 1);
    if (end == std::string::npos) throw std::runtime_error("a fenced block doesn't end");
    from = end + 1 + fence.size();
    return markdown.substr(start, end - start);
}

// A shell's words, with its two kinds of quotes and a backslash before the end of a line.
std::vector<std::string> words_of(const std::string& line) {
    std::vector<std::string> words;
    bool in_word = false;
    char quote = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quote == 0 && c == '\\' && i + 1 < line.size()) {
            if (line[++i] == '\n') continue;
            if (!in_word) words.emplace_back();
            in_word = true;
            words.back() += line[i];
        } else if (quote == 0 && (c == ' ' || c == '\n')) {
            in_word = false;
        } else {
            if (!in_word) words.emplace_back();
            in_word = true;
            if (quote == 0 && (c == '\'' || c == '"'))
                quote = c;
            else if (c == quote)
                quote = 0;
            else
                words.back() += c;
        }
    }
    return words;
}

} // namespace

readme_example find_example(const std::string& markdown, const std::string& name) {
    const std::string marker = "<!-- example: " + name + " -->";
    std::size_t from = markdown.find(marker);
    if (from == std::string::npos) throw std::runtime_error("the README has no line " + marker);
    readme_example out;
    out.command = next_block(markdown, from);
    out.answer = next_block(markdown, from);
    return out;
}

curl_request parse_curl(const std::string& command) {
    const std::string header = "X-Auth-Token: ";
    curl_request out;
    for (const std::string& word : words_of(command)) {
        if (word.starts_with(header)) out.token = word.substr(header.size());
        const std::size_t scheme = word.find("://");
        if (scheme != std::string::npos) out.target = word.substr(word.find('/', scheme + 3));
    }
    if (out.token.empty() || out.target.empty()) throw std::runtime_error("no curl line: " + command);
    return out;
}

} // namespace support
