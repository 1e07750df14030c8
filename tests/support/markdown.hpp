// This file declares how commands and their answers are read out of the documentation, so that they can be tested.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace support {

struct fenced_block {
    std::string language; // sh, json, …; may be empty
    std::string text;
    std::size_t line = 0;         // of its opening fence, from 1
    bool follows_another = false; // nothing but blank lines is between this one and the block before
};

// Every block between ``` and ```. Throws for one that doesn't end.
std::vector<fenced_block> fenced_blocks(const std::string& markdown);

// Every `code span` outside of the blocks.
std::vector<std::string> code_spans(const std::string& markdown);

// The commands of a shell's block: continued lines joined, comments at the end of lines left out.
std::vector<std::string> shell_commands(const std::string& block);

} // namespace support
