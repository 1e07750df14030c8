// This file implements the export with cursors: a batch is fetched only after the one before it was written.
#include "transfer/exporter.hpp"

#include "util/text.hpp"

#include <sql/statements.hpp>
#include <stdexcept>

namespace catalog::transfer {

std::uint64_t export_catalog(db::session& session, const std::optional<std::string>& project, std::ostream& out,
                             const std::function<void(std::uint64_t written, std::uint64_t of)>& progress) {
    std::uint64_t written = 0;
    session.begin(true);
    try {
        session.run_once(db::statement("SET LOCAL cursor_tuple_fraction = 1")); // all rows will be read
        db::statement estimate(sql::export_estimate);
        if (project)
            estimate.add_param(*project);
        else
            estimate.add_null();
        const std::uint64_t of = parse_number(session.run_once(estimate).text(0, 0), UINT64_MAX).value_or(0);
        for (const std::string_view query :
             {sql::export_vaults, sql::export_backups, sql::export_members, sql::export_grants}) {
            db::statement declare("DECLARE records NO SCROLL CURSOR FOR ");
            declare.sql(query);
            if (project)
                declare.add_param(*project);
            else
                declare.add_null();
            session.run_once(declare);
            for (;;) {
                const db::rows rows = session.run_once(db::statement("FETCH 1000 FROM records"));
                if (rows.empty()) break;
                for (std::size_t i = 0; i < rows.size(); ++i)
                    out << rows.text(i, 0) << '\n';
                if (!out) throw std::runtime_error("cannot write the output");
                written += rows.size();
                if (progress) progress(written, of);
            }
            session.run_once(db::statement("CLOSE records"));
        }
        out.flush();
        if (!out) throw std::runtime_error("cannot write the output");
    } catch (...) {
        session.rollback();
        throw;
    }
    session.commit();
    return written;
}

} // namespace catalog::transfer
