// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include "oort/api/ports.hpp"
#include "oort/chain/chain.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/ledger/genesis.hpp"

namespace oort::node {

/// What changed each account's balance, written down block by block beside the ledger: its state
/// knows balances, not how they came about.
///
/// Keys: 'h' the network, and the height and time up to which all is written; 'b' account: its
/// balance there; 'l' account, height, index: one line.
///
/// Invariants
///   N1  The lines of an account add up to its balance in the ledger's state of that height.
///   N2  It can be lost: an empty one, or one of another network or of a height that the ledger
///   does
///       not have, is written anew from the genesis on.
///   N3  A block is written entirely or not at all, and once.
///   N4  An answer holds everything that was final here when it was asked for.
/// Threads: calls from any; the store is touched on `disk` alone, where answers are given too.
class StatementIndex {
 public:
  struct Parts {
    chain::Chain& chain;
    env::KvStore& store;
    /// Runs one task at a time, in order, and may block.
    env::Executor& disk;
  };
  /// Looks at what is written and follows the chain from there. Blocks.
  /// Fails with DISK_FAILED, DISK_FULL or CORRUPT_DATA.
  [[nodiscard]] static Result<std::unique_ptr<StatementIndex>> start(
      const ledger::GenesisParams& genesis, Parts parts);
  /// Answers that are still awaited are dropped: whoever stops the node has given them.
  ~StatementIndex();
  StatementIndex(const StatementIndex&) = delete;
  StatementIndex& operator=(const StatementIndex&) = delete;

  /// At most `count_max` lines from `from` on. The mark's `is_stale` is left to the caller. Fails
  /// with DISK_FAILED, DISK_FULL or CORRUPT_DATA, as does every call after a write that failed.
  void list(const AccountId& account, api::StatementPlace from, std::size_t count_max,
            Callback<Result<api::StatementView>> done);

 private:
  struct Shared;
  explicit StatementIndex(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  // Owned together with the chain's subscription and the tasks on the disk.
  std::shared_ptr<Shared> shared_;
};

}  // namespace oort::node
