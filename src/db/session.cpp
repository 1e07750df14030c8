// This file implements a session: libpqxx (7.9 or later) has the connection, prepares, quotes and copies; what is run
// goes through libpq's handle, because libpqxx has no pipeline mode with parameters (bench/pages: 1.4 times the pages).
#include "db/session.hpp"

#include "util/metrics.hpp"

#include <pqxx/pqxx>

#include <algorithm>
#include <array>
#include <charconv>
#include <libpq-fe.h>
#include <list>
#include <sql/statements.hpp>
#include <sys/socket.h>
#include <unordered_map>

namespace catalog::db {

namespace {

// PostgreSQL's error codes: https://www.postgresql.org/docs/15/errcodes-appendix.html
failure classify(const std::string& sqlstate) {
    if (sqlstate.empty()) return failure::connection;
    const std::string_view category(sqlstate.data(), 2);
    if (sqlstate == "57014") return failure::timeout;
    if (category == "08" || category == "53" || category == "57" || sqlstate == "25006") return failure::connection;
    if (category == "23" || category == "40") return failure::conflict;
    return failure::other;
}

// One way a statement: generic plans, without the kinds of plan that a page never wants. Measured: a planner that
// chooses between two indexes is wrong for some project by a factor of a thousand (docs/architecture.md).
constexpr auto fixed_plan_settings = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"plan_cache_mode", "force_generic_plan"},
    {"enable_seqscan", "off"},
    {"enable_bitmapscan", "off"},
    {"enable_hashjoin", "off"},
    {"enable_mergejoin", "off"},
    {"enable_sort", "off"},
    {"max_parallel_workers_per_gather", "0"},
    {"jit", "off"},
});

// What every statement may rely on, for the session or for the transaction alone.
statement settings_statement(const session_options& options, bool local) {
    statement out("SELECT ");
    const auto add = [&](std::string_view name, std::string_view value) {
        if (!out.params().empty()) out.sql(", ");
        out.sql("set_config(").param(name, "text").sql(", ").param(value, "text").sql(local ? ", true)" : ", false)");
    };
    add("TimeZone", "UTC");
    add("DateStyle", "ISO");
    add("search_path", "catalog, pg_temp");
    add("statement_timeout", std::to_string(options.statement_timeout.count()));
    add("client_connection_check_interval", "2s"); // a service that was killed leaves no statement behind
    if (options.fixed_plans)
        for (const auto& [name, value] : fixed_plan_settings)
            add(name, value);
    return out;
}

bool lists_hosts(std::string_view keyword) {
    return keyword == "host" || keyword == "hostaddr";
}

std::size_t count_hosts(const PQconninfoOption* options) {
    std::size_t out = 1;
    for (; options->keyword; ++options) {
        if (!lists_hosts(options->keyword) || !options->val) continue;
        const std::string_view hosts = options->val;
        out = std::max<std::size_t>(out, 1 + static_cast<std::size_t>(std::count(hosts.begin(), hosts.end(), ',')));
    }
    return out;
}

// A list with commas, begun at its item number `first`. A single item is for all hosts.
std::string begun_at(std::string_view list, std::size_t first) {
    std::size_t at = 0;
    for (; first > 0 && at != std::string_view::npos; --first)
        at = list.find(',', at == 0 ? 0 : at + 1);
    if (at == 0 || at == std::string_view::npos) return std::string(list);
    return std::string(list.substr(at + 1)) + ',' + std::string(list.substr(0, at));
}

template <class Work>
auto translated(bool& broken, Work&& work) {
    try {
        return work();
    } catch (const pqxx::sql_error& e) {
        const failure kind = classify(e.sqlstate());
        if (kind == failure::connection) broken = true;
        throw error(kind, e.sqlstate(), e.what());
    } catch (const pqxx::broken_connection& e) {
        broken = true;
        throw error(failure::connection, "", e.what());
    } catch (const pqxx::failure& e) {
        broken = true;
        throw error(failure::connection, "", e.what());
    }
}

} // namespace

std::size_t host_count(const std::string& url) {
    PQconninfoOption* parsed = PQconninfoParse(url.c_str(), nullptr);
    const std::size_t out = parsed ? count_hosts(parsed) : 1;
    PQconninfoFree(parsed);
    return out;
}

bool same_login(const std::string& one, const std::string& other) {
    const auto login_of = [](const std::string& url) {
        std::string out;
        PQconninfoOption* parsed = PQconninfoParse(url.c_str(), nullptr);
        for (const PQconninfoOption* option = parsed; option && option->keyword; ++option) {
            const std::string_view name = option->keyword;
            if ((name == "user" || name == "dbname") && option->val)
                out += std::string(name) + '=' + option->val + '\n';
        }
        PQconninfoFree(parsed);
        return out;
    };
    return login_of(one) == login_of(other);
}

std::string complete_url(const session_options& options, std::size_t first_host) {
    PQconninfoOption* parsed = PQconninfoParse(options.url.c_str(), nullptr);
    if (!parsed) throw error(failure::other, "", "is not a libpq URL such as postgresql://user@host/dbname");
    const auto user_timeout = std::max<long long>(options.statement_timeout.count(), 10'000) + 5'000;
    const bool several = count_hosts(parsed) > 1;
    const std::array<std::pair<std::string_view, std::string>, 8> defaults{
        {{"client_encoding", "UTF8"},
         {"application_name", "backup-catalog"},
         // Of several hosts only one is current: a standby lags, and after a failover so does the old primary.
         {"target_session_attrs", options.standby ? "standby"
                                  : several       ? "primary"
                                                  : "any"},
         // A host that is silent costs the whole time before the next one is asked; libpq takes no less than 2.
         {"connect_timeout", several ? "2" : "5"},
         {"keepalives_idle", "10"},
         {"keepalives_interval", "5"},
         {"keepalives_count", "3"},
         {"tcp_user_timeout", std::to_string(user_timeout)}}};
    std::string out;
    const auto add = [&out](std::string_view name, std::string_view value) {
        out += name;
        out += "='";
        for (const char c : value) {
            if (c == '\'' || c == '\\') out += '\\';
            out += c;
        }
        out += "' ";
    };
    // These two are ours, whatever the URL says.
    const auto is_ours = [](std::string_view name) { return name == "client_encoding" || name == "application_name"; };
    for (const PQconninfoOption* option = parsed; option->keyword; ++option)
        if (option->val && !is_ours(option->keyword))
            add(option->keyword, lists_hosts(option->keyword) || option->keyword == std::string_view("port")
                                     ? begun_at(option->val, first_host)
                                     : option->val);
    for (const auto& [name, value] : defaults) {
        bool named = false;
        for (const PQconninfoOption* option = parsed; option->keyword; ++option)
            named = named || (name == option->keyword && option->val && !is_ours(name));
        if (!named) add(name, value);
    }
    PQconninfoFree(parsed);
    return out;
}

bool is_valid_url(const std::string& url) {
    // An '@' or '/' in a password that is not percent-encoded makes libpq take a part of the password for the host,
    // and name it in its errors.
    if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
        const std::string address = url.substr(0, url.find('?'));
        if (std::count(address.begin(), address.end(), '@') > 1) return false;
        const std::size_t at = address.find('@');
        const std::size_t user = address.find("://") + 3;
        if (at != std::string::npos && address.find('/', user) < at) return false;
    }
    PQconninfoOption* parsed = PQconninfoParse(url.c_str(), nullptr);
    PQconninfoFree(parsed);
    return parsed != nullptr;
}

bool primary_history::admit(const std::string& system, unsigned timeline) {
    const std::lock_guard lock(mutex_);
    if (system != system_) {
        system_ = system;
        newest_ = timeline;
    }
    newest_ = std::max(newest_, timeline);
    return timeline == newest_;
}

bool primary_history::is_superseded(const std::string& system, unsigned timeline) const {
    const std::lock_guard lock(mutex_);
    return system == system_ && timeline < newest_;
}

namespace {

const statement commit_statement("COMMIT");

// libpq reads what its buffer has room for, at first 16 kB, and looks whether there is more after each read: 90 times
// for a page of 1,000 backups. The buffer grows with the longest message, and never shrinks; a connection to PostgreSQL
// holds up to 200 kB on its way.
const statement widening_statement("SELECT repeat(' ', 200000)");

const PGresult* handle(const std::shared_ptr<const void>& result) {
    return static_cast<const PGresult*>(result.get());
}

} // namespace

rows::rows(std::shared_ptr<const void> result)
    : result_(std::move(result)) {}

std::size_t rows::size() const noexcept {
    return result_ ? static_cast<std::size_t>(PQntuples(handle(result_))) : 0;
}

std::size_t rows::affected() const noexcept {
    // PQcmdTuples only reads, but takes no const (libpq's documentation, section 34.3.3).
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): see above
    const std::string_view digits = result_ ? PQcmdTuples(const_cast<PGresult*>(handle(result_))) : "";
    std::size_t out = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return out;
}

std::string_view rows::text(std::size_t row, std::size_t column) const noexcept {
    const int i = static_cast<int>(row), j = static_cast<int>(column);
    return {PQgetvalue(handle(result_), i, j), static_cast<std::size_t>(PQgetlength(handle(result_), i, j))};
}

bool rows::is_null(std::size_t row, std::size_t column) const noexcept {
    return PQgetisnull(handle(result_), static_cast<int>(row), static_cast<int>(column)) == 1;
}

namespace {

// libpqxx can take a connection over but not show libpq's own handle, which cancelling needs.
PGconn* open_raw(const std::string& url) {
    PGconn* const raw = PQconnectdb(url.c_str());
    if (PQstatus(raw) == CONNECTION_OK) return raw;
    const std::string reason = raw ? PQerrorMessage(raw) : "out of memory";
    PQfinish(raw);
    throw pqxx::broken_connection(reason);
}

struct opened {
    PGconn* raw;
    std::string system = {}; // the cluster's identifier
    unsigned timeline = 0;   // 0: a standby, or a server that does not tell
};

void ask_history(opened& server) {
    PGresult* const answer = PQexec(server.raw, std::string(sql::primary_history).c_str());
    if (PQresultStatus(answer) == PGRES_TUPLES_OK) {
        server.system = PQgetvalue(answer, 0, 0);
        const std::string_view digits = PQgetvalue(answer, 0, 1);
        std::from_chars(digits.data(), digits.data() + digits.size(), server.timeline, 16);
    } // else it is not quite PostgreSQL, or does not let everybody ask
    PQclear(answer);
}

// A connection to the first host that will do, passing over former primaries.
opened open_current(const session_options& options) {
    for (std::size_t first = 0;; ++first) {
        opened out{open_raw(complete_url(options, first))};
        if (!options.history) return out;
        ask_history(out);
        if (out.timeline == 0 || options.history->admit(out.system, out.timeline)) return out;
        const std::string host = PQhost(out.raw);
        PQfinish(out.raw);
        if (first + 1 < host_count(options.url)) continue;
        throw pqxx::broken_connection(host + " writes timeline " + std::to_string(out.timeline) +
                                      ", but a newer one was seen: it is a former primary, and its data is stale");
    }
}

} // namespace

struct session::state {
    explicit state(const session_options& options)
        : server(open_current(options))
        , raw(server.raw)
        , connection(pqxx::connection::seize_raw_connection(raw))
        , max_prepared(options.max_prepared)
        , keeps_state(options.keeps_state)
        , history(options.history) {
        exchange_once(widening_statement);
        if (keeps_state)
            exchange_once(settings_statement(options, false));
        else
            transaction_settings = settings_statement(options, true);
    }

    opened server;
    PGconn* raw; // owned by `connection`
    pqxx::connection connection;
    std::size_t max_prepared;
    bool keeps_state;
    std::shared_ptr<primary_history> history;
    statement transaction_settings;      // what goes with each BEGIN, without `keeps_state`
    const statement* to_begin = nullptr; // BEGIN that was not sent yet
    bool broken = false;
    std::size_t named = 0;
    std::list<std::pair<std::string, std::string>> recent; // text, name; the most recently used first
    std::unordered_map<std::string_view, decltype(recent)::iterator> by_text;

    struct message {
        const db::statement* statement;
        std::string name; // of the prepared statement
    };
    std::vector<message> outgoing; // kept for their memory
    std::vector<const char*> values;

    bool is_superseded() const {
        return server.timeline != 0 && history->is_superseded(server.system, server.timeline);
    }

    const std::string& prepared_name(const std::string& text) {
        if (const auto found = by_text.find(text); found != by_text.end()) {
            metrics::prepared_statements.add(1, {"hit"});
            recent.splice(recent.begin(), recent, found->second);
            return recent.front().second;
        }
        metrics::prepared_statements.add(1, {"miss"});
        translated(broken, [&] {
            if (recent.size() >= max_prepared) {
                connection.unprepare(recent.back().second);
                by_text.erase(recent.back().first);
                recent.pop_back();
            }
            std::string name("s");
            name += std::to_string(++named);
            connection.prepare(name, text);
            recent.emplace_front(text, std::move(name));
            by_text.emplace(recent.front().first, recent.begin());
        });
        return recent.front().second;
    }

    [[noreturn]] void fail(const PGresult* result) {
        const char* const code = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
        const std::string sqlstate = code ? code : "";
        const failure kind = classify(sqlstate);
        if (kind == failure::connection) broken = true;
        throw error(kind, sqlstate, result ? PQresultErrorMessage(result) : PQerrorMessage(raw));
    }

    static bool is_success(const PGresult* result) {
        const ExecStatusType status = PQresultStatus(result);
        return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
    }

    // The parameters of a statement as libpq wants them; valid until the next call.
    const char* const* bind(const db::statement& statement) {
        values.clear();
        for (const auto& value : statement.params())
            values.push_back(value ? value->c_str() : nullptr);
        return values.data();
    }

    // Queues a statement for exchange().
    void add(const db::statement& statement) {
        if (!keeps_state) metrics::prepared_statements.add(1, {"unnamed"});
        outgoing.push_back({&statement, keeps_state ? prepared_name(statement.text()) : std::string()});
    }

    void add_begin() {
        if (!to_begin) return;
        add(*to_begin);
        if (!keeps_state) add(transaction_settings);
    }

    bool send(const message& next) {
        const db::statement& statement = *next.statement;
        const int count = static_cast<int>(statement.params().size());
        if (keeps_state)
            return PQsendQueryPrepared(raw, next.name.c_str(), count, bind(statement), nullptr, nullptr, 0) == 1;
        return PQsendQueryParams(raw, statement.text().c_str(), count, nullptr, bind(statement), nullptr, nullptr, 0) ==
               1;
    }

    // Sends what is queued and takes the answers, one for each.
    std::vector<rows> exchange() {
        to_begin = nullptr; // from here on it is the server that knows
        bool sent = PQenterPipelineMode(raw) == 1;
        for (const message& next : outgoing)
            sent = sent && send(next);
        sent = sent && PQpipelineSync(raw) == 1;
        if (!sent) lose_connection();
        std::vector<rows> answers;
        answers.reserve(outgoing.size());
        std::shared_ptr<const void> failed;
        for (std::size_t i = 0; i < outgoing.size(); ++i) {
            auto answer = next_result();
            if (!answer || next_result()) lose_connection(); // each answer ends with a null
            if (!failed && !is_success(handle(answer))) failed = answer;
            answers.emplace_back(std::move(answer));
        }
        const auto end = next_result();
        if (!end || PQresultStatus(handle(end)) != PGRES_PIPELINE_SYNC || PQexitPipelineMode(raw) != 1)
            lose_connection();
        if (failed) fail(handle(failed));
        return answers;
    }

    // A statement with a parse of its own, outside of the kept ones.
    rows exchange_once(const db::statement& statement) {
        const std::size_t count = statement.params().size();
        std::shared_ptr<const void> answer =
            owned(count == 0 ? PQexec(raw, statement.text().c_str())
                             : PQexecParams(raw, statement.text().c_str(), static_cast<int>(count), nullptr,
                                            bind(statement), nullptr, nullptr, 0));
        if (!is_success(handle(answer))) fail(handle(answer));
        return rows(std::move(answer));
    }

    // For what does not go through exchange().
    void begin_now() {
        if (!to_begin) return;
        outgoing.clear();
        add_begin();
        exchange();
    }

private:
    static std::shared_ptr<const void> owned(PGresult* result) {
        return {result, [](PGresult* owned) { PQclear(owned); }};
    }

    std::shared_ptr<const void> next_result() { return owned(PQgetResult(raw)); }

    // The connection is gone, or in a state that nobody knows.
    [[noreturn]] void lose_connection() {
        broken = true;
        throw error(failure::connection, "", PQerrorMessage(raw));
    }
};

session::session(const session_options& options) {
    bool broken = false;
    translated(broken, [&] { state_ = std::make_unique<state>(options); });
}

session::~session() = default;
session::session(session&&) noexcept = default;
session& session::operator=(session&&) noexcept = default;

std::vector<rows> session::run_all(std::span<const statement> statements, ending end) {
    state_->outgoing.clear();
    state_->add_begin();
    const auto first = static_cast<std::ptrdiff_t>(state_->outgoing.size());
    for (const statement& one : statements)
        state_->add(one);
    if (end == ending::commit) state_->add(commit_statement);
    std::vector<rows> answers = state_->exchange();
    answers.erase(answers.begin(), answers.begin() + first);
    answers.resize(statements.size()); // without that of COMMIT
    return answers;
}

rows session::run(const statement& statement) {
    return std::move(run_all({&statement, 1}).front());
}

rows session::run_once(const statement& statement) {
    state_->begin_now();
    return state_->exchange_once(statement);
}

rows session::explain(const statement& statement, std::string_view options) {
    state_->begin_now();
    // Not one of the kept statements: a plan that is looked at must not push a used one out.
    const std::string name = "explained" + std::to_string(++state_->named);
    std::string execute = "EXPLAIN (" + std::string(options) + ") EXECUTE " + name;
    translated(state_->broken, [&] {
        state_->connection.prepare(name, statement.text());
        for (std::size_t i = 0; i < statement.params().size(); ++i) {
            const auto& value = statement.params()[i];
            execute += (i == 0 ? "(" : ", ") + (value ? state_->connection.quote(*value) : std::string("NULL"));
        }
        if (!statement.params().empty()) execute += ')';
    });
    rows plan = state_->exchange_once(db::statement(execute));
    translated(state_->broken, [&] { state_->connection.unprepare(name); });
    return plan;
}

void session::begin(bool read_snapshot) {
    static const statement reading("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    static const statement writing("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
    state_->to_begin = read_snapshot ? &reading : &writing;
}

void session::commit() {
    if (std::exchange(state_->to_begin, nullptr)) return;
    run_all({}, ending::commit);
}

void session::rollback() noexcept {
    if (std::exchange(state_->to_begin, nullptr) || state_->broken) return;
    try {
        state_->exchange_once(statement("ROLLBACK"));
    } catch (const std::exception&) {
        state_->broken = true;
    }
}

void session::copy_in(std::string_view table, std::span<const std::string_view> columns,
                      const std::vector<std::vector<std::optional<std::string>>>& records) {
    state_->begin_now();
    translated(state_->broken, [&] {
        std::string names;
        for (const std::string_view column : columns) {
            if (!names.empty()) names += ',';
            names += column;
        }
        pqxx::nontransaction work(state_->connection); // libpqxx's transactions cost round trips: BEGIN is ours
        auto stream = pqxx::stream_to::raw_table(work, table, names);
        for (const auto& record : records)
            stream.write_row(record);
        stream.complete();
    });
}

std::shared_ptr<const interrupter> session::interrupter() const {
    std::shared_ptr<void> cancel(PQgetCancel(state_->raw),
                                 [](void* handle) { PQfreeCancel(static_cast<PGcancel*>(handle)); });
    return std::shared_ptr<const db::interrupter>(new db::interrupter(std::move(cancel), PQsocket(state_->raw)));
}

void interrupter::cancel() const noexcept {
    // What is wrong shows when the statement does not end: then it is severed.
    std::array<char, 256> reason{};
    PQcancel(static_cast<PGcancel*>(cancel_.get()), reason.data(), static_cast<int>(reason.size()));
}

void interrupter::sever() const noexcept {
    shutdown(socket_, SHUT_RDWR);
}

bool session::broken() const noexcept {
    return state_->broken || state_->is_superseded();
}

void session::discard() noexcept {
    state_->broken = true;
}

} // namespace catalog::db
