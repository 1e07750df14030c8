// This file holds the table of subcommands and what is made from it.
#include "app/subcommands.hpp"

#include "app/settings.hpp"
#include "generate/command.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <iostream>

namespace catalog::app {

namespace {

constexpr std::array<option, 2> explain_options{
    {{"--user-id", "ID", "whose enterprise-project grants hold"},
     {"--json", "", "one JSON object instead of text, with PostgreSQL's plans as JSON"}}};
constexpr std::array<option, 1> import_options{{{"--json", "", "the summary as JSON on standard output"}}};
constexpr std::array<option, 1> export_options{{{"--project", "ID", "one project's part only"}}};
constexpr std::array<option, 3> verify_options{{{"--repair", "", "put right what is wrong, then verify again"},
                                                {"--project", "ID", "one project's list only"},
                                                {"--json", "", "the result as one JSON object on standard output"}}};
constexpr std::array<option, 8> generate_options{{{"--sample", "", "the sample catalog"},
                                                  {"--backups", "N", "top-level backups"},
                                                  {"--projects", "N", "projects"},
                                                  {"--seed", "N", "another seed, another catalog of the same shape"},
                                                  {"--zipf", "X", "how unequal the projects are"},
                                                  {"--first", "I", "begin with backup I"},
                                                  {"--last", "I", "end before backup I"},
                                                  {"--no-shares", "", "no backup is shared"}}};
constexpr std::array<option, 2> settings_options{
    {{"--json", "", "as a JSON array"}, {"--markdown", "", "as the table of the documentation"}}};

int run_generate(arguments args) {
    return generate::run(args, std::cout, std::cerr);
}

// Prints a text that takes no arguments but --help.
int print(arguments args, std::string_view usage, const std::string& text) {
    if (!args.empty()) {
        const bool help = args[0] == "--help" || args[0] == "-h";
        if (!help) std::cerr << "backup-catalog: '" << shorten(args[0]) << "': unexpected argument\n";
        (help ? std::cout : std::cerr) << "usage: backup-catalog " << usage << '\n';
        return help ? 0 : 2;
    }
    std::cout << text;
    return 0;
}

int run_manual(arguments args) {
    return print(args, "manual\n\nWrites the man page; to read it: backup-catalog manual | man -l -", manual_page());
}

int run_completion(arguments args) {
    return print(args, "completion\n\nWrites bash's completion; to use it: source <(backup-catalog completion)",
                 bash_completion());
}

int run_version(arguments args) {
    return print(args, "version", "backup-catalog " BACKUP_CATALOG_VERSION "\n");
}

constexpr unsigned bit(command which) {
    return static_cast<unsigned>(which);
}

constexpr std::array<subcommand, 10> table{{
    {"serve", "", "the HTTP service", bit(command::serve), {}, run_serve},
    {"import", "[FILE]...", "loads NDJSON files (or standard input) into the catalog", bit(command::import),
     import_options, run_import},
    {"export", "", "writes the catalog, or one project's part, as NDJSON", bit(command::export_), export_options,
     run_export},
    {"verify", "", "checks that everything the catalog says twice is the same", bit(command::verify), verify_options,
     run_verify},
    {"explain", "'PATH?QUERY'", "shows the SQL, parameters and plan that a request becomes", bit(command::explain),
     explain_options, run_explain},
    {"generate", "", "makes a sample or benchmark catalog as NDJSON", 0, generate_options, run_generate},
    {"settings", "", "lists every setting: name, type, default, meaning", 0, settings_options, run_settings},
    {"manual", "", "writes the man page", 0, {}, run_manual},
    {"completion", "", "writes bash's completion", 0, {}, run_completion},
    {"version", "", "says which version this is", 0, {}, run_version},
}};

// A text in a man page: no line of it may be taken for a request, no dash for a hyphen.
std::string roff(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n'))
            out += std::string("\\&") + c;
        else
            out += c;
    }
    return out;
}

// The words that a setting allows, where its type says so.
std::string words_of(const setting& setting) {
    if (setting.type == "boolean") return "true false";
    if (setting.type.find(',') == std::string_view::npos && setting.type != "static") return {};
    std::string out(setting.type);
    out.erase(std::remove(out.begin(), out.end(), ','), out.end());
    return out;
}

} // namespace

std::span<const subcommand> all_subcommands() {
    return table;
}

const subcommand* find_subcommand(std::string_view name) {
    const auto* const found =
        std::find_if(table.begin(), table.end(), [&](const subcommand& s) { return s.name == name; });
    return found == table.end() ? nullptr : found;
}

std::string overview_text() {
    std::string out = "backup-catalog: answers \"which backups do I have?\" from PostgreSQL\n\n"
                      "usage: backup-catalog SUBCOMMAND [--help]\n\n";
    for (const subcommand& s : table)
        out += "  " + std::string(s.name) + std::string(12 - s.name.size(), ' ') + std::string(s.meaning) + '\n';
    out += "\nfrom nothing to an answer:\n\n"
           "  scripts/migrate deploy --database-url OWNER_URL\n"
           "  backup-catalog generate --sample | backup-catalog import --database-url WRITER_URL\n"
           "  backup-catalog serve --database-url READER_URL --identity static --identity-file tokens.json\n"
           "  curl -H 'X-Auth-Token: TOKEN' http://127.0.0.1:8080/v3/PROJECT_ID/backups?limit=1\n\n"
           "Every subcommand has --help. Settings may also come from the environment or a file: backup-catalog "
           "settings.\n";
    return out;
}

std::string manual_page() {
    std::string out = ".TH BACKUP\\-CATALOG 1 \"\" \"backup\\-catalog " BACKUP_CATALOG_VERSION "\" \"User Commands\"\n"
                      ".SH NAME\nbackup\\-catalog \\- answers which backups a project has, from PostgreSQL\n"
                      ".SH SYNOPSIS\n";
    for (const subcommand& s : table) {
        out += ".B backup\\-catalog " + std::string(s.name) + "\n";
        if (s.settings != 0 || !s.options.empty()) out += "[\\fIoption\\fR]...\n";
        if (!s.operands.empty()) out += "\\fI" + roff(s.operands) + "\\fR\n";
        out += ".br\n";
    }
    out += ".SH SUBCOMMANDS\n";
    for (const subcommand& s : table) {
        out += ".TP\n.B " + std::string(s.name) + "\n" + roff(s.meaning) + ".\n";
        for (const option& o : s.options)
            out += ".RS\n.TP\n.B " + roff(o.flag) + (o.value.empty() ? "" : " \\fI" + roff(o.value) + "\\fR") + "\n" +
                   roff(o.meaning) + ".\n.RE\n";
    }
    out += ".SH SETTINGS\nA setting \\fIname\\fR is the flag \\fB\\-\\-\\fIname\\fR, the environment's "
           "\\fBBACKUP_CATALOG_\\fINAME\\fR (dashes become underscores), or a line \\fIname\\fB = \\fIvalue\\fR of the "
           "file "
           "that \\fB\\-\\-config\\fR names; the first of these that gives it wins.\n"
           "Durations are such as 500ms or 30s.\n";
    for (const setting& each : all_settings()) {
        out += ".TP\n.B \\-\\-" + roff(each.name) + " \\fI" + roff(each.type) + "\\fR\n" + roff(each.meaning) + ".\n";
        if (!each.default_value.empty()) out += "Default: " + roff(each.default_value) + ".\n";
        std::string users;
        for (const subcommand& s : table)
            if ((s.settings & each.commands) != 0) users += (users.empty() ? "" : ", ") + std::string(s.name);
        out += "(" + users + ")\n";
    }
    out += ".SH EXIT STATUS\n.TP\n0\ndone\n.TP\n2\nbad usage, input, schema or role\n.TP\n1\nanything else; of verify, "
           "also that something is wrong with the catalog\n"
           ".SH EXAMPLES\n.nf\nbackup\\-catalog generate \\-\\-sample | backup\\-catalog import \\-\\-database\\-url "
           "\"$WRITER_URL\"\n"
           "backup\\-catalog serve \\-\\-database\\-url \"$READER_URL\" \\-\\-identity static \\-\\-identity\\-file "
           "tokens.json\n"
           "backup\\-catalog explain \\-\\-database\\-url \"$READER_URL\" "
           "\\(aq/v3/PROJECT/backups?status=error\\(aq\n.fi\n";
    return out;
}

std::string bash_completion() {
    std::string names;
    std::string flags;
    std::string values;
    for (const subcommand& s : table) {
        names += (names.empty() ? "" : " ") + std::string(s.name);
        std::string own = "--help";
        if (s.settings != 0) own += " --config";
        for (const option& o : s.options)
            own += " " + std::string(o.flag);
        for (const setting& each : all_settings())
            if ((s.settings & each.commands) != 0) own += " --" + std::string(each.name);
        flags += "        " + std::string(s.name) + ") flags='" + own + "' ;;\n";
    }
    std::string files = "--config";
    for (const setting& each : all_settings()) {
        if (each.type == "path") files += " | --" + std::string(each.name);
        if (const std::string words = words_of(each); !words.empty())
            values += "        --" + std::string(each.name) + ") words='" + words + "' ;;\n";
    }
    return "# bash completion of backup-catalog, written by `backup-catalog completion`.\n"
           "_backup_catalog() {\n"
           "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} flags='' words=''\n"
           "    COMPREPLY=()\n"
           "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -W '" +
           names +
           " --help --version' -- \"$current\")\n"
           "        return\n"
           "    fi\n"
           "    case $previous in\n" +
           values + "        " + files +
           ")\n"
           "            mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
           "            return\n"
           "            ;;\n"
           "    esac\n"
           "    case ${COMP_WORDS[1]} in\n" +
           flags +
           "    esac\n"
           "    if [ -n \"$words\" ]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
           "    elif [[ $current = -* ]] || [ \"${COMP_WORDS[1]}\" != import ]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -W \"$flags\" -- \"$current\")\n"
           "    else\n"
           "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
           "    fi\n"
           "}\n"
           "complete -F _backup_catalog backup-catalog\n";
}

} // namespace catalog::app
