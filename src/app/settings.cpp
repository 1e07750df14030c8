// This file holds the table of settings and reads them from flags, environment and file.
#include "app/settings.hpp"

#include "app/subcommands.hpp"
#include "util/json_text.hpp"
#include "util/text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <unistd.h>

namespace catalog::app {

namespace {

using fault = std::optional<std::string>;

constexpr unsigned serve = static_cast<unsigned>(command::serve);
constexpr unsigned every = serve | static_cast<unsigned>(command::import) | static_cast<unsigned>(command::export_) |
                           static_cast<unsigned>(command::explain) | static_cast<unsigned>(command::verify);

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
        text.remove_suffix(1);
    return text;
}

fault store_text(std::string& to, std::string_view value) {
    if (value.empty()) return "is empty";
    to = value;
    return std::nullopt;
}

fault store_boolean(bool& to, std::string_view value) {
    if (value != "true" && value != "false") return "'" + shorten(value) + "' is not a boolean; allowed: true, false";
    to = value == "true";
    return std::nullopt;
}

fault store_number(std::uint64_t& to, std::string_view value, std::uint64_t min, std::uint64_t max) {
    const auto parsed = parse_number(value, max);
    if (!parsed || *parsed < min)
        return "'" + shorten(value) + "' is not allowed; allowed: an integer from " + std::to_string(min) + " to " +
               std::to_string(max);
    to = *parsed;
    return std::nullopt;
}

fault store_duration(std::chrono::milliseconds& to, std::string_view value) {
    constexpr std::uint64_t most = 3'600'000;
    std::string_view digits = value;
    std::uint64_t unit = 0;
    if (digits.ends_with("ms")) {
        digits.remove_suffix(2);
        unit = 1;
    } else if (digits.ends_with('s')) {
        digits.remove_suffix(1);
        unit = 1000;
    }
    const auto parsed = parse_number(digits, most);
    if (unit == 0 || !parsed || *parsed == 0 || *parsed * unit > most)
        return "'" + shorten(value) + "' is not a duration; allowed: 1ms to 3600s, such as 500ms or 30s";
    to = std::chrono::milliseconds(*parsed * unit);
    return std::nullopt;
}

fault store_address(std::string& to_address, std::uint16_t& to_port, std::string_view value) {
    const std::size_t colon = value.rfind(':');
    const auto port = colon == std::string_view::npos ? std::nullopt : parse_number(value.substr(colon + 1), 65535);
    std::string_view address = value.substr(0, colon);
    if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
    if (!port || address.empty())
        return "'" + shorten(value) + "' is not an address; allowed: ADDRESS:PORT such as 127.0.0.1:8080 or [::1]:0";
    to_address = address;
    to_port = static_cast<std::uint16_t>(*port);
    return std::nullopt;
}

fault store_identity(settings& s, std::string_view value) {
    if (value != "static" && value != "keystone")
        return "'" + shorten(value) + "' is unknown; allowed: static, keystone";
    s.identity = value;
    return std::nullopt;
}

fault store_identity_url(settings& s, std::string_view value) {
    auto url = identity::parse_server_url(value);
    if (!url)
        return "'" + shorten(value) +
               "' is not allowed; allowed: http(s)://HOST[:PORT][/PATH] without user, query and fragment, such as "
               "https://identity.example.org:5000/v3";
    if (!url->path.ends_with("/v3")) url->path += "/v3";
    s.keystone.server.server = std::move(*url);
    return std::nullopt;
}

fault store_identity_scope(settings& s, std::string_view value) {
    using scope = identity::keystone_login::scope;
    if (value == "project")
        s.keystone.login.scoped_to = scope::project;
    else if (value == "domain")
        s.keystone.login.scoped_to = scope::domain;
    else if (value == "system")
        s.keystone.login.scoped_to = scope::system;
    else
        return "'" + shorten(value) + "' is unknown; allowed: project, domain, system";
    return std::nullopt;
}

// Names between commas, blanks around them ignored.
fault store_roles(std::vector<std::string>& to, std::string_view value) {
    std::vector<std::string> names;
    for (std::size_t from = 0; from <= value.size();) {
        const std::size_t comma = std::min(value.find(',', from), value.size());
        const std::string name(trimmed(value.substr(from, comma - from)));
        if (name.empty() || !is_clean_utf8(name) || count_characters(name) > 255)
            return "'" + shorten(value) + "' is not allowed; allowed: names of roles with commas between";
        names.push_back(name);
        from = comma + 1;
    }
    to = std::move(names);
    return std::nullopt;
}

fault store_unknown_parameters(settings& s, std::string_view value) {
    if (value != "reject" && value != "ignore") return "'" + shorten(value) + "' is unknown; allowed: reject, ignore";
    s.ignore_unknown_parameters = value == "ignore";
    return std::nullopt;
}

fault store_tls_minimum(settings& s, std::string_view value) {
    if (value != "1.2" && value != "1.3") return "'" + shorten(value) + "' is not allowed; allowed: 1.2, 1.3";
    s.tls_only_1_3 = value == "1.3";
    return std::nullopt;
}

constexpr auto table = std::to_array<setting>({
    {"database-url", "libpq URL", "", "PostgreSQL of the catalog; several hosts allowed", every,
     [](settings& s, std::string_view v) { return store_text(s.database_url, v); }, true},
    {"listen", "ADDRESS:PORT", "127.0.0.1:8080", "where to serve; port 0 picks one and prints it", serve,
     [](settings& s, std::string_view v) { return store_address(s.listen_address, s.listen_port, v); }},
    {"admin-listen", "ADDRESS:PORT", "",
     "where to answer /metrics, /healthz, /readyz and /version, which need no token; "
     "without it nowhere",
     serve, [](settings& s, std::string_view v) { return store_address(s.admin_address, s.admin_port, v); }},
    {"console", "boolean", "true", "serve the page for people at /console", serve,
     [](settings& s, std::string_view v) { return store_boolean(s.console, v); }},
    {"tls-certificate", "path", "", "PEM file with the server's certificate and those up to the root: serve https",
     serve, [](settings& s, std::string_view v) { return store_text(s.tls_certificate, v); }},
    {"tls-key", "path", "", "PEM file with the certificate's key, without a passphrase", serve,
     [](settings& s, std::string_view v) { return store_text(s.tls_key, v); }},
    {"tls-minimum-version", "1.2, 1.3", "1.2", "oldest version of TLS that clients may speak", serve,
     store_tls_minimum},
    {"identity", "static, keystone", "", "who checks tokens; there is no default that lets everybody in", serve,
     store_identity},
    {"identity-file", "path", "", "tokens of identity=static", serve,
     [](settings& s, std::string_view v) { return store_text(s.identity_file, v); }},
    {"identity-url", "URL", "", "of identity=keystone: the identity service, API v3", serve, store_identity_url},
    {"identity-user", "name", "", "the user as whom the service asks; or an application credential", serve,
     [](settings& s, std::string_view v) { return store_text(s.keystone.login.user, v); }},
    {"identity-user-domain", "name", "Default", "domain of that user", serve,
     [](settings& s, std::string_view v) { return store_text(s.keystone.login.user_domain, v); }},
    {"identity-password-file", "path", "", "file with that user's password; read again at each login", serve,
     [](settings& s, std::string_view v) { return store_text(s.keystone.login.password.file, v); }},
    {"identity-password", "secret", "", "the password itself; in the environment or the INI file only", serve,
     [](settings& s, std::string_view v) { return store_text(s.keystone.login.password.text, v); }, true, true},
    {"identity-scope", "project, domain, system", "project", "what that user's token is for", serve,
     store_identity_scope},
    {"identity-project", "name", "", "project of identity-scope=project", serve,
     [](settings& s, std::string_view v) { return store_text(s.keystone.login.project, v); }},
    {"identity-project-domain", "name", "Default", "domain of that project; the domain itself of identity-scope=domain",
     serve, [](settings& s, std::string_view v) { return store_text(s.keystone.login.project_domain, v); }},
    {"identity-application-credential", "id", "", "instead of a user", serve,
     [](settings& s, std::string_view v) { return store_text(s.keystone.login.credential_id, v); }},
    {"identity-application-credential-secret-file", "path", "", "file with its secret; read again at each login", serve,
     [](settings& s, std::string_view v) { return store_text(s.keystone.login.credential_secret.file, v); }},
    {"identity-application-credential-secret", "secret", "",
     "the secret itself; in the environment or the INI file only", serve,
     [](settings& s, std::string_view v) { return store_text(s.keystone.login.credential_secret.text, v); }, true,
     true},
    {"identity-ca-file", "path", "", "certificates (PEM) that vouch for an https identity-url; without it the system's",
     serve, [](settings& s, std::string_view v) { return store_text(s.keystone.server.ca_file, v); }},
    {"identity-reader-roles", "names", "reader,member", "roles of identity=keystone that may list and show", serve,
     [](settings& s, std::string_view v) { return store_roles(s.keystone.roles.readers, v); }},
    {"identity-admin-roles", "names", "admin", "roles of identity=keystone that may also use all_tenants", serve,
     [](settings& s, std::string_view v) { return store_roles(s.keystone.roles.administrators, v); }},
    {"identity-cache-age", "duration", "60s",
     "how long a valid token is not asked about again: revocation is seen after this time", serve,
     [](settings& s, std::string_view v) { return store_duration(s.keystone.cache.valid_age, v); }},
    {"identity-refused-age", "duration", "5s", "the same for a token that was refused", serve,
     [](settings& s, std::string_view v) { return store_duration(s.keystone.cache.refused_age, v); }},
    {"identity-cache-size", "0 to 1000000", "10000", "valid tokens that are remembered, and as many refused ones",
     serve, [](settings& s, std::string_view v) { return store_number(s.keystone.cache.entries, v, 0, 1'000'000); }},
    {"identity-connections", "1 to 256", "8", "validations that talk to the identity service at the same time", serve,
     [](settings& s, std::string_view v) { return store_number(s.keystone.max_validations, v, 1, 256); }},
    {"identity-queue", "0 to 100000", "256", "tokens that may wait for that; more are answered 503", serve,
     [](settings& s, std::string_view v) { return store_number(s.keystone.max_waiting, v, 0, 100'000); }},
    {"identity-connect-timeout", "duration", "2s", "time to look up and reach the identity service, with TLS", serve,
     [](settings& s, std::string_view v) { return store_duration(s.keystone.server.connect_timeout, v); }},
    {"identity-timeout", "duration", "5s", "time of a validation with waiting, login and retries; more is answered 503",
     serve, [](settings& s, std::string_view v) { return store_duration(s.keystone.timeout, v); }},
    {"dedicated-cloud", "boolean", "false", "the deployment is a dedicated cloud: the parameter dec takes effect",
     serve | static_cast<unsigned>(command::explain),
     [](settings& s, std::string_view v) { return store_boolean(s.dedicated_cloud, v); }},
    {"unknown-parameters", "reject, ignore", "reject", "what happens to query parameters that the API does not know",
     serve | static_cast<unsigned>(command::explain), store_unknown_parameters},
    {"access-log", "off, stderr, path", "stderr", "where one line of JSON for each request goes", serve,
     [](settings& s, std::string_view v) { return store_text(s.access_log, v); }},
    {"rate-limit", "0 to 1000000", "0",
     "requests of one project in a second, in the long run; more are answered 429; 0: no limit", serve,
     [](settings& s, std::string_view v) { return store_number(s.rate_limit, v, 0, 1'000'000); }},
    {"rate-burst", "1 to 1000000", "100", "requests that a project may make at once under rate-limit", serve,
     [](settings& s, std::string_view v) { return store_number(s.rate_burst, v, 1, 1'000'000); }},
    {"io-threads", "1 to 64", "1", "threads that move bytes between sockets and requests", serve,
     [](settings& s, std::string_view v) { return store_number(s.io_threads, v, 1, 64); }},
    {"max-page-size", "1 to 1000", "1000", "largest limit, and the page size where limit is absent", serve,
     [](settings& s, std::string_view v) { return store_number(s.max_page_size, v, 1, 1000); }},
    {"max-connections", "1 to 1000000", "4096", "open client connections; more are answered 503", serve,
     [](settings& s, std::string_view v) { return store_number(s.max_connections, v, 1, 1'000'000); }},
    {"max-target-bytes", "256 to 1048576", "16384", "path and query of a request; more is answered 414", serve,
     [](settings& s, std::string_view v) { return store_number(s.max_target_bytes, v, 256, 1'048'576); }},
    {"max-header-bytes", "1024 to 1048576", "32768", "request line and headers; more is answered 431", serve,
     [](settings& s, std::string_view v) { return store_number(s.max_header_bytes, v, 1024, 1'048'576); }},
    {"max-header-fields", "8 to 10000", "100", "headers of a request; more is answered 431", serve,
     [](settings& s, std::string_view v) { return store_number(s.max_header_fields, v, 8, 10'000); }},
    {"max-body-bytes", "0 to 1048576", "65536", "request body, which is read and ignored; more is answered 413", serve,
     [](settings& s, std::string_view v) { return store_number(s.max_body_bytes, v, 0, 1'048'576); }},
    {"max-response-bytes", "65536 to 1073741824", "67108864",
     "body of a response; a page that has more is answered 400 and asks for a smaller limit", serve,
     [](settings& s, std::string_view v) { return store_number(s.max_response_bytes, v, 65'536, 1'073'741'824); }},
    {"max-unsent-bytes", "65536 to 68719476736", "268435456",
     "response bodies that wait for slow clients, together; beyond, requests are answered 503", serve,
     [](settings& s, std::string_view v) { return store_number(s.max_unsent_bytes, v, 65'536, 68'719'476'736); }},
    {"idle-timeout", "duration", "60s", "time between two requests of a connection", serve,
     [](settings& s, std::string_view v) { return store_duration(s.idle_timeout, v); }},
    {"receive-timeout", "duration", "10s", "time from a request's first byte to its last; more is answered 408", serve,
     [](settings& s, std::string_view v) { return store_duration(s.receive_timeout, v); }},
    {"write-timeout", "duration", "30s", "time for a client to take a response", serve,
     [](settings& s, std::string_view v) { return store_duration(s.write_timeout, v); }},
    {"request-timeout", "duration", "10s",
     "time of a request with all that it waits for; more is answered 504, and its statement cancelled", serve,
     [](settings& s, std::string_view v) { return store_duration(s.request_timeout, v); }},
    {"export-connections", "0 to 64", "2",
     "exports (Accept: application/x-ndjson) at the same time, each with a connection of its own; more are answered "
     "503; "
     "0: none, a page is answered",
     serve, [](settings& s, std::string_view v) { return store_number(s.export_connections, v, 0, 64); }},
    {"export-timeout", "duration", "3600s", "time of one export; then its body is cut off", serve,
     [](settings& s, std::string_view v) { return store_duration(s.export_timeout, v); }},
    {"shutdown-timeout", "duration", "10s", "time that responses under way have after SIGTERM", serve,
     [](settings& s, std::string_view v) { return store_duration(s.shutdown_timeout, v); }},
    {"shutdown-linger", "duration", "500ms",
     "time that idle connections have after SIGTERM for one more request, which may be on its way", serve,
     [](settings& s, std::string_view v) { return store_duration(s.shutdown_linger, v); }},
    {"database-connections", "1 to 512", "6", "connections to PostgreSQL, each with a thread", serve,
     [](settings& s, std::string_view v) { return store_number(s.database_connections, v, 1, 512); }},
    {"database-queue", "0 to 100000", "2048", "requests that may wait for a connection; more are answered 503", serve,
     [](settings& s, std::string_view v) { return store_number(s.database_queue, v, 0, 100'000); }},
    {"database-wait", "duration", "2s", "time that a request may wait for a connection; more is answered 503", serve,
     [](settings& s, std::string_view v) { return store_duration(s.database_wait, v); }},
    {"prepared-statements", "boolean", "true",
     "prepare statements and keep settings on the connection; false: for a pooler in transaction mode", serve,
     [](settings& s, std::string_view v) { return store_boolean(s.prepared_statements, v); }},
    {"database-standby-url", "libpq URL", "",
     "standbys that answer in the place of database-url while they are not too far behind; several hosts allowed",
     serve, [](settings& s, std::string_view v) { return store_text(s.database_standby_url, v); }, true},
    {"database-standby-lag", "duration", "1s", "writes of this last time an answer of a standby may miss", serve,
     [](settings& s, std::string_view v) { return store_duration(s.database_standby_lag, v); }},
    {"prepared-statements-kept", "16 to 10000", "256", "statements that each connection keeps prepared", serve,
     [](settings& s, std::string_view v) { return store_number(s.prepared_statements_kept, v, 16, 10'000); }},
});

const setting* find_setting(std::string_view name, unsigned commands) {
    const auto found = std::find_if(table.begin(), table.end(), [&](const setting& s) { return s.name == name; });
    return found != table.end() && (found->commands & commands) != 0 ? &*found : nullptr;
}

std::string environment_name(std::string_view name) {
    std::string out = "BACKUP_CATALOG_";
    for (const char c : name)
        out += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    return out;
}

// The fault of a name that no setting has.
std::string unknown_setting(std::string_view name, unsigned commands) {
    std::vector<std::string_view> known;
    for (const setting& setting : table)
        if ((setting.commands & commands) != 0) known.push_back(setting.name);
    for (const subcommand& subcommand : all_subcommands())
        if (subcommand.settings == commands)
            for (const option& option : subcommand.options)
                known.push_back(option.flag.substr(2));
    const std::string_view meant = nearest_word(name, known);
    return "unknown setting; " + (meant.empty() ? "" : "did you mean --" + std::string(meant) + "? ") +
           "`backup-catalog settings` lists them";
}

class reader {
public:
    explicit reader(unsigned commands)
        : commands_(commands) {}

    // Stores a value unless an origin of higher precedence gave one; `source` is the place for messages.
    void give(std::string_view name, std::string_view value, const std::string& source, char origin) {
        const setting* setting = find_setting(name, commands_);
        if (!setting) {
            out_.faults.push_back(source + ": " + unknown_setting(name, commands_));
            return;
        }
        const auto [place, first] = given_.try_emplace(std::string(name), origin);
        if (!first) {
            if (place->second == origin) out_.faults.push_back(source + ": is given more than once");
            return;
        }
        if (const fault f = setting->store(out_.values, value)) out_.faults.push_back(source + ": " + *f);
    }

    void read_flags(std::span<const std::string_view> given) {
        bool only_positional = false;
        for (std::size_t i = 0; i < given.size(); ++i) {
            const std::string_view argument = given[i];
            if (only_positional || argument == "-" || !argument.starts_with('-')) {
                out_.positional.emplace_back(argument);
                continue;
            }
            if (argument == "--") {
                only_positional = true;
                continue;
            }
            if (argument == "--help" || argument == "-h") {
                out_.help = true;
                continue;
            }
            const std::size_t equals = argument.find('=');
            const std::string flag(argument.substr(0, equals));
            const std::string_view name =
                argument.starts_with("--") ? std::string_view(flag).substr(2) : std::string_view{};
            const bool known = name == "config" || find_setting(name, commands_);
            if (!known) {
                out_.faults.push_back(flag + ": " + unknown_setting(name, commands_));
                continue;
            }
            std::string_view value;
            if (equals != std::string_view::npos) {
                value = argument.substr(equals + 1);
            } else if (i + 1 < given.size()) {
                value = given[++i];
            } else {
                out_.faults.push_back(flag + ": needs a value");
                given_.try_emplace(std::string(name), 'f');
                continue;
            }
            if (name == "config")
                set_config_file(value);
            else if (find_setting(name, commands_)->flag_refused)
                refuse_secret(name, flag);
            else
                give(name, value, flag, 'f');
        }
    }

    void refuse_secret(std::string_view name, const std::string& flag) {
        out_.faults.push_back(flag + ": is refused as a flag, which other users of the machine can read; allowed: " +
                              environment_name(name) + " in the environment, or the INI file");
        given_.try_emplace(std::string(name), 'f'); // said once is enough
    }

    void set_config_file(std::string_view file) {
        if (!config_file_.empty())
            out_.faults.emplace_back("--config: is given more than once");
        else if (file.empty() || std::filesystem::is_directory(file))
            out_.faults.push_back("--config: '" + shorten(file) + "' is not a file");
        else
            config_file_ = file;
    }

    void read_environment() {
        for (const setting& setting : table) {
            const std::string variable = environment_name(setting.name);
            const char* value = std::getenv(variable.c_str());
            if (value && (setting.commands & commands_) != 0) give(setting.name, value, "environment " + variable, 'e');
        }
        for (char** entry = environ; *entry; ++entry) {
            const std::string_view variable = std::string_view(*entry).substr(0, std::string_view(*entry).find('='));
            const bool known = std::any_of(table.begin(), table.end(),
                                           [&](const setting& s) { return environment_name(s.name) == variable; });
            if (variable.starts_with("BACKUP_CATALOG_") && !known)
                out_.faults.push_back("environment " + std::string(variable) +
                                      ": unknown setting; `backup-catalog settings` lists them");
        }
    }

    void read_file() {
        if (config_file_.empty()) return;
        std::ifstream in(config_file_);
        if (!in) {
            out_.faults.push_back("--config: cannot read '" + config_file_ + "'");
            return;
        }
        std::string line;
        for (std::size_t number = 1; std::getline(in, line); ++number) {
            if (number == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3); // a byte order mark
            const std::string_view content = trimmed(line);
            if (content.empty() || content.front() == '#' || content.front() == ';' || content.front() == '[') continue;
            const std::string source = config_file_ + ":" + std::to_string(number);
            const std::size_t equals = content.find('=');
            if (equals == std::string_view::npos) {
                out_.faults.push_back(source + ": is not of the form name = value");
                continue;
            }
            const std::string name(trimmed(content.substr(0, equals)));
            // One file may serve several subcommands: what another one knows is not an error here.
            if (!find_setting(name, commands_) && find_setting(name, every)) continue;
            give(name, trimmed(content.substr(equals + 1)), source + ": " + name, 'i');
        }
    }

    bool was_given(std::string_view name) const { return given_.contains(name); }

    parsed_settings finish() { return std::move(out_); }

private:
    unsigned commands_;
    parsed_settings out_;
    std::map<std::string, char, std::less<>> given_; // setting -> origin: flag, environment, INI file
    std::string config_file_;
};

// What identity=keystone needs besides its single settings being well-formed.
void check_keystone(const reader& reader, const settings& s, std::vector<std::string>& faults) {
    const auto given = [&](std::string_view name) { return reader.was_given(name); };
    const auto complain = [&](std::string_view name, const std::string& what) {
        faults.push_back("--" + std::string(name) + ": " + what);
    };
    const auto one_secret = [&](std::string_view name) {
        const std::string file = std::string(name) + "-file";
        if (given(name) && given(file))
            complain(file, "is given together with " + std::string(name) + "; allowed: one of them");
        else if (!given(name) && !given(file))
            complain(file, "is required with identity=keystone");
    };
    if (!given("identity-url")) complain("identity-url", "is required with identity=keystone");
    const bool user = given("identity-user");
    const bool credential = given("identity-application-credential");
    if (user && credential) {
        complain("identity-user", "is given together with identity-application-credential; allowed: one of them");
    } else if (credential) {
        one_secret("identity-application-credential-secret");
    } else if (user) {
        one_secret("identity-password");
        const bool project_scope = s.keystone.login.scoped_to == identity::keystone_login::scope::project;
        if (project_scope && !given("identity-project"))
            complain("identity-project", "is required with identity-scope=project");
        if (!project_scope && given("identity-project"))
            complain("identity-project", "is given, but identity-scope is not project");
    } else {
        complain("identity-user", "is required with identity=keystone, or identity-application-credential instead");
    }
    if (given("identity-ca-file") && given("identity-url") && !s.keystone.server.server.host.empty() &&
        !s.keystone.server.server.tls)
        complain("identity-ca-file", "is given, but identity-url is not https");
}

} // namespace

void hide_secrets(int argc, char** argv) {
    const auto hide = [](char* text) {
        for (; *text != '\0'; ++text)
            *text = '*';
    };
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument(argv[i]);
        const std::size_t equals = argument.find('=');
        const std::string_view flag = argument.substr(0, equals);
        const auto* const found = std::find_if(table.begin(), table.end(), [&](const setting& s) {
            return s.secret && flag.starts_with("--") && flag.substr(2) == s.name;
        });
        if (found == table.end()) continue;
        if (equals != std::string_view::npos)
            hide(argv[i] + equals + 1);
        else if (i + 1 < argc)
            hide(argv[++i]);
    }
}

std::span<const setting> all_settings() {
    return table;
}

parsed_settings read_settings(std::span<const std::string_view> given, command command) {
    reader reader(static_cast<unsigned>(command));
    reader.read_flags(given);
    reader.read_environment();
    reader.read_file();
    parsed_settings out = reader.finish();
    if (out.help) return out;
    const settings& s = out.values;
    const auto require = [&](std::string_view name, const std::string& why) {
        if (!reader.was_given(name)) out.faults.push_back("--" + std::string(name) + ": is required" + why);
    };
    require("database-url", "");
    if (command == command::serve) {
        require("identity", "; allowed: static, keystone");
        if (s.identity == "static") require("identity-file", " with identity=static");
        if (!s.tls_certificate.empty()) require("tls-key", " with tls-certificate");
        if (reader.was_given("tls-key") || reader.was_given("tls-minimum-version"))
            require("tls-certificate", " with the other settings of TLS");
        if (reader.was_given("database-standby-lag")) require("database-standby-url", " with database-standby-lag");
        if (s.identity == "keystone") check_keystone(reader, s, out.faults);
    }
    return out;
}

std::string settings_text(unsigned commands) {
    std::string out;
    for (const setting& setting : table) {
        if ((setting.commands & commands) == 0) continue;
        std::string head = "  --" + std::string(setting.name) + " " + std::string(setting.type);
        head.resize(std::max<std::size_t>(head.size() + 1, 44), ' ');
        out += head + std::string(setting.meaning);
        if (!setting.default_value.empty()) out += " (default " + std::string(setting.default_value) + ")";
        out += '\n';
    }
    return out;
}

std::string settings_json() {
    namespace json = boost::json;
    json::array out;
    for (const setting& setting : table) {
        json::array users;
        constexpr std::array<std::string_view, 5> names{"serve", "import", "export", "explain", "verify"};
        for (std::size_t i = 0; i < names.size(); ++i)
            if ((setting.commands & (1U << i)) != 0) users.emplace_back(names[i]);
        out.push_back(json::object{
            {"name", setting.name},
            {"environment", environment_name(setting.name)},
            {"type", setting.type},
            {"default", setting.default_value.empty() ? json::value(nullptr) : json::value(setting.default_value)},
            {"meaning", setting.meaning},
            {"subcommands", std::move(users)}});
    }
    return indented(out) + "\n";
}

std::string settings_markdown() {
    std::string out = "| setting | type | default | meaning |\n|---|---|---|---|\n";
    for (const setting& setting : table)
        out += "| `" + std::string(setting.name) + "` | " + std::string(setting.type) + " | " +
               std::string(setting.default_value) + " | " + std::string(setting.meaning) + " |\n";
    return out;
}

} // namespace catalog::app
