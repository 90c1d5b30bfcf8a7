// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "oort/api/ports.hpp"
#include "oort/chain/certified.hpp"
#include "oort/codec/codec.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/transaction.hpp"

/// What the chain's answers look like at the gRPC door, for whole nodes and light ones.
namespace oort::node {

/// A transaction that was refused as a whole has no effect and no operation receipts: an error to
/// whoever waited for it. `transaction`, where it is known, names the operations.
[[nodiscard]] Result<api::TransactionOutcome> accepted(const chain::Commit& commit,
                                                       const ledger::Transaction* transaction);

[[nodiscard]] api::BlockView block_view(const consensus::Header& header,
                                        std::vector<TransactionId> transactions);
[[nodiscard]] Error no_block(Height height, Height newest);

[[nodiscard]] api::PeerView peer_view(const ledger::Node& node, bool is_connected);

/// Submits to a Chain or a LightNode, which answer alike.
template <class Ledger>
void submit_to(Ledger& ledger, ByteView bytes, bool waits, Callback<Result<api::Submitted>> done) {
  auto transaction = codec::from_bytes<ledger::Transaction>(bytes);
  if (!transaction) {
    done(fail(std::move(transaction).error().with("the transaction")));
    return;
  }
  api::Submitted submitted;
  submitted.id = ledger::id_of(*transaction);
  if (!waits) {
    ledger.submit(*std::move(transaction), [](const Result<chain::Commit>&) {});
    done(submitted);
    return;
  }
  auto kept = std::make_shared<const ledger::Transaction>(*transaction);
  ledger.submit(*std::move(transaction),
                [submitted, kept, done = std::move(done)](Result<chain::Commit> commit) mutable {
                  if (!commit) {
                    done(fail(std::move(commit).error()));
                    return;
                  }
                  auto outcome = accepted(*commit, kept.get());
                  if (!outcome) {
                    done(fail(std::move(outcome).error()));
                    return;
                  }
                  submitted.outcome = *std::move(outcome);
                  done(std::move(submitted));
                });
}

}  // namespace oort::node
