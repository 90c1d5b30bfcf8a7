// SPDX-License-Identifier: Apache-2.0
// Goes from one epoch to the next. The last block of an epoch is final and durable before anything
// of the next one is said: the old engine has ended by then, and a new one begins on that block.
#include <algorithm>
#include <utility>

#include "impl.hpp"
#include "oort/codec/codec.hpp"
#include "oort/consensus/core.hpp"
#include "oort/consensus/types.hpp"
#include "oort/consensus/validator_set.hpp"
#include "oort/core/log.hpp"
#include "oort/core/metrics.hpp"
#include "oort/env/signer.hpp"
#include "oort/env/transport.hpp"

namespace oort::chain {
namespace {

constexpr std::string_view room = "chain";
/// Messages of the next epoch that wait until it begins here; what is dropped is sent again.
constexpr std::size_t early_count_max = 1024;
constexpr std::size_t early_per_peer_max = 32;
constexpr std::size_t early_bytes_max = 16 * limits::mib;

}  // namespace

void Chain::Impl::make_engine() {
  const TrustRoot& ruling = execution_->ruling();
  // A key that must not sign in this process must not in a later epoch either.
  env::Signer* const signer = voting_refused_.empty() ? around_.signer : nullptr;
  core_ = std::make_unique<consensus::Core>(
      options_.consensus,
      consensus::EpochStart{root_.chain, ruling.anchor, ruling.height, ruling.time_ms, ruling.seed,
                            ruling.validators},
      around_.votes, signer);
  votes_ = signer != nullptr && is_validator(around_.transport.self());
}

void Chain::Impl::cancel_engine_timers() {
  for (auto& armed : timers_) {
    if (armed) around_.timers.cancel(armed->id);
    armed.reset();
  }
}

Result<void> Chain::Impl::note_handover() {
  ended_by_.reset();
  const Epoch epoch = execution_->ruling().epoch();
  if (epoch == root_.epoch()) return {};
  const Bytes key = records::handover_key(Epoch(epoch.value() - 1));
  OORT_TRY(const auto handover, records::read<Handover>(*execution_->tip_snapshot(), key));
  if (!handover) return {};
  auto certificate = std::make_shared<const Bytes>(codec::to_bytes(handover->certificate));
  note_certificate(*certificate);
  // With blocks behind the last one of the epoch it would name a block that nobody keeps.
  if (handover->headers.size() == 1) ended_by_ = std::move(certificate);
  return {};
}

void Chain::Impl::switch_epoch() {
  is_switching_ = false;
  consensus::Start start;
  // The record goes with the key; where its past is unknown the next engine asks the others too.
  if (core_->knows_past()) start.recovered.record = core_->record();
  start.nonce = fresh_number(around_.random);
  cancel_engine_timers();
  checked_.clear();
  certified_beyond_.reset();
  said_ready_ = false;
  log_token_base_ = log_token_;
  if (const auto noted = note_handover(); !noted) return fail_for_ever(noted.error());
  const bool did_vote = votes_;
  make_engine();
  const consensus::ValidatorSet& set = validators();
  metrics::counter("oort_chain_epochs_total", "Epochs that began on this node").add();
  log::info(room, "an epoch begins",
            {{"epoch", set.epoch().value()},
             {"validators", set.count()},
             {"votes", votes_},
             {"block", execution_->tip().block.short_hex()}});
  if (did_vote && !votes_) {
    log::warn(room, "this node votes no more; `oortd stake pool` shows the state of its pool",
              {{"epoch", set.epoch().value()}});
  }
  step(std::move(start));
  replay_early();
  refresh_ready();
  if (barrier_) ask_barriers();
  sync_if_behind();
}

void Chain::Impl::on_consensus(const NodeId& from, env::MessageType type,
                               consensus::SharedBytes bytes) {
  const auto epoch = consensus::epoch_of(type, *bytes);
  const Epoch ruling = execution_->ruling().epoch();
  if (epoch && *epoch < ruling) {
    // Certificates are what is answered with: two nodes would send them to and fro for ever.
    if (type != consensus::message::certificate) answer_straggler(from);
    return;
  }
  if (epoch && *epoch > ruling) {
    if (*epoch == ruling.next()) keep_early(from, type, std::move(bytes));
    return;
  }
  step(consensus::MessageReceived{from, type, std::move(bytes)});
}

void Chain::Impl::keep_early(const NodeId& from, env::MessageType type,
                             consensus::SharedBytes bytes) {
  const auto is_theirs = [&from](const Early& early) { return early.from == from; };
  const bool is_full =
      early_.size() >= early_count_max || early_bytes_ + bytes->size() > early_bytes_max ||
      std::ranges::count_if(early_, is_theirs) >= static_cast<std::ptrdiff_t>(early_per_peer_max);
  if (is_full) return;
  early_bytes_ += bytes->size();
  early_.push_back({from, type, std::move(bytes)});
}

void Chain::Impl::replay_early() {
  early_bytes_ = 0;
  for (Early& early : std::exchange(early_, {})) {
    on_consensus(early.from, early.type, std::move(early.bytes));
  }
}

void Chain::Impl::answer_straggler(const NodeId& from) {
  if (!ended_by_ || !stragglers_told_.insert(from).second) return;
  send(from, env::TrafficClass::Consensus, consensus::message::certificate, *ended_by_);
}

}  // namespace oort::chain
