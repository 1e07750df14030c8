// This file reads commands and their answers out of Markdown.
#include "markdown.hpp"

#include "text.hpp"

#include <stdexcept>

namespace support {

namespace {

const std::string fence = "```";

std::string trimmed(const std::string& text) {
    const std::size_t from = text.find_first_not_of(' ');
    return from == std::string::npos ? std::string() : text.substr(from, text.find_last_not_of(' ') - from + 1);
}

// What stands before a comment.
std::string without_comment(const std::string& line) {
    char quote = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quote == 0 && (c == '\'' || c == '"'))
            quote = c;
        else if (c == quote)
            quote = 0;
        else if (quote == 0 && c == '#' && (i == 0 || line[i - 1] == ' '))
            return line.substr(0, i);
    }
    return line;
}

} // namespace

std::vector<fenced_block> fenced_blocks(const std::string& markdown) {
    std::vector<fenced_block> out;
    bool inside = false;
    bool text_since = true; // since the end of the block before
    std::size_t number = 0;
    for (const std::string& line : lines_of(markdown)) {
        ++number;
        if (!inside && line.starts_with(fence)) {
            out.push_back({line.substr(fence.size()), {}, number, !text_since});
            inside = true;
        } else if (inside && line == fence) {
            inside = text_since = false;
        } else if (inside) {
            out.back().text += line + "\n";
        } else if (!line.empty()) {
            text_since = true;
        }
    }
    if (inside) throw std::runtime_error("the block of line " + std::to_string(out.back().line) + " doesn't end");
    return out;
}

std::vector<std::string> code_spans(const std::string& markdown) {
    std::vector<std::string> out;
    bool inside = false;
    for (const std::string& line : lines_of(markdown)) {
        if (line.starts_with(fence)) inside = !inside;
        if (inside || line.starts_with(fence)) continue;
        for (std::size_t open = line.find('`'); open != std::string::npos;) {
            const std::size_t close = line.find('`', open + 1);
            if (close == std::string::npos) break; // goes on in the next line: no command does
            out.push_back(line.substr(open + 1, close - open - 1));
            open = line.find('`', close + 1);
        }
    }
    return out;
}

std::vector<std::string> shell_commands(const std::string& block) {
    std::vector<std::string> out;
    bool continued = false;
    for (const std::string& line : lines_of(block)) {
        std::string part = trimmed(without_comment(line));
        const bool goes_on = part.ends_with('\\');
        if (goes_on) part = trimmed(part.substr(0, part.size() - 1));
        if (continued)
            out.back() += " " + part;
        else if (!part.empty())
            out.push_back(part);
        continued = goes_on;
    }
    return out;
}

} // namespace support
