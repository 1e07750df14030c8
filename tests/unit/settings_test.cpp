// This file tests how settings are read from flags, environment and file, and that each fault is reported.
#define BOOST_TEST_DYN_LINK
#include "app/settings.hpp"
#include "files.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

BOOST_AUTO_TEST_SUITE(program_settings)

using namespace catalog::app;
using namespace std::chrono_literals;

namespace {

// An environment with these BACKUP_CATALOG_ variables and no others, for a test's duration.
class environment {
public:
    explicit environment(const std::map<std::string, std::string>& variables = {}) {
        for (char** entry = environ; *entry; ++entry) {
            const std::string text = *entry;
            if (text.starts_with("BACKUP_CATALOG_"))
                before_[text.substr(0, text.find('='))] = text.substr(text.find('=') + 1);
        }
        for (const auto& [name, value] : before_)
            ::unsetenv(name.c_str());
        for (const auto& [name, value] : variables) {
            ::setenv(("BACKUP_CATALOG_" + name).c_str(), value.c_str(), 1);
            set_.push_back("BACKUP_CATALOG_" + name);
        }
    }
    ~environment() {
        for (const std::string& name : set_)
            ::unsetenv(name.c_str());
        for (const auto& [name, value] : before_)
            ::setenv(name.c_str(), value.c_str(), 1);
    }
    environment(const environment&) = delete;
    environment& operator=(const environment&) = delete;

private:
    std::map<std::string, std::string> before_;
    std::vector<std::string> set_;
};

parsed_settings read(const std::vector<std::string_view>& arguments, command command = command::serve) {
    return read_settings(arguments, command);
}

// Flags that serve needs, and the given ones.
std::vector<std::string_view> with_needed(std::vector<std::string_view> arguments) {
    arguments.insert(arguments.end(),
                     {"--database-url=postgresql:///x", "--identity=static", "--identity-file=/tokens.json"});
    return arguments;
}

settings good(const std::vector<std::string_view>& arguments, command command = command::serve) {
    const parsed_settings parsed = read(command == command::serve ? with_needed(arguments) : arguments, command);
    BOOST_TEST(parsed.faults.empty(), boost::test_tools::per_element());
    for (const std::string& fault : parsed.faults)
        BOOST_ERROR(fault);
    return parsed.values;
}

// Faults in any order; each wanted one is the beginning of one that is there.
void check_faults(const parsed_settings& parsed, const std::vector<std::string>& wanted) {
    std::vector<std::string> left = parsed.faults;
    for (const std::string& want : wanted) {
        const auto found =
            std::find_if(left.begin(), left.end(), [&](const std::string& f) { return f.starts_with(want); });
        if (found == left.end())
            BOOST_ERROR("missing: " + want);
        else
            left.erase(found);
    }
    for (const std::string& fault : left)
        BOOST_ERROR("not wanted: " + fault);
}

} // namespace

BOOST_AUTO_TEST_CASE(defaults) {
    const environment none;
    const settings s = good({});
    BOOST_TEST(s.listen_address == "127.0.0.1");
    BOOST_TEST(s.listen_port == 8080);
    BOOST_TEST(!s.dedicated_cloud);
    BOOST_TEST(!s.ignore_unknown_parameters);
    BOOST_TEST(s.max_page_size == 1000U);
    BOOST_TEST(s.database_url == "postgresql:///x");
    BOOST_TEST(s.identity == "static");
    BOOST_TEST(s.identity_file == "/tokens.json");
}

// The default that is documented is the one that is used: giving it explicitly changes nothing.
BOOST_AUTO_TEST_CASE(documented_defaults_are_the_real_ones) {
    const environment none;
    const auto number = [](const settings& s) {
        return std::vector<std::uint64_t>{s.listen_port,
                                          s.dedicated_cloud,
                                          s.ignore_unknown_parameters,
                                          s.io_threads,
                                          s.max_page_size,
                                          s.max_connections,
                                          s.max_target_bytes,
                                          s.max_header_bytes,
                                          s.max_header_fields,
                                          s.max_body_bytes,
                                          s.max_response_bytes,
                                          s.max_unsent_bytes,
                                          s.rate_limit,
                                          s.rate_burst,
                                          s.tls_only_1_3,
                                          static_cast<std::uint64_t>(s.idle_timeout.count()),
                                          static_cast<std::uint64_t>(s.receive_timeout.count()),
                                          static_cast<std::uint64_t>(s.write_timeout.count()),
                                          static_cast<std::uint64_t>(s.request_timeout.count()),
                                          static_cast<std::uint64_t>(s.shutdown_timeout.count()),
                                          s.database_connections,
                                          s.database_queue,
                                          static_cast<std::uint64_t>(s.database_wait.count()),
                                          s.prepared_statements,
                                          s.prepared_statements_kept,
                                          static_cast<std::uint64_t>(s.keystone.login.scoped_to),
                                          static_cast<std::uint64_t>(s.keystone.cache.valid_age.count()),
                                          static_cast<std::uint64_t>(s.keystone.cache.refused_age.count()),
                                          s.keystone.cache.entries,
                                          s.keystone.max_validations,
                                          s.keystone.max_waiting,
                                          static_cast<std::uint64_t>(s.keystone.server.connect_timeout.count()),
                                          static_cast<std::uint64_t>(s.keystone.timeout.count())};
    };
    const settings plain{};
    for (const setting& setting : all_settings()) {
        if (setting.default_value.empty()) continue;
        BOOST_TEST_CONTEXT(setting.name) {
            settings s;
            const auto fault = setting.store(s, setting.default_value);
            BOOST_TEST(!fault.has_value());
            BOOST_TEST(number(s) == number(plain), boost::test_tools::per_element());
            BOOST_TEST(s.listen_address == plain.listen_address);
            BOOST_TEST(s.access_log == plain.access_log);
            BOOST_TEST(s.keystone.login.user_domain == plain.keystone.login.user_domain);
            BOOST_TEST(s.keystone.login.project_domain == plain.keystone.login.project_domain);
            BOOST_TEST(s.keystone.roles.readers == plain.keystone.roles.readers, boost::test_tools::per_element());
            BOOST_TEST(s.keystone.roles.administrators == plain.keystone.roles.administrators,
                       boost::test_tools::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(tls_needs_certificate_and_key) {
    const environment none;
    check_faults(read(with_needed({"--tls-certificate=/c"})), {"--tls-key: is required"});
    check_faults(read(with_needed({"--tls-key=/k"})), {"--tls-certificate: is required"});
    check_faults(read(with_needed({"--tls-minimum-version=1.3"})), {"--tls-certificate: is required"});
    check_faults(read(with_needed({"--tls-certificate=/c", "--tls-key=/k", "--tls-minimum-version=1.1"})),
                 {"--tls-minimum-version: '1.1' is not allowed; allowed: 1.2, 1.3"});
    const settings s = good({"--tls-certificate=/c", "--tls-key=/k", "--tls-minimum-version=1.3"});
    BOOST_TEST(s.tls_certificate == "/c");
    BOOST_TEST(s.tls_key == "/k");
    BOOST_TEST(s.tls_only_1_3);
}

BOOST_AUTO_TEST_CASE(a_lag_is_of_a_standby) {
    const environment none;
    check_faults(read(with_needed({"--database-standby-lag=2s"})), {"--database-standby-url: is required"});
    const settings s = good({"--database-standby-url=postgresql://two", "--database-standby-lag=2s"});
    BOOST_TEST(s.database_standby_url == "postgresql://two");
    BOOST_TEST((s.database_standby_lag == 2s));
    BOOST_TEST((good({}).database_standby_lag == 1s));
    BOOST_TEST(good({}).database_standby_url.empty());
}

BOOST_AUTO_TEST_CASE(secrets_disappear_from_the_arguments) {
    std::vector<std::string> texts{"backup-catalog",   "serve",
                                   "--database-url",   "postgresql://u:p@h/d",
                                   "--listen=[::1]:1", "--database-url=host=a password=b",
                                   "--database-url"};
    std::vector<char*> argv;
    argv.reserve(texts.size());
    for (std::string& text : texts)
        argv.push_back(text.data());
    hide_secrets(static_cast<int>(argv.size()), argv.data());
    const std::vector<std::string> wanted{"backup-catalog",   "serve",
                                          "--database-url",   std::string(20, '*'),
                                          "--listen=[::1]:1", "--database-url=" + std::string(17, '*'),
                                          "--database-url"};
    BOOST_TEST(texts == wanted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(both_forms_of_a_flag) {
    const environment none;
    BOOST_TEST(good({"--listen", "0.0.0.0:1", "--io-threads=2"}).listen_address == "0.0.0.0");
    BOOST_TEST(good({"--listen", "0.0.0.0:1", "--io-threads=2"}).io_threads == 2U);
    const parsed_settings url = read({"--database-url=host=a dbname=b"}, command::explain);
    BOOST_TEST(url.values.database_url == "host=a dbname=b"); // the first '=' ends the name
    BOOST_TEST(url.faults.empty());
}

BOOST_AUTO_TEST_CASE(flag_before_environment_before_file) {
    const unit::temporary_file file("listen = 127.0.0.3:3\nio-threads = 3\nmax-page-size = 3\n");
    const std::string config = "--config=" + file.path();
    {
        const environment none;
        const settings s = good({config});
        BOOST_TEST(s.listen_address == "127.0.0.3");
        BOOST_TEST(s.io_threads == 3U);
        BOOST_TEST(s.max_page_size == 3U);
    }
    const environment two{{{"LISTEN", "127.0.0.2:2"}, {"IO_THREADS", "2"}}};
    const settings s = good({config, "--listen=127.0.0.1:1"});
    BOOST_TEST(s.listen_address == "127.0.0.1");
    BOOST_TEST(s.listen_port == 1);
    BOOST_TEST(s.io_threads == 2U);
    BOOST_TEST(s.max_page_size == 3U);
}

BOOST_AUTO_TEST_CASE(every_setting_comes_from_every_source) {
    const std::map<std::string_view, std::string> values{{"database-url", "postgresql:///x"},
                                                         {"listen", "[::1]:9"},
                                                         {"admin-listen", "127.0.0.1:0"},
                                                         {"console", "false"},
                                                         {"identity", "static"},
                                                         {"identity-url", "https://a:5000/v3"},
                                                         {"identity-scope", "system"},
                                                         {"dedicated-cloud", "true"},
                                                         {"tls-minimum-version", "1.3"},
                                                         {"prepared-statements", "false"},
                                                         {"unknown-parameters", "ignore"}};
    for (const setting& setting : all_settings()) {
        const auto given = values.find(setting.name);
        const std::string value = given != values.end()                                 ? given->second
                                  : setting.type == "duration"                          ? "7s"
                                  : setting.type.find(" to ") != std::string_view::npos ? "64"
                                                                                        : "/some/where";
        const bool range = setting.type.find(" to ") != std::string_view::npos;
        const std::string used =
            range && setting.name.starts_with("max-") && setting.name.ends_with("bytes") ? "1048576" : value;
        std::string variable(setting.name);
        for (char& c : variable)
            c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        const std::string flag = "--" + std::string(setting.name) + "=" + used;
        const unit::temporary_file file(std::string(setting.name) + "=" + used);
        const std::string config = "--config=" + file.path();
        // A second source would be a fault if it were looked at and the first had not been taken.
        const auto faults_of = [](const parsed_settings& parsed) {
            std::size_t faults = 0;
            for (const std::string& fault : parsed.faults)
                faults += fault.find("is required") == std::string::npos ? 1U : 0U;
            return faults;
        };
        BOOST_TEST_CONTEXT(flag) {
            {
                const environment none;
                const std::size_t flags_are_faults = setting.flag_refused ? 1U : 0U;
                BOOST_TEST(faults_of(read({flag})) == flags_are_faults);
                BOOST_TEST(faults_of(read({config})) == 0U);
                BOOST_TEST(faults_of(read({flag, config})) == flags_are_faults);
                BOOST_TEST(faults_of(read({flag, flag})) == flags_are_faults + 1U);
            }
            const environment one{{{variable, used}}};
            BOOST_TEST(faults_of(read({})) == 0U);
            const environment bad{{{variable, ""}}};
            BOOST_TEST(faults_of(read({})) == 1U);
            if (!setting.flag_refused) BOOST_TEST(faults_of(read({flag})) == 0U);
        }
    }
}

BOOST_AUTO_TEST_CASE(all_faults_at_once) {
    const unit::temporary_file file("# comment\n\n; another\n[section]\nnonsense\nwhat = 1\nio-threads = 65\n");
    const environment two{{{"MAX_PAGE_SIZE", "0"}, {"TYPO", "1"}}};
    check_faults(read({"--config", file.path(), "--listen=x", "--unknown=1", "--idle-timeout", "5", "--io-thread"}),
                 {"--listen: 'x' is not an address; allowed: ", "--unknown: unknown setting",
                  "--idle-timeout: '5' is not a duration; allowed: ", "--io-thread: unknown setting",
                  "environment BACKUP_CATALOG_MAX_PAGE_SIZE: '0' is not allowed; allowed: an integer from 1 to 1000",
                  "environment BACKUP_CATALOG_TYPO: unknown setting",
                  file.path() + ":5: is not of the form name = value", file.path() + ":6: what: unknown setting",
                  file.path() + ":7: io-threads: '65' is not allowed; allowed: an integer from 1 to 64",
                  "--database-url: is required", "--identity: is required"});
}

BOOST_AUTO_TEST_CASE(what_each_command_requires) {
    const environment none;
    check_faults(read({}), {"--database-url: is required", "--identity: is required"});
    check_faults(read({"--database-url=x", "--identity=static"}), {"--identity-file: is required"});
    for (const command c : {command::import, command::export_, command::explain, command::verify}) {
        check_faults(read({}, c), {"--database-url: is required"});
        check_faults(read({"--database-url=x"}, c), {});
    }
    check_faults(read({"--database-url="}, command::import), {"--database-url: is empty"});
}

// A fault of one setting does not hide that another one, whose name is a part of it, is missing.
BOOST_AUTO_TEST_CASE(a_required_setting_is_missed_beside_other_faults) {
    const environment none;
    check_faults(read({"--database-url=x", "--identity-file="}),
                 {"--identity-file: is empty", "--identity: is required"});
    check_faults(read({"--database-urls=x"}, command::import),
                 {"--database-urls: unknown setting", "--database-url: is required"});
}

BOOST_AUTO_TEST_CASE(unknown_settings) {
    const environment none;
    check_faults(read({"--database-url=x", "--listen=127.0.0.1:1"}, command::import), {"--listen: unknown setting"});
    check_faults(read({"--database-url=x", "-x"}, command::import), {"-x: unknown setting"});
    check_faults(read({"--database-url=x", "-listen=1"}, command::import), {"-listen: unknown setting"});
    check_faults(read({"--database-url=x", "--Database-url=y"}, command::import), {"--Database-url: unknown setting"});
    check_faults(read({"--database-url=x", "--=y"}, command::import), {"--: unknown setting"});
    // A file and an environment may serve several subcommands.
    const unit::temporary_file file("listen = 127.0.0.1:1\ndatabase-url = postgresql:///y\n");
    check_faults(read({"--config", file.path()}, command::import), {});
    const unit::temporary_file marked("\xEF\xBB\xBF# a comment behind a byte order mark\ndatabase-url = x\n");
    check_faults(read({"--config", marked.path()}, command::import), {});
    const environment listen{{{"LISTEN", "127.0.0.1:1"}, {"DATABASE_URL", "postgresql:///y"}}};
    const parsed_settings parsed = read({}, command::import);
    check_faults(parsed, {});
    BOOST_TEST(parsed.values.database_url == "postgresql:///y");
}

BOOST_AUTO_TEST_CASE(repeated_settings) {
    const environment none;
    check_faults(read(with_needed({"--listen=a:1", "--listen", "a:1"})), {"--listen: is given more than once"});
    check_faults(read(with_needed({"--io-threads=1", "--io-threads=2", "--io-threads=3"})),
                 {"--io-threads: is given more than once", "--io-threads: is given more than once"});
}

BOOST_AUTO_TEST_CASE(repeated_settings_of_a_file) {
    const environment none;
    const unit::temporary_file file("io-threads = 1\nlisten = a:1\nio-threads = 2\n");
    check_faults(read(with_needed({"--config", file.path()})),
                 {file.path() + ":3: io-threads: is given more than once"});
}

BOOST_AUTO_TEST_CASE(a_flag_without_value) {
    const environment none;
    check_faults(read(with_needed({"--listen", "--io-threads=2"})),
                 {"--listen: '--io-threads=2' is not an address; allowed: "});
    check_faults(read({"--database-url=x", "--identity=static", "--identity-file"}),
                 {"--identity-file: needs a value"});
    check_faults(read({"--database-url"}, command::import), {"--database-url: needs a value"});
    check_faults(read({"--database-url=x", "--config"}, command::import), {"--config: needs a value"});
}

BOOST_AUTO_TEST_CASE(the_file) {
    const environment none;
    const unit::temporary_file file("\r\n  listen =  [::1]:7  \r\nidentity-file = /a = b#c;d\n\tio-threads=2\n[x]\n"
                                    "max-page-size = 9");
    const parsed_settings parsed = read({"--config", file.path(), "--database-url=x", "--identity=static"});
    check_faults(parsed, {});
    BOOST_TEST(parsed.values.listen_address == "::1");
    BOOST_TEST(parsed.values.listen_port == 7);
    BOOST_TEST(parsed.values.identity_file == "/a = b#c;d");
    BOOST_TEST(parsed.values.io_threads == 2U);
    BOOST_TEST(parsed.values.max_page_size == 9U);
    check_faults(read({"--config", "/does/not/exist", "--database-url=x"}, command::import),
                 {"--config: cannot read '/does/not/exist'"});
    // A file that is none, or two of them, are faults as well.
    for (const std::string_view none_such : {"", "/tmp"})
        check_faults(read({"--config", none_such, "--database-url=x"}, command::import),
                     {"--config: '" + std::string(none_such) + "' is not a file"});
    check_faults(read({"--config", file.path(), "--config", file.path(), "--database-url=x"}, command::import),
                 {"--config: is given more than once"});
}

BOOST_AUTO_TEST_CASE(durations) {
    const environment none;
    const auto time = [](std::string_view value) { return good({"--request-timeout", value}).request_timeout; };
    BOOST_TEST((time("1ms") == 1ms));
    BOOST_TEST((time("1500ms") == 1500ms));
    BOOST_TEST((time("30s") == 30000ms));
    BOOST_TEST((time("3600s") == 3600000ms));
    BOOST_TEST((time("3600000ms") == 3600000ms));
    BOOST_TEST((time("007s") == 7000ms));
    for (const std::string_view bad : {"",
                                       "0",
                                       "5",
                                       "0s",
                                       "0ms",
                                       "s",
                                       "ms",
                                       "-1s",
                                       "1.5s",
                                       "1m",
                                       "1h",
                                       "1 s",
                                       "1S",
                                       "3601s",
                                       "3600001ms",
                                       "18446744073709551615s",
                                       "18446744073709552s",
                                       "1ss",
                                       "1mss",
                                       "infinity"})
        check_faults(read(with_needed({"--request-timeout", bad})),
                     {"--request-timeout: '" + std::string(bad) + "' is not a duration; allowed: "});
}

BOOST_AUTO_TEST_CASE(listen_addresses) {
    const environment none;
    const auto listen = [](std::string_view value) {
        const settings s = good({"--listen", value});
        return s.listen_address + " " + std::to_string(s.listen_port);
    };
    BOOST_TEST(listen("127.0.0.1:8080") == "127.0.0.1 8080");
    BOOST_TEST(listen("0.0.0.0:0") == "0.0.0.0 0");
    BOOST_TEST(listen("127.0.0.1:65535") == "127.0.0.1 65535");
    BOOST_TEST(listen("[::1]:0") == "::1 0");
    BOOST_TEST(listen("[::]:80") == ":: 80");
    BOOST_TEST(listen("[2001:db8::1]:443") == "2001:db8::1 443");
    BOOST_TEST(listen("[fe80::1%eth0]:1") == "fe80::1%eth0 1");
    for (const std::string_view bad : {"", ":", "127.0.0.1", "127.0.0.1:", ":8080", "127.0.0.1:65536", "127.0.0.1:-1",
                                       "127.0.0.1:http", "127.0.0.1:80 ", "[]:80", "[::1]", "127.0.0.1:8080/"})
        check_faults(read(with_needed({"--listen", bad})),
                     {"--listen: '" + std::string(bad) + "' is not an address; allowed: "});
}

BOOST_AUTO_TEST_CASE(numbers_and_their_bounds) {
    const environment none;
    for (const setting& setting : all_settings()) {
        const std::size_t to = setting.type.find(" to ");
        if (to == std::string_view::npos) continue;
        const std::uint64_t min = std::stoull(std::string(setting.type.substr(0, to)));
        const std::uint64_t max = std::stoull(std::string(setting.type.substr(to + 4)));
        BOOST_TEST_CONTEXT(setting.name) {
            settings s;
            BOOST_TEST(!setting.store(s, std::to_string(min)).has_value());
            BOOST_TEST(!setting.store(s, std::to_string(max)).has_value());
            const std::string allowed =
                "allowed: an integer from " + std::to_string(min) + " to " + std::to_string(max);
            BOOST_TEST(setting.store(s, std::to_string(max + 1)).value_or("stored").ends_with(allowed));
            if (min > 0) BOOST_TEST(setting.store(s, std::to_string(min - 1)).value_or("stored").ends_with(allowed));
            for (const std::string_view bad : {"", "-1", "1.5", "x", " 64", "64 ", "1k", "99999999999999999999"})
                BOOST_TEST(setting.store(s, bad).value_or("stored").ends_with(allowed), bad);
        }
    }
}

BOOST_AUTO_TEST_CASE(words) {
    const environment none;
    BOOST_TEST(good({"--dedicated-cloud", "true"}).dedicated_cloud);
    BOOST_TEST(!good({"--dedicated-cloud", "false"}).dedicated_cloud);
    BOOST_TEST(good({"--unknown-parameters", "ignore"}).ignore_unknown_parameters);
    BOOST_TEST(!good({"--unknown-parameters", "reject"}).ignore_unknown_parameters);
    check_faults(read(with_needed({"--dedicated-cloud", "maybe"})),
                 {"--dedicated-cloud: 'maybe' is not a boolean; allowed: true, false"});
    check_faults(read(with_needed({"--unknown-parameters", "warn"})),
                 {"--unknown-parameters: 'warn' is unknown; allowed: reject, ignore"});
    check_faults(read({"--database-url=x", "--identity=none"}), {"--identity: 'none' is unknown; allowed: "});
    check_faults(read({"--database-url=x", "--identity="}), {"--identity: '' is unknown; allowed: "});
}

BOOST_AUTO_TEST_CASE(what_keystone_requires) {
    const environment none;
    const auto faults = [](std::vector<std::string_view> arguments, const std::vector<std::string>& wanted) {
        arguments.insert(arguments.end(), {"--database-url=x", "--identity=keystone"});
        check_faults(read(arguments), wanted);
    };
    faults({}, {"--identity-url: is required", "--identity-user: is required with identity=keystone, or "
                                               "identity-application-credential instead"});
    faults({"--identity-url=http://a", "--identity-user=u"},
           {"--identity-password-file: is required", "--identity-project: is required with identity-scope=project"});
    faults({"--identity-url=http://a", "--identity-user=u", "--identity-password-file=f", "--identity-project=p"}, {});
    faults({"--identity-url=http://a", "--identity-user=u", "--identity-password-file=f", "--identity-scope=system"},
           {});
    faults({"--identity-url=http://a", "--identity-user=u", "--identity-password-file=f", "--identity-scope=domain",
            "--identity-project=p"},
           {"--identity-project: is given, but identity-scope is not project"});
    faults({"--identity-url=https://a", "--identity-application-credential=c"},
           {"--identity-application-credential-secret-file: is required"});
    faults({"--identity-url=https://a", "--identity-application-credential=c",
            "--identity-application-credential-secret-file=f", "--identity-ca-file=f"},
           {});
    faults({"--identity-url=http://a", "--identity-application-credential=c",
            "--identity-application-credential-secret-file=f", "--identity-user=u", "--identity-ca-file=f"},
           {"--identity-user: is given together with identity-application-credential",
            "--identity-ca-file: is given, but identity-url is not https"});
    faults({"--identity-url=a", "--identity-user=", "--identity-scope=all", "--identity-reader-roles=a,,b",
            "--identity-connections=0"},
           {"--identity-url: 'a' is not allowed; allowed: http(s)://HOST", "--identity-user: is empty",
            "--identity-scope: 'all' is unknown; allowed: project, domain, system",
            "--identity-reader-roles: 'a,,b' is not allowed; allowed: names of roles",
            "--identity-connections: '0' is not allowed; allowed: an integer from 1 to 256",
            "--identity-password-file: is required", "--identity-project: is required"});
    // Passwords come from a file, the environment or the INI file, never as a flag.
    faults({"--identity-url=http://a", "--identity-user=u", "--identity-password=p", "--identity-project=p"},
           {"--identity-password: is refused as a flag, which other users of the machine can read; allowed: "
            "BACKUP_CATALOG_IDENTITY_PASSWORD in the environment"});
    const environment password{{{"IDENTITY_PASSWORD", "secret"}}};
    faults({"--identity-url=http://a", "--identity-user=u", "--identity-project=p"}, {});
    faults({"--identity-url=http://a", "--identity-user=u", "--identity-project=p", "--identity-password-file=f"},
           {"--identity-password-file: is given together with identity-password; allowed: one of them"});
}

BOOST_AUTO_TEST_CASE(values_of_keystone) {
    const environment none;
    BOOST_TEST(good({"--identity-url", "https://a:5000"}).keystone.server.server.path == "/v3");
    BOOST_TEST(good({"--identity-url", "https://a:5000/v3/"}).keystone.server.server.path == "/v3");
    BOOST_TEST(good({"--identity-url", "https://a/identity"}).keystone.server.server.path == "/identity/v3");
    const std::vector<std::string> wanted{"a", "b c", "d"};
    BOOST_TEST(good({"--identity-admin-roles", " a ,b c,d"}).keystone.roles.administrators == wanted,
               boost::test_tools::per_element());
    for (const std::string_view bad : {"", ",", "a,", ",a", "a, ,b"})
        check_faults(read(with_needed({"--identity-admin-roles", bad})), {"--identity-admin-roles: '"});
}

BOOST_AUTO_TEST_CASE(positional_arguments) {
    const environment none;
    const parsed_settings parsed =
        read({"a.ndjson", "--database-url", "x", "-", "b", "--", "--help", "--database-url=y"}, command::import);
    check_faults(parsed, {});
    const std::vector<std::string> wanted{"a.ndjson", "-", "b", "--help", "--database-url=y"};
    BOOST_TEST(parsed.positional == wanted, boost::test_tools::per_element());
    BOOST_TEST(parsed.values.database_url == "x");
    BOOST_TEST(!parsed.help);
}

BOOST_AUTO_TEST_CASE(help_needs_nothing_else) {
    const environment none;
    for (const std::string_view flag : {"--help", "-h"}) {
        const parsed_settings parsed = read({flag});
        BOOST_TEST(parsed.help);
        BOOST_TEST(parsed.faults.empty());
    }
    BOOST_TEST(!read({}).help);
}

BOOST_AUTO_TEST_CASE(texts_name_every_setting) {
    const auto serve = static_cast<unsigned>(command::serve);
    const auto import = static_cast<unsigned>(command::import);
    std::set<std::string_view> names;
    for (const setting& setting : all_settings()) {
        BOOST_TEST(names.insert(setting.name).second, setting.name);
        BOOST_TEST(!setting.meaning.empty(), setting.name);
        const std::string line = "  --" + std::string(setting.name) + " ";
        BOOST_TEST((settings_text(serve).find(line) != std::string::npos) == ((setting.commands & serve) != 0));
        BOOST_TEST((settings_text(import).find(line) != std::string::npos) == ((setting.commands & import) != 0));
        if (!setting.default_value.empty())
            BOOST_TEST(settings_text(serve).find("(default " + std::string(setting.default_value) + ")") !=
                       std::string::npos);
    }
    for (const std::string_view name : {"database-url", "listen", "identity", "identity-file", "identity-url",
                                        "dedicated-cloud", "unknown-parameters"})
        BOOST_TEST(names.contains(name), name); // the contract's
}

BOOST_AUTO_TEST_CASE(the_table_of_the_documentation) {
    const std::string table = settings_markdown();
    std::istringstream lines(table);
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count)
        BOOST_TEST(std::count(line.begin(), line.end(), '|') == 5, line);
    BOOST_TEST(count == all_settings().size() + 2);
}

BOOST_AUTO_TEST_SUITE_END()
