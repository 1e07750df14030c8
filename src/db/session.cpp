// This file implements a session with libpqxx (7.9 or later).
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
constexpr auto fixed_plan_settings = std::to_array<std::string_view>({
    "plan_cache_mode = force_generic_plan",
    "enable_seqscan = off",
    "enable_bitmapscan = off",
    "enable_hashjoin = off",
    "enable_mergejoin = off",
    "enable_sort = off",
    "max_parallel_workers_per_gather = 0",
    "jit = off",
});

// What every statement may rely on. `set` is SET, for the session, or SET LOCAL, for the transaction.
std::string settings_text(std::string_view set, const session_options& options) {
    std::string out;
    const auto add = [&](std::string_view setting) {
        if (!out.empty()) out += "; ";
        out += set;
        out += ' ';
        out += setting;
    };
    add("TimeZone = 'UTC'");
    add("DateStyle = 'ISO'");
    add("search_path = catalog, pg_temp");
    add("statement_timeout = " + std::to_string(options.statement_timeout.count()));
    add("client_connection_check_interval = '2s'"); // a service that was killed leaves no statement behind
    if (options.fixed_plans)
        for (const std::string_view setting : fixed_plan_settings)
            add(setting);
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

rows::rows(std::shared_ptr<const void> owner)
    : owner_(std::move(owner)) {}

std::size_t rows::size() const noexcept {
    return owner_ ? static_cast<std::size_t>(static_cast<const pqxx::result*>(owner_.get())->size()) : 0;
}

std::string_view rows::text(std::size_t row, std::size_t column) const noexcept {
    const auto& result = *static_cast<const pqxx::result*>(owner_.get());
    return result[static_cast<pqxx::result::size_type>(row)][static_cast<pqxx::row::size_type>(column)].view();
}

bool rows::is_null(std::size_t row, std::size_t column) const noexcept {
    const auto& result = *static_cast<const pqxx::result*>(owner_.get());
    return result[static_cast<pqxx::result::size_type>(row)][static_cast<pqxx::row::size_type>(column)].is_null();
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
        , work(std::make_unique<pqxx::nontransaction>(connection))
        , max_prepared(options.max_prepared)
        , keeps_state(options.keeps_state)
        , history(options.history) {
        if (keeps_state)
            work->exec(settings_text("SET", options));
        else
            transaction_settings = "; " + settings_text("SET LOCAL", options);
    }

    opened server;
    PGconn* raw; // owned by `connection`
    pqxx::connection connection;
    std::unique_ptr<pqxx::nontransaction> work; // libpqxx's transactions cost round trips of their own: BEGIN is ours
    std::size_t max_prepared;
    bool keeps_state;
    std::shared_ptr<primary_history> history;
    std::string transaction_settings; // SQL that goes with each BEGIN, so that it costs no round trip
    bool broken = false;
    std::size_t named = 0;
    std::list<std::pair<std::string, std::string>> recent; // text, name; the most recently used first
    std::unordered_map<std::string_view, decltype(recent)::iterator> by_text;

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
        return recent.front().second;
    }

    static pqxx::params bind(const statement& statement) {
        pqxx::params bound;
        bound.reserve(statement.params().size());
        for (const auto& value : statement.params()) {
            if (value)
                bound.append(*value);
            else
                bound.append();
        }
        return bound;
    }
};

session::session(const session_options& options) {
    bool broken = false;
    translated(broken, [&] { state_ = std::make_unique<state>(options); });
}

session::~session() = default;
session::session(session&&) noexcept = default;
session& session::operator=(session&&) noexcept = default;

rows session::run(const statement& statement) {
    if (!state_->keeps_state) {
        metrics::prepared_statements.add(1, {"unnamed"});
        return run_once(statement);
    }
    return translated(state_->broken, [&] {
        const std::string& name = state_->prepared_name(statement.text());
        auto result = std::make_shared<pqxx::result>(state_->work->exec(pqxx::prepped{name}, state::bind(statement)));
        return rows(std::move(result));
    });
}

rows session::run_once(const statement& statement) {
    return translated(state_->broken, [&] {
        auto result = std::make_shared<pqxx::result>(
            statement.params().empty() ? state_->work->exec(statement.text())
                                       : state_->work->exec(statement.text(), state::bind(statement)));
        return rows(std::move(result));
    });
}

rows session::explain(const statement& statement, std::string_view options) {
    return translated(state_->broken, [&] {
        // Not one of the kept statements: a plan that is looked at must not push a used one out.
        const std::string name = "explained" + std::to_string(++state_->named);
        state_->connection.prepare(name, statement.text());
        std::string execute = "EXPLAIN (" + std::string(options) + ") EXECUTE " + name;
        for (std::size_t i = 0; i < statement.params().size(); ++i) {
            const auto& value = statement.params()[i];
            execute += (i == 0 ? "(" : ", ") + (value ? state_->connection.quote(*value) : std::string("NULL"));
        }
        if (!statement.params().empty()) execute += ')';
        auto result = std::make_shared<pqxx::result>(state_->work->exec(execute));
        state_->connection.unprepare(name);
        return rows(std::move(result));
    });
}

void session::begin(bool read_snapshot) {
    std::string text(read_snapshot ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
                                   : "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
    text += state_->transaction_settings;
    try {
        translated(state_->broken, [&] { state_->work->exec(text); });
    } catch (const error&) {
        rollback(); // a cancel may have come between BEGIN and a setting
        throw;
    }
}

void session::commit() {
    translated(state_->broken, [&] { state_->work->exec("COMMIT"); });
}

void session::rollback() noexcept {
    if (state_->broken) return;
    try {
        state_->work->exec("ROLLBACK");
    } catch (const std::exception&) {
        state_->broken = true;
    }
}

void session::copy_in(std::string_view table, std::span<const std::string_view> columns,
                      const std::vector<std::vector<std::optional<std::string>>>& records) {
    translated(state_->broken, [&] {
        std::string names;
        for (const std::string_view column : columns) {
            if (!names.empty()) names += ',';
            names += column;
        }
        auto stream = pqxx::stream_to::raw_table(*state_->work, table, names);
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
