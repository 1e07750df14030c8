// This file implements verify: one project after the other, a project in parts, and PostgreSQL compares.
#include "transfer/verifier.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <set>
#include <sql/statements.hpp>
#include <string_view>
#include <utility>

namespace catalog::transfer {

namespace {

constexpr std::string_view first_id = "00000000-0000-0000-0000-000000000000";
constexpr std::string_view last_id = "ffffffff-ffff-ffff-ffff-ffffffffffff";

db::statement with(std::string_view text, std::initializer_list<std::string_view> params) {
    db::statement out(text);
    for (const std::string_view param : params)
        out.add_param(param);
    return out;
}

// Two long texts are told apart by what follows what they share.
std::pair<std::string, std::string> around_difference(std::string_view is, std::string_view should_be) {
    constexpr std::size_t shown = 80;
    constexpr std::size_t before = 20;
    if (is.size() <= shown && should_be.size() <= shown) return {std::string(is), std::string(should_be)};
    const auto [first, second] = std::mismatch(is.begin(), is.end(), should_be.begin(), should_be.end());
    auto from = static_cast<std::size_t>(first - is.begin());
    from -= std::min(from, before);
    while (from > 0 && from < is.size() && (static_cast<unsigned char>(is[from]) & 0xC0U) == 0x80U)
        --from; // not inside a character, and all before is shared
    const auto cut = [&](std::string_view text) {
        return (from > 0 ? "…" : "") + shorten(text.substr(std::min(from, text.size())), shown);
    };
    return {cut(is), cut(should_be)};
}

class verifier {
public:
    verifier(db::session& session, const verify_events& events)
        : session_(session)
        , events_(events) {}

    void estimate(const std::optional<std::string>& project) {
        db::statement statement(sql::verify_estimate);
        if (project)
            statement.add_param(*project);
        else
            statement.add_null();
        of_ = parse_number(session_.run_once(statement).text(0, 0), UINT64_MAX).value_or(0);
    }

    // The first project after the given one, or nothing.
    std::optional<std::string> next_project(const std::string& after) {
        const db::rows rows = session_.run(with(sql::verify_next_project, {after}));
        if (rows.is_null(0, 0)) return std::nullopt;
        return std::string(rows.text(0, 0));
    }

    void check_project(const std::string& project, bool repair) {
        std::optional<std::string> from(first_id);
        while (from) {
            const db::rows part = session_.run(with(sql::verify_part, {project, *from}));
            const std::string to(part.is_null(0, 2) ? last_id : part.text(0, 1));
            const db::rows found = session_.run(with(sql::verify_rows, {project, *from, to}));
            report(found);
            if (repair && !found.empty()) {
                std::set<std::string_view> ids;
                for (std::size_t i = 0; i < found.size(); ++i)
                    ids.insert(found.text(i, 4));
                session_.run(with(sql::verify_repair_backups, {db::array_literal(ids)}));
            }
            counts_.rows += parse_number(part.text(0, 0), UINT64_MAX).value_or(0);
            if (events_.progress) events_.progress(counts_.rows, of_);
            from.reset();
            if (!part.is_null(0, 2)) from = part.text(0, 2);
        }
        // After the rows, which they count.
        const db::rows found = session_.run(with(sql::verify_counts, {project}));
        report(found);
        if (repair && !found.empty()) session_.run(with(sql::verify_recount, {project}));
        ++counts_.projects;
    }

    // After the projects, whose counters these are the sum of.
    void check_zones(bool repair) {
        const db::rows found = session_.run(db::statement(sql::verify_zones));
        report(found);
        if (repair && !found.empty()) session_.run(db::statement(sql::verify_recount_zones));
    }

    const verify_counts& counts() const { return counts_; }

private:
    void report(const db::rows& found) {
        for (std::size_t i = 0; i < found.size(); ++i) {
            const auto text = [&](std::size_t column) {
                return found.is_null(i, column) ? std::string_view("null") : found.text(i, column);
            };
            auto [is, should_be] = around_difference(text(2), text(3));
            const finding one{std::string(text(0)), std::string(text(1)), std::move(is), std::move(should_be)};
            ++counts_.found[one.kind];
            if (events_.found) events_.found(one);
        }
    }

    db::session& session_;
    const verify_events& events_;
    verify_counts counts_;
    std::uint64_t of_ = 0;
};

// Runs `work` in a transaction.
template <class Work>
void transaction(db::session& session, bool read_snapshot, Work&& work) {
    session.begin(read_snapshot);
    try {
        session.run_once(db::statement(sql::verify_settings));
        work();
        session.commit();
    } catch (...) {
        session.rollback();
        throw;
    }
}

} // namespace

std::uint64_t verify_counts::all() const {
    std::uint64_t sum = 0;
    for (const auto& [kind, n] : found)
        sum += n;
    return sum;
}

verify_counts verify_catalog(db::session& session, const std::optional<std::string>& project,
                             const verify_events& events) {
    verifier verifier(session, events);
    transaction(session, true, [&] {
        verifier.estimate(project);
        if (project) return verifier.check_project(*project, false);
        for (auto next = verifier.next_project(""); next; next = verifier.next_project(*next))
            verifier.check_project(*next, false);
        verifier.check_zones(false);
    });
    return verifier.counts();
}

verify_counts repair_catalog(db::session& session, const std::optional<std::string>& project,
                             const verify_events& events) {
    verifier verifier(session, events);
    std::optional<std::string> next = project;
    transaction(session, false, [&] {
        verifier.estimate(project);
        if (!next) next = verifier.next_project("");
    });
    while (next) {
        // Every statement that finds something compares what it sees in one snapshot, so that writers can't mislead it.
        transaction(session, false, [&] {
            verifier.check_project(*next, true);
            next = project ? std::nullopt : verifier.next_project(*next);
        });
    }
    if (!project) transaction(session, false, [&] { verifier.check_zones(true); });
    return verifier.counts();
}

} // namespace catalog::transfer
