// SPDX-License-Identifier: Apache-2.0
// What callers ask of a chain.
#include "impl.hpp"
#include "oort/codec/codec.hpp"
#include "oort/consensus/core.hpp"
#include "oort/consensus/types.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/ledger/modules.hpp"
#include "oort/ledger/state.hpp"
#include "oort/ledger/state_tree.hpp"
#include "oort/ledger/transaction.hpp"

namespace oort::chain {
namespace {

constexpr std::size_t waiters_count_max = 262'144;

/// The first `records_max` records of the range that the trees know; the range is cut behind the
/// last of them.
Result<std::vector<ProvenRecord>> read_records(const ledger::StateReader& state, KeyRange& range,
                                               std::size_t records_max) {
  std::vector<ProvenRecord> records;
  std::size_t bytes = 0;
  state.scan({}, range.first, [&](ByteView key, ByteView value) {
    if (!range.contains(key)) return false;
    if (!ledger::is_authenticated(key)) return true;
    bytes += key.size() + value.size();
    records.push_back({to_bytes(key), to_bytes(value)});
    return records.size() < records_max && bytes <= proof_records_bytes_max;
  });
  if (bytes > proof_records_bytes_max) {
    return fail(ErrorCode::OutOfRange, reason::too_large,
                "the records of this range are too many for one proof");
  }
  if (records.size() == records_max) range.end = range_of_key(records.back().key).end;
  return records;
}

}  // namespace

void Chain::Impl::submit(ledger::Transaction transaction, Callback<Result<Commit>> done) {
  if (waiters_count_ >= waiters_count_max) {
    return done(fail(ErrorCode::ResourceExhausted, reason::queue_full, "too many wait already"));
  }
  around_.pool.post([self = shared_from_this(), transaction = std::move(transaction),
                     done = std::move(done)]() mutable {
    auto checked =
        check_transaction(self->root_.chain, self->around_.signatures, std::move(transaction));
    self->on_strand([checked = std::move(checked), done = std::move(done)](Impl& chain) mutable {
      if (!checked) return done(fail(std::move(checked).error()));
      chain.admit_own(*checked, std::move(done));
    });
  });
}

void Chain::Impl::admit_own(const TransactionRef& transaction, Callback<Result<Commit>> done) {
  auto known = read_commit(transaction->id);
  if (!known) return done(fail(std::move(known).error()));
  if (*known) return done(**known);
  if (!pool_.find(transaction->id)) {
    if (auto admitted = admit(transaction); !admitted) {
      return done(fail(std::move(admitted).error()));
    }
    spread(*transaction);
  }
  wait_for(*transaction, std::move(done));
  refresh_ready();
}

void Chain::Impl::wait_for(const CheckedTransaction& transaction, Callback<Result<Commit>> done) {
  const std::uint64_t number = ++waiter_ids_;
  const TransactionId id = transaction.id;
  const env::TimerId timer = around_.timers.after(
      options_.submit_deadline, guarded([id, number](Impl& self) { self.give_up(id, number); }));
  Waiting& waiting = waiting_[id];
  waiting.valid_until = transaction.transaction.valid_until;
  waiting.waiters.emplace(number, Waiter{std::move(done), timer});
  ++waiters_count_;
}

void Chain::Impl::give_up(const TransactionId& id, std::uint64_t waiter) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return;
  const auto place = found->second.waiters.find(waiter);
  if (place == found->second.waiters.end()) return;
  auto done = std::move(place->second.done);
  found->second.waiters.erase(place);
  if (found->second.waiters.empty()) waiting_.erase(found);
  --waiters_count_;
  done(fail(ErrorCode::Unavailable, reason::no_quorum,
            "not final in time; it may still be executed, and to submit it again is harmless"));
}

Result<std::optional<Commit>> Chain::Impl::read_commit(const TransactionId& id) const {
  const env::KvReader& store = around_.store;
  OORT_TRY(const auto place,
           records::read<records::Place>(store, records::transaction_place_key(id)));
  if (!place || place->height > execution_->tip().height) return std::optional<Commit>();
  OORT_TRY(auto outcome,
           records::read<records::Outcome>(store, records::outcome_key(place->height)));
  OORT_TRY(const consensus::BlockRef block, records::read_block(store, place->height));
  if (!outcome || place->index >= outcome->receipts.size()) {
    return fail(ErrorCode::DataLoss, reason::corrupt_data, "a receipt is missing");
  }
  return std::optional<Commit>(
      Commit{place->height, block->id, place->index, std::move(outcome->receipts[place->index])});
}

void Chain::Impl::find(const TransactionId& id, Callback<Result<Commit>> done) {
  auto commit = read_commit(id);
  if (!commit) return done(fail(std::move(commit).error()));
  if (*commit) return done(**commit);
  done(fail(ErrorCode::NotFound, reason::not_found, "no final block holds this transaction"));
}

SubscriptionId Chain::Impl::new_subscription() { return SubscriptionId(++subscription_ids_); }

void Chain::Impl::subscribe(SubscriptionId id, Height from, BlockHandler handler) {
  const Height first = from == Height(0) ? Height(1) : from;
  subscriptions_.emplace(id, Subscription{first, std::move(handler), false});
  catch_up(id);
}

void Chain::Impl::unsubscribe(SubscriptionId id) { subscriptions_.erase(id); }

void Chain::Impl::catch_up(SubscriptionId id) {
  const auto found = subscriptions_.find(id);
  if (found == subscriptions_.end()) return;
  Subscription& subscription = found->second;
  subscription.is_catching_up = subscription.next <= execution_->tip().height;
  if (!subscription.is_catching_up) return;
  auto block = read_final(subscription.next);
  if (!block) return fail_for_ever(block.error());
  subscription.next = subscription.next.next();
  subscription.handler(*block);
  // One block a task, so that a long way back does not hold up the votes.
  on_strand([id](Impl& self) { self.catch_up(id); });
}

Result<FinalBlockRef> Chain::Impl::read_final(Height height) const {
  OORT_TRY(const consensus::BlockRef block, records::read_block(around_.store, height));
  OORT_TRY(auto outcome,
           records::read<records::Outcome>(around_.store, records::outcome_key(height)));
  if (!outcome) return fail(ErrorCode::DataLoss, reason::corrupt_data, "receipts are missing");
  FinalBlock out{
      block->header, block->id, {}, std::move(outcome->receipts), std::move(outcome->events)};
  OORT_TRY(const auto parts, split_body(block->payload));
  for (const ByteView part : parts) {
    OORT_TRY(auto transaction, codec::from_bytes<ledger::Transaction>(part));
    CheckedTransaction checked{ledger::id_of(transaction), part.size(), std::move(transaction)};
    out.transactions.push_back(std::make_shared<const CheckedTransaction>(std::move(checked)));
  }
  return FinalBlockRef(std::make_shared<const FinalBlock>(std::move(out)));
}

Result<std::vector<Handover>> Chain::Impl::read_handovers(Epoch until) const {
  std::vector<Handover> handovers;
  std::size_t bytes = 0;
  for (Epoch epoch = root_.epoch(); epoch < until; epoch = epoch.next()) {
    OORT_TRY(const auto stored, execution_->tip_snapshot()->get(records::handover_key(epoch)));
    if (!stored) return fail(ErrorCode::DataLoss, reason::corrupt_data, "a handover is missing");
    bytes += stored->size();
    if (bytes > proof_handovers_bytes_max || handovers.size() == proof_handovers_count_max) {
      return fail(ErrorCode::ResourceExhausted, reason::too_large,
                  "more epochs have passed than one bundle can prove");
    }
    OORT_TRY(auto handover, codec::from_bytes<Handover>(*stored));
    handovers.push_back(std::move(handover));
  }
  return handovers;
}

void Chain::Impl::prove(KeyRange range, std::size_t records_max, ProofFor reader,
                        Callback<Result<ProofBundle>> done) {
  OORT_ASSERT(records_max > 0, "a proof of nothing proves nothing");
  if (!provable_) {
    return done(fail(ErrorCode::Unavailable, reason::not_ready,
                     "no block became final since the start; retry in a moment"));
  }
  if (range.first.size() > ledger::state_key_bytes_max) {
    return done(fail(ErrorCode::InvalidArgument, reason::bad_argument, "no key is so long"));
  }
  auto records = read_records(provable_->view->state(), range, records_max);
  if (!records) return done(fail(std::move(records).error()));
  auto proof = execution_->trees().prove_range(provable_->version, range.first, range.end);
  if (!proof) return done(fail(std::move(proof).error()));
  std::vector<Handover> handovers;
  if (reader == ProofFor::Anyone) {
    auto read = read_handovers(provable_->headers.headers.front().epoch);
    if (!read) return done(fail(std::move(read).error()));
    handovers = *std::move(read);
  }
  done(ProofBundle{root_.chain, provable_->headers, std::move(range), *std::move(records),
                   *std::move(proof), std::move(handovers)});
}

void Chain::Impl::head(Callback<Result<FinalHeaders>> done) {
  if (head_) return done(*head_);
  done(fail(ErrorCode::Unavailable, reason::not_ready, "nothing is certified here yet"));
}

Diagnosis Chain::Impl::diagnose() const {
  Diagnosis out;
  out.engine = core_->diagnose();
  const records::Tip& tip = execution_->tip();
  out.committed = tip.height;
  out.committed_block = tip.block;
  out.committed_time_ms = tip.time_ms;
  out.epoch = execution_->ruling().epoch();
  out.validators_count = validators().count();
  out.commits_waiting = finals_.size();
  out.blocks_in_memory = execution_->blocks_count();
  out.pool_count = pool_.count();
  out.pool_bytes = pool_.bytes();
  out.pool_ready = pool_.ready_count();
  out.submits_waiting = waiters_count_;
  out.is_syncing = syncing_from_.has_value();
  out.voting_refused = voting_refused_;
  const MonoTime now = around_.clock.now_mono();
  constexpr std::array<std::string_view, consensus::timers_count> names{
      "proposal", "view", "idle", "standstill", "fetch", "recovery"};
  for (std::size_t i = 0; i < timers_.size(); ++i) {
    if (timers_[i]) out.timers.push_back({std::string(names[i]), timers_[i]->at - now});
  }
  for (const auto& [node, peer] : peers_) {
    out.peers.push_back({node, peer.height, now - peer.heard});
    out.highest_claim = std::max(out.highest_claim, peer.height);
  }
  return out;
}

std::string to_text(const Diagnosis& diagnosis) {
  std::string text;
  const auto line = [&text](std::string_view name, const std::string& value) {
    text += std::string(name) + " " + value + "\n";
  };
  const auto number = [](auto value) { return std::to_string(value); };
  const consensus::Diagnosis& engine = diagnosis.engine;
  line("committed_height", number(diagnosis.committed.value()));
  line("committed_block", diagnosis.committed_block.hex());
  line("highest_claimed_height", number(diagnosis.highest_claim.value()));
  line("epoch", number(diagnosis.epoch.value()));
  line("validators", number(diagnosis.validators_count));
  line("view", number(engine.view.value()));
  line("final_view", number(engine.final_view.value()));
  line("leader", number(engine.leader.value()));
  line("votes", engine.is_voting ? "yes" : "no");
  if (!diagnosis.voting_refused.empty()) line("voting_refused", diagnosis.voting_refused);
  if (engine.is_recovering) line("recovering", "yes");
  line("weight_notarize", number(engine.weight_notarize) + " of " + number(engine.quorum));
  line("weight_nullify", number(engine.weight_nullify) + " of " + number(engine.quorum));
  for (std::size_t i = 0; i < engine.last_heard.size(); ++i) {
    line("validator_" + number(i) + "_last_heard_in_view", number(engine.last_heard[i].value()));
  }
  line("commits_waiting", number(diagnosis.commits_waiting));
  line("blocks_in_memory", number(diagnosis.blocks_in_memory));
  line("syncing", diagnosis.is_syncing ? "yes" : "no");
  line("pool_transactions", number(diagnosis.pool_count) + " in " + number(diagnosis.pool_bytes) +
                                " bytes, " + number(diagnosis.pool_ready) + " ready");
  line("submits_waiting", number(diagnosis.submits_waiting));
  for (const Diagnosis::Timer& timer : diagnosis.timers) {
    line("timer_" + timer.name + "_in_ms", number(timer.in.count() / 1'000'000));
  }
  for (const Diagnosis::Peer& peer : diagnosis.peers) {
    line("peer_" + peer.node.short_hex(), "height " + number(peer.height.value()) + ", heard " +
                                              number(peer.heard_ago.count() / 1'000'000) +
                                              " ms ago");
  }
  return text;
}

}  // namespace oort::chain
