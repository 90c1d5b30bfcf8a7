// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "oort/core/amount.hpp"

namespace oort::chain::test {

/// What one client did to a bank, and when, in the order of one clock that all clients share.
struct BankOperation {
  bool is_read = false;
  std::size_t account = 0;  ///< Read, or paid from.
  std::size_t to = 0;
  Uint128 amount = 0;
  std::uint64_t invoked = 0;
  /// Nothing: the client never learnt whether it happened. Such a read says nothing.
  std::optional<std::uint64_t> returned;
  Uint128 balance = 0;      ///< What a read found.
  bool is_applied = false;  ///< What the receipt of a transfer said.
};

/// Whether some order of the operations, in which each takes effect at one moment between its
/// invocation and its return, explains every answer: Wing and Gong's search, with what was seen
/// before remembered. At most 64 operations. A transfer without an answer may have happened at any
/// moment after its invocation, or never.
class Linearizability {
 public:
  Linearizability(std::span<const BankOperation> history, std::vector<Uint128> balances)
      : history_(history), balances_(std::move(balances)) {
    for (std::size_t i = 0; i < history.size(); ++i) {
      if (history[i].returned) must_ |= bit(i);
    }
  }

  [[nodiscard]] bool holds() { return search(0, balances_); }

 private:
  using Mask = std::uint64_t;
  static Mask bit(std::size_t i) { return Mask{1} << i; }

  /// Whether nothing that is not yet explained had returned before `i` was invoked.
  [[nodiscard]] bool may_be_next(std::size_t i, Mask done) const {
    for (std::size_t j = 0; j < history_.size(); ++j) {
      const auto& returned = history_[j].returned;
      if ((done & bit(j)) == 0 && returned && *returned < history_[i].invoked) return false;
    }
    return true;
  }

  /// The effect of `i`, or nothing where the answer contradicts it.
  static bool apply(const BankOperation& operation, std::vector<Uint128>& balances) {
    if (operation.is_read) return balances[operation.account] == operation.balance;
    const bool is_covered = balances[operation.account] >= operation.amount;
    if (operation.returned && operation.is_applied != is_covered) return false;
    if (!is_covered) return true;
    balances[operation.account] -= operation.amount;
    balances[operation.to] += operation.amount;
    return true;
  }

  bool search(Mask done, const std::vector<Uint128>& balances) {
    if ((done & must_) == must_) return true;
    if (!seen_.emplace(done, balances).second) return false;
    for (std::size_t i = 0; i < history_.size(); ++i) {
      const BankOperation& operation = history_[i];
      const bool is_silent_read = operation.is_read && !operation.returned;
      if ((done & bit(i)) != 0 || is_silent_read || !may_be_next(i, done)) continue;
      std::vector<Uint128> after = balances;
      if (!apply(operation, after)) continue;
      if (search(done | bit(i), after)) return true;
      // A read that fits now changes nothing: to put it off can not help.
      if (operation.is_read) return false;
    }
    return false;
  }

  std::span<const BankOperation> history_;
  std::vector<Uint128> balances_;
  Mask must_ = 0;
  std::set<std::pair<Mask, std::vector<Uint128>>> seen_;
};

}  // namespace oort::chain::test
