// This file is the command `backup-catalog generate`: its options, its help, its output and its progress line.
#include "generate/command.hpp"

#include "generate/generator.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

namespace catalog::generate {
namespace {

constexpr std::string_view help =
    R"(backup-catalog generate - make catalog data, as NDJSON for `backup-catalog import`

Usage:
  backup-catalog generate --sample
  backup-catalog generate [--backups N] [--projects N] [--seed N] [--zipf X]
                          [--first I] [--last I] [--no-shares]

The data goes to standard output. The same options always give the same bytes; no clock is read.

  --sample      the sample catalog instead: about 3,000 backups in 5 projects that look like a real cloud's
  --backups N   top-level backups, 1 to 1000000000 (default 100000); their children come on top
  --projects N  projects, 1 to 1000000 (default 2000)
  --seed N      0 to 18446744073709551615 (default 1); another seed, another catalog of the same shape
  --zipf X      0 to 4 (default 1.16): project k gets a share of backups proportional to 1 / k^X; 0 is even,
                the default gives the largest of 2,000 projects 20 %
  --first I     begin with backup I (default 0); the vaults and grants come only with backup 0
  --last I      end before backup I (default: --backups)
  --no-shares   no backup is shared between projects
  --help        this text

Examples:
  # Look at the sample
  backup-catalog generate --sample | jq -r 'select(.created_at) | [.name, .resource_name, .status] | @tsv' | less

  # A million backups of 2,000 projects into the database
  backup-catalog generate --backups 1000000 | backup-catalog import

  # Ten million in two halves, made at the same time or one after the other: --first continues where --last ended
  backup-catalog generate --backups 10000000 --last  5000000 > first.ndjson
  backup-catalog generate --backups 10000000 --first 5000000 > second.ndjson

--first and --last choose a part of the catalog that the other options describe: give each part the same ones.
The largest project is always 0605767b5780d5762fc5c0118072a564, the project of the development token.

Exit status: 0 done, 2 bad usage, 1 anything else (such as a reader that went away).
)";

struct request {
    options catalog;
    bool help = false;
    bool sample = false;
    std::uint64_t first = 0;
    std::optional<std::uint64_t> last;
};

template <class Number>
std::optional<Number> parse(std::string_view text) {
    Number n{};
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return n;
}

// Reads the arguments; every fault is one line in `faults`.
class argument_reader {
public:
    argument_reader(std::span<std::string_view const> args, std::vector<std::string>& faults)
        : args_(args)
        , faults_(faults) {}

    request read() {
        request made;
        while (next_ < args_.size()) {
            std::string_view const arg = args_[next_++];
            const auto equals = arg.starts_with("--") ? arg.find('=') : std::string_view::npos;
            name_ = arg.substr(0, equals);
            attached_.reset();
            if (equals != std::string_view::npos) attached_ = arg.substr(equals + 1);
            if (std::find(seen_.begin(), seen_.end(), name_) != seen_.end()) fault("given twice; give it once");
            seen_.push_back(name_);
            read_one(made);
        }
        check(made);
        return made;
    }

private:
    void read_one(request& made) {
        options& o = made.catalog;
        if (name_ == "--help" || name_ == "-h") {
            made.help = no_value();
        } else if (name_ == "--sample") {
            made.sample = no_value();
        } else if (name_ == "--no-shares") {
            o.shares = !no_value();
        } else if (name_ == "--backups") {
            o.backups = whole(1, options::max_backups).value_or(o.backups);
        } else if (name_ == "--projects") {
            o.projects = static_cast<std::uint32_t>(whole(1, options::max_projects).value_or(o.projects));
        } else if (name_ == "--seed") {
            o.seed = whole(0, ~std::uint64_t{0}).value_or(o.seed);
        } else if (name_ == "--first") {
            made.first = whole(0, options::max_backups).value_or(0);
        } else if (name_ == "--last") {
            made.last = whole(0, options::max_backups);
        } else if (name_ == "--zipf") {
            const auto text = value("a number from 0 to 4");
            if (!text) return;
            const auto x = parse<double>(*text);
            if (x && *x >= 0 && *x <= 4)
                o.zipf = *x;
            else
                wrong(*text, x ? "is out of range" : "is not a number", "a number from 0 to 4");
        } else {
            fault("not an option of this command; allowed: --sample, --backups, --projects, --seed, --zipf, --first, "
                  "--last, --no-shares, --help");
            if (next_ < args_.size() && !args_[next_].starts_with("-")) ++next_; // probably its value
        }
    }

    void check(request& made) {
        if (made.help || !faults_.empty()) return;
        if (made.sample) {
            for (std::string_view const other : seen_) {
                name_ = other;
                if (other != "--sample")
                    fault("has no meaning with --sample, which is one fixed catalog; leave one out");
            }
            return;
        }
        std::uint64_t const last = made.last.value_or(made.catalog.backups);
        std::string allowed;
        if (last > made.catalog.backups) {
            name_ = "--last";
            allowed = "0 to " + std::to_string(made.catalog.backups) + ", the value of --backups";
            wrong(std::to_string(last), "is too large", allowed);
        } else if (made.first > last) {
            name_ = "--first";
            allowed = "0 to " + std::to_string(last) + ", the end of the part (--last, or --backups)";
            wrong(std::to_string(made.first), "is too large", allowed);
        }
    }

    bool no_value() {
        if (attached_) fault("takes no value");
        return true;
    }

    std::optional<std::string_view> value(std::string_view allowed) {
        if (attached_) return attached_;
        if (next_ < args_.size() && !args_[next_].starts_with("--")) return args_[next_++];
        std::string text("needs a value; allowed: ");
        fault(text.append(allowed));
        return std::nullopt;
    }

    std::optional<std::uint64_t> whole(std::uint64_t low, std::uint64_t high) {
        std::string allowed("a whole number from ");
        allowed.append(std::to_string(low)).append(" to ").append(std::to_string(high));
        const auto text = value(allowed);
        if (!text) return std::nullopt;
        const auto n = parse<std::uint64_t>(*text);
        if (n && *n >= low && *n <= high) return n;
        const bool digits = !text->empty() && text->find_first_not_of("0123456789") == std::string_view::npos;
        wrong(*text, digits ? "is out of range" : "is not a whole number", allowed);
        return std::nullopt;
    }

    void wrong(std::string_view text, std::string_view what, std::string_view allowed) {
        std::string full("\"");
        full.append(text).append("\" ").append(what).append("; allowed: ").append(allowed);
        fault(full);
    }

    void fault(std::string_view what) { faults_.emplace_back(name_).append(": ").append(what); }

    std::span<std::string_view const> args_;
    std::vector<std::string>& faults_;
    std::size_t next_ = 0;
    std::string_view name_;
    std::optional<std::string_view> attached_;
    std::vector<std::string_view> seen_;
};

// While it lives, writing to a pipe without a reader is an error of the stream instead of the program's end.
class broken_pipe_ignored {
public:
    broken_pipe_ignored() {
        struct sigaction ignore = {};
        ignore.sa_handler = SIG_IGN;
        sigaction(SIGPIPE, &ignore, &before_);
    }
    ~broken_pipe_ignored() { sigaction(SIGPIPE, &before_, nullptr); }
    broken_pipe_ignored(const broken_pipe_ignored&) = delete;
    broken_pipe_ignored& operator=(const broken_pipe_ignored&) = delete;

private:
    struct sigaction before_ = {};
};

struct reader_gone {};

class progress_line {
public:
    progress_line(std::ostream& err, std::uint64_t total)
        : err_(err)
        , total_(total)
        , shown_(&err == &std::cerr && isatty(STDERR_FILENO) == 1) {}
    ~progress_line() {
        if (written_) err_ << "\r\x1b[K" << std::flush;
    }
    progress_line(const progress_line&) = delete;
    progress_line& operator=(const progress_line&) = delete;

    void update(std::uint64_t rows) {
        if (!shown_) return;
        const auto time = clock::now();
        if (time - last_ < std::chrono::milliseconds(200)) return;
        last_ = time;
        written_ = true;
        const double seconds = std::chrono::duration<double>(time - start_).count();
        const double rate = static_cast<double>(rows) / seconds;
        const auto left = static_cast<std::uint64_t>(static_cast<double>(total_ - rows) / std::max(rate, 1.0));
        err_ << "\r\x1b[K" << rows << " of " << total_ << " rows, " << static_cast<std::uint64_t>(rate) << " rows/s, "
             << left / 60 << " min " << left % 60 << " s left" << std::flush;
    }

private:
    using clock = std::chrono::steady_clock;
    std::ostream& err_;
    std::uint64_t total_;
    bool shown_;
    bool written_ = false;
    clock::time_point start_ = clock::now();
    clock::time_point last_ = start_;
};

void write_all(const request& what, const line_sink& sink, std::ostream& err) {
    if (what.sample) {
        write_sample(sink);
        return;
    }
    const generator made(what.catalog);
    std::uint64_t const last = what.last.value_or(what.catalog.backups);
    if (what.first == 0) {
        made.write_vaults(sink);
        made.write_grants(sink);
    }
    progress_line progress(err, last - what.first);
    constexpr std::uint64_t batch = 4096;
    for (std::uint64_t from = what.first; from < last;) {
        std::uint64_t const to = std::min(from + batch, last);
        made.write(from, to, sink);
        from = to;
        progress.update(from - what.first);
    }
    made.write_members(what.first, last, sink);
}

} // namespace

int run(std::span<std::string_view const> args, std::ostream& out, std::ostream& err) {
    std::vector<std::string> faults;
    const request what = argument_reader(args, faults).read();
    if (!faults.empty()) {
        for (const std::string& fault : faults)
            err << "backup-catalog generate: " << fault << '\n';
        err << "Try: backup-catalog generate --help\n";
        return 2;
    }
    const broken_pipe_ignored guard;
    if (what.help) {
        out << help << std::flush;
        return out ? 0 : 1;
    }
    const auto lost = [&] { // a reader who has enough (head) is no fault to speak of
        if (errno != 0 && errno != EPIPE) err << "backup-catalog generate: cannot write the output\n";
        return 1;
    };
    const line_sink sink = [&](std::string_view lines) {
        errno = 0;
        if (!out.write(lines.data(), static_cast<std::streamsize>(lines.size()))) throw reader_gone();
    };
    try {
        write_all(what, sink, err);
    } catch (const reader_gone&) {
        return lost();
    }
    errno = 0;
    return out.flush() ? 0 : lost();
}

} // namespace catalog::generate
