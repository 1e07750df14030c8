// This file declares what makes catalog data: the sample that newcomers see, and data of any size for benchmarks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace catalog::generate {

/// The project of the reference document: the sample's main one, and the largest one of generated data (so that the
/// development token works with both).
inline constexpr std::string_view main_project_id = "0605767b5780d5762fc5c0118072a564";

/// The user who has enterprise-project grants, in the sample and in generated data.
inline constexpr std::string_view granted_user_id = "carol";

/// Takes one or more whole NDJSON lines in the import format, each with its newline. What it throws ends the writing
/// and passes through to the caller.
using line_sink = std::function<void(std::string_view)>;

/// What a generated catalog is made of. Equal options give equal bytes.
struct options {
    std::uint64_t seed = 1;
    std::uint64_t backups = 100'000; ///< top-level backups, 1 to max_backups
    std::uint32_t projects = 2'000;  ///< 1 to max_projects; with few backups the smallest projects stay empty
    /// How unevenly projects share the backups: the project of rank k gets a share proportional to 1 / k^zipf; 0 to 4.
    /// The default gives the largest of 2,000 projects 20 % (1.0 would give it 12 %).
    double zipf = 1.16;
    bool shares = true; ///< whether backups are shared between projects

    static constexpr std::uint64_t max_backups = 1'000'000'000;
    static constexpr std::uint32_t max_projects = 1'000'000;
};

/// Makes a catalog of any size. Every record depends on the options and its number alone, so any slice can be written
/// at any time, by any process.
///
/// The data is a matrix of days and slots: each day, every slot makes one backup. A slot belongs to a policy of a
/// project and backs up one resource a day, one of seven resources a day (weekly), or, with eight others, one resource
/// nine times a day; the slots of one policy run at one time of the day. One slot in six is ad hoc: a project chosen by
/// its share, one of its resources, a manual backup. Backup numbers run through the days, so they follow created_at.
class generator {
public:
    /// Lays the catalog out: about 1 s and 300 MB for a thousand million backups, milliseconds for a million.
    /// Throws std::invalid_argument where an option is outside its range.
    explicit generator(const options& o);
    ~generator();
    generator(generator&&) noexcept;
    generator& operator=(generator&&) noexcept;

    /// Writes the backups [first, last), one line each, children nested.
    /// Throws std::out_of_range unless first <= last <= backups.
    void write(std::uint64_t first, std::uint64_t last, const line_sink& sink) const;

    /// Writes the vaults of every project.
    void write_vaults(const line_sink& sink) const;

    /// Writes the members (shares) of the backups [first, last), each after those of the backups before.
    /// Throws std::out_of_range unless first <= last <= backups.
    void write_members(std::uint64_t first, std::uint64_t last, const line_sink& sink) const;

    /// Writes the members of every backup.
    void write_members(const line_sink& sink) const;

    /// Writes the grants of granted_user_id: up to two enterprise projects of the largest project.
    void write_grants(const line_sink& sink) const;

    /// The id of the project of the given rank, 0 (the largest) to projects - 1.
    [[nodiscard]] std::string_view project_id(std::uint32_t rank) const;

private:
    struct layout;
    std::unique_ptr<const layout> layout_;
};

/// Writes the sample catalog: vaults, grants, about 3,000 top-level backups of five projects by created_at, members.
/// Always the same bytes; no clock is read.
void write_sample(const line_sink& sink);

} // namespace catalog::generate
