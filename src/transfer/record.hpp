// This file is one record of the import format, checked and turned into the rows that PostgreSQL takes.
#pragma once

#include "transfer/json_tree.hpp"

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace catalog::transfer {

using field = std::optional<std::string>;
using row = std::vector<field>;

// Columns of each row, in order. The first column of all is `origin`, filled by the importer.
extern const std::vector<std::string_view> backup_columns;
extern const std::vector<std::string_view> replication_columns;
extern const std::vector<std::string_view> vault_columns;
extern const std::vector<std::string_view> member_columns;
extern const std::vector<std::string_view> grant_columns;

struct backup_row {
    row fields;                    // backup_columns
    std::vector<row> replications; // replication_columns
    std::uint64_t line = 0;
};

// What one JSON document holds.
struct records {
    std::vector<backup_row> backups;                                    // children follow their parent
    std::vector<std::pair<row, std::uint64_t>> vaults, members, grants; // with their line
    std::vector<std::string> faulty_ids;                                // of faulty backups, as far as they have one
};

// Called with a fault: its line, and "member: what is wrong"; of a backup in a saved response also which one, from 0,
// which `what` names, too.
using report_fault = std::function<void(std::uint64_t line, const std::string& what, std::optional<std::size_t> item)>;

// Takes a document apart: one record, or a saved response ({"backups": […]} or {"backup": {…}}). Faulty records are
// reported, each fault of each, and left out.
void read_records(const json_node& document, records& out, const report_fault& report);

} // namespace catalog::transfer
