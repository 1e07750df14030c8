// This file runs the commands that the documentation shows, in one story: operations.md sets up a database and a
// service, which the other pages use. A command of a ```sh block is run, or is in the table of those that can't be;
// ```sql is run as the owner.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE docs
#include "http_client.hpp"
#include "markdown.hpp"
#include "postgres_cluster.hpp"
#include "service.hpp"
#include "sql_session.hpp"
#include "text.hpp"
#include "tls_files.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace {

using namespace support;
using std::chrono::seconds;

// The pages in the order of the story, and then every other page that there is.
const std::vector<std::string>& pages() {
    static const std::vector<std::string> all = [] {
        std::vector<std::string> out{"docs/operations.md", "README.md",      "docs/getting-started.md",
                                     "docs/api.md",        "docs/import.md", "docs/dba.md"};
        std::set<std::string> others;
        for (const auto& entry : std::filesystem::directory_iterator(source_folder() + "/docs"))
            if (entry.path().extension() == ".md") others.insert("docs/" + entry.path().filename().string());
        for (const std::string& page : out)
            others.erase(page);
        out.insert(out.end(), others.begin(), others.end());
        return out;
    }();
    return all;
}

// Commands that are not run here, as the page shows them, and why.
const std::map<std::string, std::string> not_run{
    {"scripts/serve", "installs, builds and takes port 8080"},
    {"scripts/test", "runs this test"},
    {"PATH=$PWD/build/release:$PATH", "changes the reader's shell; this test's shells have the program there"},
    {"openstack user create --domain Default --password-prompt catalog", "asks for a password of somebody's cloud"},
    {"openstack role add --user catalog --user-domain Default --project service service", "changes somebody's cloud"},
    {"cp docker/env.example docker/.env", "passwords are put there by hand"},
    {"docker compose --file docker/compose.yaml up --detach", "needs a container engine; scripts/image runs it"},
    {"docker compose --file docker/compose.yaml run --rm -T import generate --sample >sample.ndjson",
     "needs a container engine; scripts/image runs it"},
    {"docker compose --file docker/compose.yaml run --rm -T import <sample.ndjson",
     "needs a container engine; scripts/image runs it"},
    {"docker compose --file docker/compose.yaml --profile monitoring up --detach", "needs a container engine"},
    {"scripts/package", "builds the package; it tries what it built itself"},
    {"apt-get install ./build/package/backup-catalog_0.1.0_amd64.deb", "installs"},
    {"/usr/share/backup-catalog/scripts/migrate deploy", "needs the installed package"},
    {"editor /etc/backup-catalog/backup-catalog.ini", "a human edits"},
    {"systemctl enable --now backup-catalog", "needs the installed package and systemd"}};

// Programs that a page may have run; of others the table above must say something.
const std::set<std::string> runnable{"backup-catalog", "curl", "psql", "scripts/migrate"};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

std::string quoted(const std::string& text) {
    return "'" + text + "'";
}

// The word up to the first character that no name of a program, subcommand or flag has.
std::string word_at(const std::string& text, std::size_t from) {
    const std::size_t to = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_/", from);
    return text.substr(from, to == std::string::npos ? to : to - from);
}

// What `PROGRAM [SUBCOMMAND] --help` prints.
const std::string& help_of(const std::string& program, const std::string& subcommand) {
    static std::map<std::string, std::string> known;
    std::string& text = known[program + " " + subcommand];
    if (text.empty()) {
        command what{{program, subcommand, "--help"}};
        if (subcommand.empty()) what.arguments.erase(what.arguments.begin() + 1);
        const finished end = run(what);
        BOOST_TEST(end.status == 0, program << " " << subcommand << " --help: " << end.errors);
        text = end.output + " ";
    }
    return text;
}

// That the program of a command exists and knows its flags; returns whether there was anything to check.
bool check_flags(const std::string& where, const std::string& shown) {
    std::string text;
    const std::string first = word_at(shown, 0);
    if (first == "backup-catalog" && shown.size() > first.size() + 1) {
        const std::string subcommand = word_at(shown, first.size() + 1);
        text = help_of(catalog_binary(), subcommand.starts_with("--") ? "" : subcommand);
    } else if ((first.starts_with("scripts/") || first.starts_with("bench/")) && !first.ends_with("/")) {
        BOOST_TEST(std::filesystem::exists(source_folder() + "/" + first), where << ": " << shown);
        if (shown.find("--") == std::string::npos) return false;
        text = help_of(source_folder() + "/" + first, "");
    } else {
        return false;
    }
    for (std::size_t flag = shown.find("--"); flag != std::string::npos; flag = shown.find("--", flag + 2)) {
        const std::string name = word_at(shown, flag);
        BOOST_TEST((name == "--help" || text.find(name) != std::string::npos),
                   where << ": `" << shown << "`: " << name << " is not known");
    }
    return true;
}

class story {
public:
    story() {
        // Commands are those of somebody who stands in the checkout and has the program installed.
        for (const char* const name : {"scripts", "sql", "migrations"})
            std::filesystem::create_symlink(source_folder() + "/" + name, folder_.path() / name);
    }

    // Everything that the page shows.
    void tell(const std::string& page) {
        page_ = page;
        const std::string markdown = read_file(source_folder() + "/" + page);
        const std::vector<fenced_block> blocks = fenced_blocks(markdown);
        for (const fenced_block& block : blocks) { // files that the text has by name
            if (block.language != "json") continue;
            if (block.text.starts_with(R"({"tokens")")) write_file(folder_.path() / "tokens.json", block.text);
            if (block.text.starts_with(R"({"kind": "backup")")) write_file(folder_.path() / "mine.ndjson", block.text);
        }
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            const fenced_block& block = blocks[i];
            line_ = block.line;
            if (block.language == "sql") sql_session(owner_url()).run(block.text);
            if (block.language != "sh") continue;
            std::string output;
            for (const std::string& shown : shell_commands(block.text))
                output = follow(shown);
            if (i + 1 < blocks.size() && blocks[i + 1].follows_another) compare(blocks[i + 1], output);
        }
    }

    const std::set<std::string>& left_out() const { return left_out_; }
    std::size_t count_of_runs() const { return runs_; }

    void end() { stop(service_); }

    std::string owner_url() const { return postgres_cluster::instance().superuser_url(database_); }

    std::string file(const std::string& name) const { return read_file(folder_.path() / name); }

private:
    std::string where() const { return page_ + ":" + std::to_string(line_); }

    // What the page's words stand for here.
    std::string here(std::string text) const {
        postgres_cluster& cluster = postgres_cluster::instance();
        for (const char* const role : {"catalog_service", "catalog_import", "catalog_monitor"})
            text = replaced(text, std::string(R"("$(scripts/cluster url .catalog/cluster --user )") + role + ")\"",
                            quoted(cluster.url(role, database_)));
        text = replaced(text, "OWNER_URL", quoted(owner_url()));
        text = replaced(text, "READER_URL", quoted(cluster.url("catalog_service", database_)));
        text = replaced(text, "WRITER_URL", quoted(cluster.url("catalog_import", database_)));
        if (!base_url_.empty()) text = replaced(text, "http://127.0.0.1:8080", base_url_);
        text = replaced(text, "https://identity.example.org:5000/v3", "https://127.0.0.1:9/v3");
        text = replaced(text, "ca.pem", tls_.certificate());
        text = replaced(text, "/run/secrets/catalog", tls_.key());
        // Else an error's answer would be an answer, too.
        return text.starts_with("curl ") ? "curl --fail-with-body" + text.substr(4) : text;
    }

    command in_shell(const std::string& text) const {
        const std::string path = std::filesystem::path(catalog_binary()).parent_path().string();
        return {
            {"bash", "-c", "cd " + quoted(folder_.path().string()) + " && PATH=" + quoted(path) + ":$PATH && " + text}};
    }

    // Runs one command; returns what it printed.
    std::string follow(const std::string& shown) {
        if (not_run.contains(shown)) {
            left_out_.insert(shown);
            return {};
        }
        const std::string program = shown.substr(0, shown.find(' '));
        if (program.starts_with("bench/")) { // measures for minutes; it is there, and so are its flags
            check_flags(where(), shown);
            return {};
        }
        BOOST_TEST(runnable.contains(program), where() << ": neither run nor in the table of this test: " << shown);
        if (!runnable.contains(program)) return {};
        ++runs_;
        if (shown.starts_with("backup-catalog serve ")) {
            serve(shown);
            return {};
        }
        const finished end = run(in_shell(here(shown)), seconds(120));
        BOOST_TEST(end.status == 0, where() << ": " << shown << "\nends with " << end.status << ":\n"
                                            << end.output << end.errors);
        // psql and curl may end well and have done nothing.
        BOOST_TEST(end.errors.find("ERROR") == std::string::npos, where() << ": " << shown << "\n" << end.errors);
        return end.output;
    }

    // The service of identity=static stays for the pages to come.
    void serve(const std::string& shown) {
        const std::string prefix = "listening on ";
        auto process =
            std::make_unique<child_process>(in_shell("exec " + here(shown) + " --listen 127.0.0.1:0 --access-log off"));
        const std::string url = process->wait_for_line(prefix, seconds(30)).substr(prefix.size());
        if (shown.find(" static ") == std::string::npos) {
            stop(process);
            return;
        }
        BOOST_REQUIRE_MESSAGE(!service_, where() << ": a second service");
        service_ = std::move(process);
        base_url_ = url;
    }

    static void stop(const std::unique_ptr<child_process>& process) {
        BOOST_REQUIRE(process);
        process->send_signal(SIGTERM);
        BOOST_TEST(process->wait(seconds(30)) == 0, process->errors());
    }

    void compare(const fenced_block& answer, const std::string& output) const {
        const std::string at = page_ + ":" + std::to_string(answer.line);
        if (answer.language == "json") {
            const std::string wrong = difference(boost::json::parse(answer.text), boost::json::parse(output));
            BOOST_TEST(wrong.empty(), at << ": " << wrong);
        } else {
            BOOST_TEST(output == answer.text, at);
        }
    }

    temporary_folder folder_;
    tls_files tls_{"identity.example.org"};
    std::string database_ = postgres_cluster::instance().create_empty_database();
    std::unique_ptr<child_process> service_;
    std::string base_url_;
    std::string page_;
    std::size_t line_ = 0;
    std::set<std::string> left_out_;
    std::size_t runs_ = 0;
};

} // namespace

BOOST_AUTO_TEST_CASE(commands_do_what_the_pages_say) {
    story all;
    for (const std::string& page : pages()) {
        all.tell(page);
        if (page == "docs/api.md") {
            const std::vector<std::string> lines = lines_of(all.file("backups.ndjson"));
            const std::string wanted =
                sql_session(all.owner_url())
                    .value("SELECT count(*) FROM catalog.backups WHERE project_id = $1 AND parent_id IS NULL AND "
                           "owner_project_id IS NULL",
                           {"0605767b5780d5762fc5c0118072a564"});
            BOOST_TEST(std::to_string(lines.size()) == wanted);
            for (const std::string& line : lines)
                BOOST_TEST(boost::json::parse(line).is_object());
        }
        if (page == "docs/dba.md")
            BOOST_TEST(sql_session(all.owner_url())
                           .value("SELECT count(*) FROM catalog.backups WHERE expired_at < '2026-01-01T00:00:00Z'") ==
                       "0");
    }
    all.end();
    for (const auto& [command, reason] : not_run)
        BOOST_TEST(all.left_out().contains(command), "no page shows this any more: " << command);
    BOOST_TEST(all.count_of_runs() >= 12U);
}

// Commands within the text are not run; but what they name is there.
BOOST_AUTO_TEST_CASE(commands_in_the_text_name_what_there_is) {
    std::size_t seen = 0;
    for (const std::string& page : pages())
        for (const std::string& span : code_spans(read_file(source_folder() + "/" + page)))
            seen += check_flags(page, span) ? 1 : 0;
    BOOST_TEST(seen >= 10U);
}
