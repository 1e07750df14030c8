// This file fuzzes lines of an import: what is read as JSON is written as the same JSON, and what a record becomes
// fits the columns.
#include "require.hpp"
#include "transfer/json_tree.hpp"
#include "transfer/record.hpp"
#include "util/text.hpp"

#include <string>

using namespace catalog;
using namespace catalog::transfer;

namespace {

void check_row(const row& fields, std::size_t columns) {
    REQUIRE(fields.size() == columns);
    for (const field& value : fields)
        REQUIRE(!value || is_clean_utf8(*value));
}

void check_round_trip(const json_node& document) {
    std::string text;
    document.write(text);
    json_reader again;
    REQUIRE(again.feed(text, 1) == json_reader::progress::complete);
    std::string second;
    again.take().write(second);
    REQUIRE(text == second);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    json_reader reader;
    for (std::uint64_t number = 1; !rest.empty(); ++number) {
        const std::size_t end = rest.find('\n');
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        const auto progress = reader.feed(line, number);
        if (progress == json_reader::progress::failed) REQUIRE(!reader.fault().empty());
        if (progress != json_reader::progress::complete) continue;
        const json_node document = reader.take();
        check_round_trip(document);
        records out;
        read_records(document, out, [](std::uint64_t, const std::string& what, auto) { REQUIRE(!what.empty()); });
        for (const backup_row& backup : out.backups) {
            check_row(backup.fields, backup_columns.size());
            for (const row& replication : backup.replications)
                check_row(replication, replication_columns.size());
        }
        for (const auto& [fields, at] : out.vaults)
            check_row(fields, vault_columns.size());
        for (const auto& [fields, at] : out.members)
            check_row(fields, member_columns.size());
        for (const auto& [fields, at] : out.grants)
            check_row(fields, grant_columns.size());
    }
    return 0;
}
