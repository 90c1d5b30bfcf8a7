// SPDX-License-Identifier: Apache-2.0
// Brings transactions forward: into the pools of several super nodes, again while nothing is heard,
// and believes an outcome only with its certificate.
#include "light_impl.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/executor.hpp"
#include "oort/ledger/keys.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/rejection.hpp"
#include "oort/ledger/transaction.hpp"

namespace oort::chain {
namespace {

constexpr std::size_t waiters_count_max = 4096;
/// Without a new head the outcome is asked for this often.
constexpr Duration ask_interval = 500ms;

/// Whether the peer judged the transaction, rather than being unable to take it now.
bool is_refusal(const Error& error) {
  switch (error.code()) {
    case ErrorCode::InvalidArgument:
    case ErrorCode::AlreadyExists:
    case ErrorCode::Unauthenticated:
    case ErrorCode::FailedPrecondition:
    case ErrorCode::Aborted: return true;
    case ErrorCode::NotFound:
    case ErrorCode::PermissionDenied:
    case ErrorCode::OutOfRange:
    case ErrorCode::ResourceExhausted:
    case ErrorCode::Unavailable:
    case ErrorCode::DeadlineExceeded:
    case ErrorCode::DataLoss:
    case ErrorCode::Unimplemented:
    case ErrorCode::Cancelled:
    case ErrorCode::Internal: return false;
  }
  return false;
}

}  // namespace

void LightNode::Impl::submit(ledger::Transaction transaction, Callback<Result<Commit>> done) {
  if (waiters_count_ == waiters_count_max) {
    return done(fail(ErrorCode::ResourceExhausted, reason::queue_full, "too many wait already"));
  }
  auto checked = check_transaction(root().chain, around_.signatures, std::move(transaction));
  if (!checked) return done(fail(std::move(checked).error()));
  take_on(*checked, std::move(done));
}

void LightNode::Impl::take_on(const TransactionRef& transaction, Callback<Result<Commit>> done) {
  const TransactionId id = transaction->id;
  const auto [place, is_first] = pending_.try_emplace(id, validators());
  if (is_first) {
    place->second.transaction = transaction;
    place->second.bytes = codec::to_bytes(transaction->transaction);
  }
  const std::uint64_t number = ++numbers_;
  const env::TimerId timer = around_.timers.after(
      options_.submit_deadline, guarded([id, number](Impl& self) { self.give_up(id, number); }));
  place->second.waiters.emplace(number, Waiter{std::move(done), timer});
  ++waiters_count_;
  if (is_first) {
    place->second.pushed_at = place->second.asked_at = around_.clock.now_mono();
    push(id);
  }
  hurry();
}

void LightNode::Impl::give_up(const TransactionId& id, std::uint64_t waiter) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  const auto place = found->second.waiters.find(waiter);
  if (place == found->second.waiters.end()) return;
  auto done = std::move(place->second.done);
  found->second.waiters.erase(place);
  if (found->second.waiters.empty()) pending_.erase(found);
  --waiters_count_;
  done(fail(ErrorCode::Unavailable, reason::no_quorum,
            "no outcome was proven in time; it may still be executed, and to submit it again is "
            "harmless"));
}

void LightNode::Impl::push(const TransactionId& id) {
  Pending& pending = pending_.at(id);
  for (const NodeId& peer : peers_by_trust()) {
    if (pending.takers_count + pending.on_way_count >= options_.takers_count) return;
    if (!pending.tried.insert(peer).second) continue;
    ++pending.on_way_count;
    ask(peer, wire::submit, pending.bytes, [id, peer](Impl& self, const Result<Bytes>& reply) {
      if (self.pending_.contains(id)) self.on_pushed(id, peer, reply);
    });
  }
}

void LightNode::Impl::on_pushed(const TransactionId& id, const NodeId& peer,
                                const Result<Bytes>& reply) {
  Pending& pending = pending_.at(id);
  if (pending.on_way_count > 0) --pending.on_way_count;
  if (reply) {
    ++pending.takers_count;
    return;
  }
  if (is_refusal(reply.error())) {
    pending.refused.add(peer);
    if (pending.refused.has_correct()) return resolve(id, fail(reply.error()));
  }
  push(id);
}

void LightNode::Impl::drive(const TransactionId& id) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  Pending& pending = found->second;
  const MonoTime now = around_.clock.now_mono();
  if (now - pending.pushed_at >= options_.push_interval) {
    // Its takers may have died with their pools; who has it already says so and does nothing.
    pending.pushed_at = now;
    pending.tried.clear();
    pending.takers_count = 0;
    pending.on_way_count = 0;
    push(id);
  }
  const bool is_due = head_.height > pending.asked_height || now - pending.asked_at >= ask_interval;
  if (pending.is_asking || !is_due) return;
  pending.asked_at = now;
  pending.asked_height = head_.height;
  if (pending.asked.size() >= peers_.size()) pending.asked.clear();
  ask_outcome(id);
}

void LightNode::Impl::ask_outcome(const TransactionId& id) {
  Pending& pending = pending_.at(id);
  for (const NodeId& peer : peers_by_trust()) {
    if (!pending.asked.insert(peer).second) continue;
    pending.is_asking = true;
    ask(peer, wire::outcome, codec::to_bytes(id),
        [id, peer](Impl& self, const Result<Bytes>& reply) {
          if (self.pending_.contains(id)) self.on_outcome(id, peer, reply);
        });
    return;
  }
}

void LightNode::Impl::on_outcome(const TransactionId& id, const NodeId& peer,
                                 const Result<Bytes>& reply) {
  Pending& pending = pending_.at(id);
  pending.is_asking = false;
  if (!reply) {
    const bool is_absent = reply.error().code() == ErrorCode::NotFound;
    if (is_absent) check_expiry(id);
    // Who says that there is nothing is asked again with the next head; another one is asked now
    // in the place of who could not say.
    if (!is_absent && reply.error().reason() != reason::not_ready) ask_outcome(id);
    return;
  }
  const auto commit = read_outcome(id, *reply);
  if (!commit) {
    caught_lying(peer, commit.error());
    return ask_outcome(id);
  }
  if (commit->receipt.rejection != ledger::Rejection::None) {
    // True, and perhaps of a later block than the one where it took effect.
    pending.rejected.add(peer);
    if (!pending.rejected.has_correct()) return ask_outcome(id);
  }
  resolve(id, *commit);
}

void LightNode::Impl::check_expiry(const TransactionId& id) {
  Pending& pending = pending_.at(id);
  const ledger::Transaction& transaction = pending.transaction->transaction;
  if (head_.height <= transaction.valid_until || pending.is_expiry_checked) return;
  pending.is_expiry_checked = true;
  fetch_proof(
      ledger::keys::account(transaction.sender), transaction.valid_until.next(), wire::prove,
      [this, id](const Result<Proven>& proven) {
        const auto found = pending_.find(id);
        if (found == pending_.end()) return;
        found->second.is_expiry_checked = proven.has_value();
        if (!proven) return;
        const ledger::Transaction& late = found->second.transaction->transaction;
        ledger::Account account;
        if (const Bytes* value = proven->value()) {
          const auto record = codec::from_bytes<ledger::Account>(*value);
          if (!record) return;
          account = *record;
        }
        // A lane that did not pass its number shows that it never took effect, nor ever will.
        if (ledger::next_sequence_of(account, late.lane) > late.sequence) return;
        resolve(id, fail(ErrorCode::Aborted, reason::expired,
                         "no block up to the transaction's last height held it; nothing happened"));
      });
}

void LightNode::Impl::resolve(const TransactionId& id, const Result<Commit>& outcome) {
  const auto found = pending_.find(id);
  Pending ended = std::move(found->second);
  pending_.erase(found);
  waiters_count_ -= ended.waiters.size();
  for (const auto& [number, waiter] : ended.waiters) around_.timers.cancel(waiter.timer);
  for (auto& [number, waiter] : ended.waiters) waiter.done(outcome);
}

}  // namespace oort::chain
