// This file runs the statements of a request in one read-only snapshot.
#include "query/catalog_reader.hpp"

#include "query/access_path.hpp"
#include "query/count_query.hpp"
#include "query/page_query.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <charconv>
#include <sql/statements.hpp>
#include <stdexcept>

namespace catalog::query {

namespace {

std::int64_t to_integer(std::string_view text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// A transaction with the caller's settings; rolled back unless commit() was reached.
class request_transaction {
public:
    request_transaction(db::session& session, const reading& how)
        : session_(session)
        , how_(how) {
        session_.begin(true);
    }
    ~request_transaction() {
        if (open_) session_.rollback();
    }
    request_transaction(const request_transaction&) = delete;
    request_transaction& operator=(const request_transaction&) = delete;

    using ending = db::session::ending;

    // Statements that don't depend on each other's rows, in one round trip; for each its purpose.
    std::vector<db::rows> run_all(std::span<const std::string_view> purposes, std::span<const db::statement> statements,
                                  ending end = ending::none) {
        if (how_.abandoned.stop_requested() || std::chrono::steady_clock::now() > how_.deadline)
            throw db::error(db::failure::timeout, "",
                            "the request's time was over before: " + std::string(purposes.front()));
        if (how_.before_statement) return run_each(purposes, statements, end);
        std::vector<db::rows> answers = session_.run_all(statements, end);
        open_ = open_ && end != ending::commit;
        return answers;
    }

    db::rows run(std::string_view purpose, const db::statement& statement, ending end = ending::none) {
        return std::move(run_all({&purpose, 1}, {&statement, 1}, end).front());
    }

    // Sets the caller; the rows are the enterprise projects that the user is restricted to.
    db::statement identify(const caller& caller, bool all_tenants) const {
        const bool traced = how_.record && !how_.record->traceparent.empty();
        db::statement statement(traced ? sql::begin_traced_request : sql::begin_request);
        statement.add_param(caller.project_id);
        statement.add_param(caller.user_id);
        statement.add_param(all_tenants ? "true" : "false");
        if (traced) statement.add_param(how_.record->traceparent);
        return statement;
    }

    void commit() {
        if (open_) session_.commit();
        open_ = false;
    }

private:
    // What looks at a statement before it runs needs what those before it did.
    std::vector<db::rows> run_each(std::span<const std::string_view> purposes,
                                   std::span<const db::statement> statements, ending end) {
        std::vector<db::rows> answers;
        for (std::size_t i = 0; i < statements.size(); ++i) {
            how_.before_statement(purposes[i], statements[i]);
            answers.push_back(session_.run(statements[i]));
        }
        if (end == ending::commit) commit();
        return answers;
    }

    db::session& session_;
    const reading& how_;
    bool open_ = true;
};

db::statement marker_statement(const scope& scope) {
    const list_request& request = scope.request;
    db::statement statement(request.all_tenants ? sql::marker_of_any_project : sql::marker);
    if (!request.all_tenants) statement.add_param(scope.project_id);
    statement.add_param(*request.marker);
    return statement;
}

result<marker_place> place_of(const db::rows& found, const std::string& marker) {
    if (found.empty())
        return bad_parameter(
            "marker: no backup with this id is visible to you; use the id of the last backup of a page");
    const auto text = [&](std::size_t column) { return std::string(found.text(0, column)); };
    return marker_place{text(0), text(1), text(2), text(3), text(4), marker};
}

std::vector<std::string> first_column(const db::rows& rows) {
    std::vector<std::string> out;
    out.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.emplace_back(rows.text(i, 0));
    return out;
}

// Takes the rows of facets_statement.
void read_facets(row_counts& counts, const scope& scope, const db::rows& rows) {
    struct sums {
        std::int64_t facet = 0;
        std::int64_t matching = 0;
        std::int64_t listed = 0;
    };
    const bool every = has_every_facet(scope, counts);
    std::vector<sums> found;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (rows.is_null(row, 0)) continue;
        const std::vector<std::int64_t> facets = db::integers_of(rows.text(row, 0));
        const std::vector<std::int64_t> numbers = db::integers_of(rows.text(row, 1));
        const bool apart = every && !rows.is_null(row, 2);
        const std::vector<std::int64_t> listed = apart ? db::integers_of(rows.text(row, 2)) : numbers;
        found.reserve(found.size() + facets.size());
        for (std::size_t i = 0; i < facets.size(); ++i)
            found.push_back({facets[i], numbers.at(i), every ? listed.at(i) : 0});
    }
    const auto by_facet = [](const sums& a, const sums& b) { return a.facet < b.facet; };
    if (!std::is_sorted(found.begin(), found.end(), by_facet)) std::sort(found.begin(), found.end(), by_facet);
    const facet_filter filter = facet_filter_of(scope.request);
    for (auto next = found.begin(); next != found.end();) {
        sums sum{next->facet};
        for (; next != found.end() && next->facet == sum.facet; ++next) {
            sum.matching += next->matching;
            sum.listed += next->listed;
        }
        if (sum.listed > 0) counts.every.push_back({sum.facet, static_cast<std::uint64_t>(sum.listed)});
        if (sum.matching <= 0 || !filter.holds(sum.facet)) continue;
        counts.facets.push_back({sum.facet, static_cast<std::uint64_t>(sum.matching)});
        counts.facet_matches += counts.facets.back().n;
    }
    const std::size_t begins_at = every ? 3 : 2;
    if (knows_weeks(scope, counts) && !rows.empty() && !rows.is_null(0, begins_at))
        counts.begins_at = std::string(rows.text(0, begins_at));
}

// `listed`: the rows of listed_statement. `restricted`: the user is, to enterprise projects.
row_counts count_rows(request_transaction& transaction, const scope& scope, const db::rows& listed, bool restricted) {
    row_counts counts;
    // A user with grants sees the changes but not the project's total: then this is no number, and facets say more.
    counts.listed = static_cast<std::uint64_t>(std::max<std::int64_t>(0, to_integer(listed.text(0, 0))));
    counts.indexed = static_cast<std::uint64_t>(std::max<std::int64_t>(0, to_integer(listed.text(0, 1))));
    counts.by_week = listed.text(0, 2) == "t";
    counts.by_part = listed.text(0, 3) == "t";
    counts.vaults_by_week = listed.text(0, 4) == "t";
    const bool unfiltered = is_unfiltered(scope);
    if (unfiltered && tie_classes(total_order(scope.request.sort)).empty()) {
        counts.facet_matches = counts.total = counts.listed;
        return counts;
    }
    const db::rows counted_facets = transaction.run("count by facet", facets_statement(scope, counts));
    read_facets(counts, scope, counted_facets);
    // Row-level security hides the whole list's counters from them, but not the latest changes.
    if (restricted) counts.every.clear();
    counts.total = counts.facet_matches;
    if (!counters_suffice(scope) && counts.facet_matches > 0) {
        const db::rows counted = transaction.run("count the matches", count_statement(scope, counts));
        counts.total = static_cast<std::uint64_t>(to_integer(counted.text(0, 0)));
        std::size_t column = 1;
        if (counts_apart(scope, counts))
            counts.apart = static_cast<std::uint64_t>(to_integer(counted.text(0, column++)));
        if (finds_while_counting(scope) && !counted.is_null(0, column))
            counts.found = {std::string(counted.text(0, column)), std::string(counted.text(0, column + 1))};
    }
    return counts;
}

// The kinds of access of a path, each once, in their order.
std::string names_of(const access_path& path) {
    if (path.branches.empty()) return "nothing";
    std::string out;
    for (const branch& one : path.branches) {
        const std::string_view name = name_of(one.access);
        if (out.find(name) != std::string::npos) continue;
        if (!out.empty()) out += '+';
        out += name;
    }
    return out;
}

// The list begins behind the weeks that weeks_statement found.
void skip_weeks(access_path& path, const db::rows& weeks) {
    path.begins_at = std::string(weeks.text(0, 0));
    const auto skipped = static_cast<std::uint64_t>(to_integer(weeks.text(0, 1)));
    path.offset -= skipped;
    path.reason += skipped == 0 ? ", from the first week with a match"
                                : ", behind " + std::to_string(skipped) + " matches of whole weeks";
}

// A document begins with its id (migrations/deploy/backups.sql: backup_document).
std::string id_of(std::string_view document) {
    constexpr std::string_view begin = R"({"id":")";
    constexpr std::size_t length = 36;
    if (!document.starts_with(begin) || document.size() < begin.size() + length)
        throw std::logic_error("a document does not begin with its id");
    return std::string(document.substr(begin.size(), length));
}

} // namespace

struct list_reading::state {
    state(db::session& session, const caller& caller, const list_request& request, reading terms)
        : how(std::move(terms))
        , asking(caller)
        , transaction(session, how)
        , scope{request, caller.project_id, {}, {}} {}

    const reading how;
    const query::caller& asking;
    request_transaction transaction;
    query::scope scope;
    row_counts counts;
    std::optional<marker_place> marker;        // what comes next begins behind it
    std::optional<std::string> resumes_behind; // id of the last row that was read; its place is looked up if needed
    std::string path_names;
    bool at_end = false;
};

list_reading::list_reading(db::session& session, const caller& caller, const list_request& request, const reading& how)
    : state_(std::make_unique<state>(session, caller, request, how)) {}

list_reading::~list_reading() = default;

std::optional<problem> list_reading::open(counting when) {
    request_transaction& transaction = state_->transaction;
    scope& scope = state_->scope;
    const list_request& request = scope.request;
    std::optional<stage_timer> timer(std::in_place, state_->how.record, stage::scope);
    std::vector<std::string_view> purposes;
    std::vector<db::statement> statements;
    const auto ask = [&](std::string_view purpose, db::statement statement) {
        purposes.push_back(purpose);
        statements.push_back(std::move(statement));
    };
    ask("set the caller", transaction.identify(state_->asking, request.all_tenants));
    ask("count the listed rows", listed_statement(scope));
    if (request.marker) ask("find the marker", marker_statement(scope));
    if (request.used_percent) ask("find the vaults", vaults_statement(scope));
    const std::vector<db::rows> answers = transaction.run_all(purposes, statements);
    auto answer = answers.begin();

    const bool restricted = !answer->empty();
    if (restricted) scope.enterprise_projects = first_column(*answer);
    ++answer;
    if (request.enterprise_project_id) {
        const std::string& wanted = *request.enterprise_project_id;
        if (scope.enterprise_projects && std::find(scope.enterprise_projects->begin(), scope.enterprise_projects->end(),
                                                   wanted) == scope.enterprise_projects->end())
            return problem{errc::forbidden, "enterprise_project_id: you have no grant for enterprise project '" +
                                                shorten(wanted) + "'; name one of yours, or all_granted_eps"};
        scope.enterprise_projects = std::vector<std::string>{wanted};
    }
    const db::rows& listed = *answer++;
    if (request.marker) {
        auto found = place_of(*answer++, *request.marker);
        if (found.has_error()) return found.error();
        state_->marker = std::move(*found);
    }
    if (request.used_percent)
        scope.vaults = first_column(*answer++);
    else if (request.vault_id)
        scope.vaults = std::vector<std::string>{*request.vault_id};
    timer.emplace(state_->how.record, stage::count);
    if (when == counting::with_rows && can_count_with_page(scope))
        state_->counts.with_page = true;
    else
        state_->counts = count_rows(transaction, scope, listed, restricted);
    return std::nullopt;
}

std::uint64_t list_reading::count() const {
    return state_->counts.total;
}

const std::string& list_reading::path_names() const {
    return state_->path_names;
}

db::rows list_reading::next(std::uint32_t most, db::session::ending end) {
    state& s = *state_;
    if (s.at_end) return {};
    list_request& request = s.scope.request;
    if (s.resumes_behind) {
        request.marker = s.resumes_behind;
        request.offset = 0;
        auto found = place_of(s.transaction.run("find the marker", marker_statement(s.scope)), *request.marker);
        if (found.has_error()) throw std::logic_error("a row of the snapshot is no marker: " + *s.resumes_behind);
        s.marker = std::move(*found);
    }
    request.limit = most;
    access_path path = choose_access_path(s.scope, s.counts, s.marker);
    if (path.skips_weeks) {
        const db::rows weeks = s.transaction.run("skip whole weeks", weeks_statement(s.scope));
        if (!weeks.empty()) skip_weeks(path, weeks);
    }
    if (s.how.path_chosen) s.how.path_chosen(path.reason);
    s.path_names = names_of(path);
    db::rows rows;
    if (!path.branches.empty())
        rows = s.transaction.run("read the page", page_statement(s.scope, s.counts, path, s.marker), end);
    if (end == db::session::ending::commit) commit();
    if (s.counts.with_page) {
        const std::size_t n = request.show_replication ? 2 : 1;
        s.counts.total = s.counts.facet_matches = static_cast<std::uint64_t>(to_integer(rows.text(0, n)));
        s.counts.with_page = false;
        if (rows.is_null(0, 0)) rows = {}; // the total alone
    }
    s.at_end = rows.size() < most;
    if (!s.at_end) s.resumes_behind = id_of(rows.text(rows.size() - 1, 0));
    return rows;
}

void list_reading::commit() {
    state_->transaction.commit();
}

result<list_page> read_page(db::session& session, const caller& caller, const list_request& request,
                            const reading& how) {
    std::optional<stage_timer> timer(std::in_place, how.record, stage::scope);
    list_reading list(session, caller, request, how);
    timer.reset();
    if (auto refused = list.open(counting::with_rows)) return std::move(*refused);
    timer.emplace(how.record, stage::rows);
    list_page page;
    page.rows = list.next(request.limit, db::session::ending::commit);
    page.count = list.count();
    if (how.record) {
        how.record->access_path = list.path_names();
        how.record->rows = page.rows.size();
    }
    return page;
}

result<shown_backup> read_backup(db::session& session, const caller& caller, const std::string& backup_id,
                                 const reading& how) {
    const stage_timer timer(how.record, stage::rows);
    request_transaction transaction(session, how);
    const auto of_backup = [&](std::string_view text) {
        db::statement statement(text);
        statement.add_param(caller.project_id);
        statement.add_param(backup_id);
        return statement;
    };
    constexpr auto purposes =
        std::to_array<std::string_view>({"set the caller", "read the backup", "read its children"});
    const std::array statements{transaction.identify(caller, false), of_backup(sql::show_backup),
                                of_backup(sql::show_children)};
    std::vector<db::rows> answers = transaction.run_all(purposes, statements, db::session::ending::commit);
    if (answers[1].empty()) return problem{errc::backup_not_found, "The backup does not exist."};
    shown_backup shown{std::move(answers[1]), std::move(answers[2])};
    if (how.record) {
        how.record->access_path = "id";
        how.record->rows = 1;
    }
    return shown;
}

} // namespace catalog::query
