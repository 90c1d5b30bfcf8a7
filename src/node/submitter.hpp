// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "ledger_view.hpp"
#include "oort/chain/chain.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/signer.hpp"
#include "oort/object/ports.hpp"

namespace oort::node {

/// Packs operations of many callers into transactions of the node's own account.
///
/// Operations go out at once while fewer than `in_flight_max` transactions are on their way, else
/// they gather; so a lone write waits for nobody, and a busy gateway signs once for 256.
///
/// Invariants
///   U1  Operations are ordered as they were submitted; an operation is in one transaction that can
///       still be executed, never in two.
///   U2  A transaction whose fate is unknown keeps its sequence and is sent again, the same bytes,
///       until it is final or has expired. Its callers are answered at their deadline.
///   U3  Every caller is answered exactly once, after the block of its last operation was delivered
///       by the feed.
/// Threads: `submit` from any; everything else on the room's strand.
class Submitter final : public object::LedgerSubmit {
 public:
  struct Parts {
    ChainId chain_id;
    chain::Chain& chain;
    BlockFeed& feed;
    const object::LedgerView& ledger;
    env::Signer& signer;
    env::Executor& strand;
    env::Timers& timers;
  };
  struct Options {
    std::size_t in_flight_max = 8;
    std::size_t waiting_operations_max = 16'384;
    /// Bodies of one transaction, so that it stays below the bound of its encoding.
    std::size_t transaction_bytes_max = 512 * 1024;
    Duration retry_after = 300ms;
  };

  Submitter(Parts parts, Options options);
  ~Submitter() override;
  Submitter(const Submitter&) = delete;
  Submitter& operator=(const Submitter&) = delete;

  void submit(std::vector<ledger::SubmittedOperation> operations, Duration deadline,
              Callback<Result<object::SubmitResult>> done) override;
  /// Answers every caller with CANCELLED and sends nothing more. On the strand.
  void stop();

 private:
  class Impl;
  // Shared with the callbacks and tasks on their way.
  std::shared_ptr<Impl> impl_;
};

}  // namespace oort::node
