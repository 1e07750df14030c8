// This file implements the bound on the age of a standby's data.
#include "db/write_position.hpp"

#include <algorithm>
#include <sql/statements.hpp>

namespace catalog::db {

void write_position::note(clock::time_point asked, std::string position) {
    const std::lock_guard lock(mutex_);
    while (!noted_.empty() && noted_.front().first < asked - bound_)
        noted_.pop_front();
    noted_.emplace_back(asked, std::move(position));
}

std::optional<std::string> write_position::required(clock::time_point now) const {
    const std::lock_guard lock(mutex_);
    const auto found =
        std::find_if(noted_.begin(), noted_.end(), [&](const auto& one) { return one.first >= now - bound_; });
    if (found == noted_.end()) return std::nullopt;
    return found->second;
}

std::optional<std::string> ask_write_position(session& session) {
    const rows answer = session.run(statement(sql::write_position));
    if (answer.is_null(0, 0)) return std::nullopt;
    return std::string(answer.text(0, 0));
}

void require_replayed(session& session, const std::string& position) {
    statement question(sql::replay_position);
    question.add_param(position);
    const rows answer = session.run(question);
    if (answer.text(0, 0) != "t") {
        session.discard();
        throw error(failure::connection, "", "the standby was promoted");
    }
    if (answer.text(0, 1) != "t") throw error(failure::conflict, "", "the standby is behind");
}

} // namespace catalog::db
