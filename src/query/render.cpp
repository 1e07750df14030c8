// This file splices documents into bodies.
#include "query/render.hpp"

#include <stdexcept>
#include <string_view>

namespace catalog::query {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view children_end = "[]}";

// The document with `replication_records` as its last member.
void append_document(std::string& out, const db::rows& rows, std::size_t row, bool show_replication) {
    const std::string_view document = rows.text(row, 0);
    if (!show_replication) {
        out += document;
        return;
    }
    out += document.substr(0, document.size() - 1);
    out += R"(,"replication_records":)";
    out += rows.is_null(row, 1) ? "[]"sv : rows.text(row, 1);
    out += '}';
}

std::size_t rows_bytes(const db::rows& rows, bool show_replication) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        size += rows.text(i, 0).size() + 1;
        if (show_replication) size += rows.text(i, 1).size() + 26;
    }
    return size;
}

} // namespace

std::size_t page_bytes(const list_page& page, bool show_replication) {
    return 64 + rows_bytes(page.rows, show_replication);
}

std::string render_lines(const db::rows& rows, bool show_replication) {
    std::string lines;
    lines.reserve(rows_bytes(rows, show_replication));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        append_document(lines, rows, i, show_replication);
        lines += '\n';
    }
    return lines;
}

std::string render_page(const list_page& page, bool show_replication, std::size_t bytes) {
    std::string body;
    body.reserve(bytes);
    body += R"({"count":)";
    body += std::to_string(page.count);
    body += R"(,"backups":[)";
    for (std::size_t i = 0; i < page.rows.size(); ++i) {
        if (i > 0) body += ',';
        append_document(body, page.rows, i, show_replication);
    }
    body += "]}";
    return body;
}

std::size_t backup_bytes(const shown_backup& shown) {
    constexpr std::size_t names = 64; // member names, brackets and commas around a document
    std::size_t size = names + shown.backup.text(0, 0).size() + shown.backup.text(0, 1).size();
    for (std::size_t i = 0; i < shown.children.size(); ++i)
        size += names + shown.children.text(i, 0).size() + shown.children.text(i, 1).size();
    return size;
}

std::string render_backup(const shown_backup& shown) {
    const std::string_view document = shown.backup.text(0, 0);
    if (!document.ends_with(children_end)) throw std::logic_error("a document does not end with its children");
    std::string body = R"({"backup":)";
    body += document.substr(0, document.size() - children_end.size());
    body += '[';
    for (std::size_t i = 0; i < shown.children.size(); ++i) {
        if (i > 0) body += ',';
        append_document(body, shown.children, i, true);
    }
    body += R"(],"replication_records":)";
    body += shown.backup.is_null(0, 1) ? "[]"sv : shown.backup.text(0, 1);
    body += "}}";
    return body;
}

} // namespace catalog::query
