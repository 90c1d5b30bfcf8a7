// SPDX-License-Identifier: Apache-2.0
// Spreads transactions: at once to every validator, and again by id while they wait.
#include <algorithm>

#include "impl.hpp"
#include "oort/codec/codec.hpp"
#include "oort/consensus/validator_set.hpp"
#include "oort/core/metrics.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/transport.hpp"
#include "oort/ledger/machine.hpp"
#include "oort/ledger/rejection.hpp"
#include "oort/ledger/state.hpp"
#include "oort/ledger/transaction.hpp"

namespace oort::chain {
namespace {

/// Transactions of peers whose signatures are being checked; more are dropped, their senders
/// announce them again.
constexpr std::size_t checking_bytes_max = 16 * limits::mib;
/// Larger ones are announced and fetched by whoever lacks them.
constexpr std::size_t push_bytes_max = 128 * limits::kib;
constexpr std::size_t announced_count_max = 256;

}  // namespace

void Chain::Impl::listen_gossip() {
  around_.transport.on_message(
      env::message_range::chain,
      [weak = weak_from_this()](NodeId from, env::MessageType type, Bytes payload) {
        const auto self = weak.lock();
        if (!self) return;
        self->on_strand([from, type, payload = std::move(payload)](Impl& chain) mutable {
          switch (type) {
            case wire::transaction: {
              return chain.check_later(std::move(payload),
                                       [](Impl& impl, const Result<TransactionRef>& checked) {
                                         impl.admit_from_peer(checked);
                                       });
            }
            case wire::have: return chain.on_have(from, payload);
            case wire::want: return chain.on_want(from, payload);
            case wire::status: return chain.on_status(from, payload);
            default: return;
          }
        });
      });
}

void Chain::Impl::check_later(Bytes bytes, OnChecked done) {
  const std::size_t size = bytes.size();
  if (size > limits::transaction_bytes_max || checking_bytes_ + size > checking_bytes_max) {
    metrics::counter("oort_chain_gossip_dropped_total", "Transactions dropped before their check")
        .add();
    return done(*this, fail(ErrorCode::ResourceExhausted, reason::rate_limited,
                            "too many transactions wait for their check"));
  }
  checking_bytes_ += size;
  around_.pool.post([self = shared_from_this(), bytes = std::move(bytes), size,
                     done = std::move(done)]() mutable {
    Result<TransactionRef> checked = [&]() -> Result<TransactionRef> {
      OORT_TRY(auto transaction, codec::from_bytes<ledger::Transaction>(bytes));
      return check_transaction(self->root_.chain, self->around_.signatures, std::move(transaction));
    }();
    self->on_strand(
        [checked = std::move(checked), size, done = std::move(done)](Impl& chain) mutable {
          chain.checking_bytes_ -= size;
          done(chain, std::move(checked));
        });
  });
}

void Chain::Impl::admit_from_peer(const Result<TransactionRef>& transaction) {
  if (transaction && admit(*transaction)) refresh_ready();
}

Result<void> Chain::Impl::admit(const TransactionRef& transaction) {
  const ledger::Transaction& body = transaction->transaction;
  const ledger::StateReader& state = execution_->tip_state();
  const std::uint64_t next = next_after(state)(body.sender, body.lane);
  const Height height = execution_->tip().height.next();
  const ledger::Rejection rejection = ledger::check_state(state, height, body);
  if (rejection == ledger::Rejection::Expired) return fail(expired_error());
  const bool is_ahead = rejection == ledger::Rejection::WrongSequence && body.sequence > next;
  if (rejection != ledger::Rejection::None && !is_ahead) {
    return fail(ledger::error_of(rejection));
  }
  return pool_.add(transaction, next);
}

void Chain::Impl::spread(const CheckedTransaction& transaction) {
  const bool is_pushed = transaction.bytes <= push_bytes_max;
  const Bytes bytes = is_pushed ? codec::to_bytes(transaction.transaction)
                                : codec::to_bytes(wire::Ids{{transaction.id}});
  for (const consensus::Validator& validator : validators().validators()) {
    if (validator.node == around_.transport.self()) continue;
    send(validator.node, env::TrafficClass::Gossip, is_pushed ? wire::transaction : wire::have,
         bytes);
  }
}

void Chain::Impl::on_have(const NodeId& from, ByteView bytes) {
  const auto have = codec::from_bytes<wire::Ids>(bytes);
  if (!have) return;
  wire::Ids want;
  for (const TransactionId& id : have->ids) {
    if (!pool_.find(id)) want.ids.push_back(id);
  }
  if (want.ids.empty()) return;
  send(from, env::TrafficClass::Gossip, wire::want, codec::to_bytes(want));
}

void Chain::Impl::on_want(const NodeId& from, ByteView bytes) {
  const auto want = codec::from_bytes<wire::Ids>(bytes);
  if (!want) return;
  for (const TransactionId& id : want->ids) {
    const TransactionRef transaction = pool_.find(id);
    if (!transaction) continue;
    send(from, env::TrafficClass::Gossip, wire::transaction,
         codec::to_bytes(transaction->transaction));
  }
}

void Chain::Impl::announce() {
  // What still waits after a whole interval was perhaps lost on its way to the others.
  const std::vector<TransactionId> oldest = pool_.oldest(announced_count_max);
  wire::Ids again;
  for (const TransactionId& id : oldest) {
    if (announced_.contains(id)) again.ids.push_back(id);
  }
  announced_ = {oldest.begin(), oldest.end()};
  if (again.ids.empty()) return;
  const Bytes bytes = codec::to_bytes(again);
  for (const consensus::Validator& validator : validators().validators()) {
    if (validator.node == around_.transport.self()) continue;
    send(validator.node, env::TrafficClass::Gossip, wire::have, bytes);
  }
}

}  // namespace oort::chain
