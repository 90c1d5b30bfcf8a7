// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"

namespace oort::net {

/// Requests that wait for their reply. Each leaves exactly once, by `take`, `take_link`,
/// `take_expired` or `take_all`, and with it the duty to call its callback. Threads: any.
class Requests {
 public:
  using Done = Callback<Result<Bytes>>;
  struct Key {
    std::uint64_t link = 0;
    std::uint64_t request = 0;
    friend auto operator<=>(const Key&, const Key&) = default;
  };

  /// Whether no other request has an earlier deadline. Requires: the key is new.
  bool add(const Key& key, MonoTime deadline, Done done);
  /// Empty when the request left already, or never was: a peer may answer what nobody asked.
  [[nodiscard]] std::optional<Done> take(const Key& key);
  [[nodiscard]] std::vector<Done> take_link(std::uint64_t link);
  /// Those whose deadline is at or before `now`.
  [[nodiscard]] std::vector<Done> take_expired(MonoTime now);
  [[nodiscard]] std::vector<Done> take_all();
  [[nodiscard]] std::optional<MonoTime> next_deadline() const;

 private:
  struct Waiting {
    MonoTime deadline;
    Done done;
  };

  mutable std::mutex mutex_;  // Guards what follows.
  std::map<Key, Waiting> waiting_;
  std::set<std::pair<MonoTime, Key>> deadlines_;
};

}  // namespace oort::net
