// This file is a queue whose entries belong to somebody: first in, first out for each, and everybody takes turns.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace catalog::db {

// Not thread-safe. Each operation is constant in time unless it says otherwise. OwnerOf()(entry) names whose it is.
template <class Entry, class OwnerOf>
class fair_queue {
public:
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }

    // Appends an entry to those of its owner.
    void push(Entry entry) {
        const std::string_view owner = OwnerOf()(entry);
        auto found = by_name_.find(owner);
        if (found == by_name_.end()) {
            owners_.push_back({std::string(owner), {}});
            found = by_name_.emplace(owners_.back().name, std::prev(owners_.end())).first;
        }
        found->second->entries.push_back(std::move(entry));
        ++size_;
    }

    // The oldest entry of the owner whose turn it is. Not for an empty queue.
    Entry pop() {
        const auto first = owners_.begin();
        Entry out = std::move(first->entries.front());
        first->entries.pop_front();
        --size_;
        if (first->entries.empty())
            forget(first);
        else
            owners_.splice(owners_.end(), owners_, first);
        return out;
    }

    // Makes room for one more entry of an owner in a full queue: takes the newest entry of whoever has the most.
    // Nothing if that would not leave it with at least as many as the newcomer's owner will have. Linear in the owners.
    std::optional<Entry> make_room(std::string_view owner) {
        const auto most = std::max_element(owners_.begin(), owners_.end(), [](const auto& a, const auto& b) {
            return a.entries.size() < b.entries.size();
        });
        const auto own = by_name_.find(owner);
        const std::size_t has = own == by_name_.end() ? 0 : own->second->entries.size();
        if (most == owners_.end() || most->entries.size() < has + 2) return std::nullopt;
        Entry out = std::move(most->entries.back());
        most->entries.pop_back();
        --size_;
        return out;
    }

    // Takes out every entry for which the predicate is true. Linear.
    template <class Predicate>
    std::vector<Entry> take_if(Predicate predicate) {
        std::vector<Entry> out;
        for (auto owner = owners_.begin(); owner != owners_.end();) {
            auto& entries = owner->entries;
            const auto first = std::find_if(entries.begin(), entries.end(), predicate);
            if (first == entries.end()) { // mostly so: then nothing is moved
                ++owner;
                continue;
            }
            const auto kept =
                std::stable_partition(first, entries.end(), [&](const Entry& entry) { return !predicate(entry); });
            std::move(kept, entries.end(), std::back_inserter(out));
            entries.erase(kept, entries.end());
            owner = entries.empty() ? forget(owner) : std::next(owner);
        }
        size_ -= out.size();
        return out;
    }

private:
    struct owner_queue {
        std::string name;
        std::deque<Entry> entries; // never empty
    };
    using place = typename std::list<owner_queue>::iterator;

    place forget(place owner) {
        by_name_.erase(owner->name);
        return owners_.erase(owner);
    }

    std::list<owner_queue> owners_; // in the order of their turns
    std::unordered_map<std::string_view, place> by_name_;
    std::size_t size_ = 0;
};

} // namespace catalog::db
