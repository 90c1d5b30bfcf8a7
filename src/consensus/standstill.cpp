// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/transport.hpp"

namespace oort::consensus {
namespace {

/// Peers whose quotas are remembered; strangers come and go.
constexpr std::size_t quotas_count_max = 512;

}  // namespace

bool Quota::take(std::uint64_t bytes, std::uint64_t bytes_per_second, MonoTime now) {
  const std::int64_t elapsed =
      std::clamp<std::int64_t>((now - filled_at).count(), 0, Duration(1s).count());
  const Uint128 gained = Uint128{bytes_per_second} * static_cast<std::uint64_t>(elapsed) /
                         static_cast<std::uint64_t>(Duration(1s).count());
  level = is_fresh ? bytes_per_second
                   : std::min(level + static_cast<std::uint64_t>(gained), bytes_per_second);
  is_fresh = false;
  filled_at = now;
  if (level < bytes) return false;
  level -= bytes;
  return true;
}

// A number below `bound` that differs between nodes and times, so that not all speak at once
// (splitmix64; nothing depends on its quality).
Duration Core::Engine::jitter(Duration bound) {
  jitter_ += 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = jitter_;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
  mixed ^= mixed >> 31U;
  return Duration(static_cast<std::int64_t>(mixed % static_cast<std::uint64_t>(bound.count() + 1)));
}

void Core::Engine::arm_standstill() {
  const MonoTime due = final_at_ + config_.standstill;
  const MonoTime at = due > now_ ? due : now_ + config_.standstill;
  set_timer(Timer::Standstill, at + jitter(config_.standstill / 4));
}

// R7: without finality for a while, says again what others may have missed.
void Core::Engine::retransmit() {
  const bool is_still = now_ - final_at_ >= config_.standstill;
  if (is_still && !is_ended_ && !is_mutant(Mutant::NoRetransmission)) {
    if (can_sign()) {
      send_votes_again(view_);
      if (record_.epoch == set().epoch() && record_.view != view_) send_votes_again(record_.view);
      send_status(nullptr, 0);
    } else {
      ask_status();
    }
    if (final_) {
      send_again(nullptr, env::TrafficClass::Consensus, message::certificate,
                 shared_bytes(*final_));
    }
  }
  arm_standstill();
}

void Core::Engine::send_votes_again(View view) {
  const auto at = views_.find(view);
  if (at == views_.end()) return;
  ViewState& known = at->second;
  for (const VoteKind kind : {VoteKind::Notarize, VoteKind::Nullify, VoteKind::Finalize}) {
    const auto vote = known.votes(kind).find(context(), *self_);
    if (!vote) continue;
    send_again(nullptr, env::TrafficClass::Consensus, message::vote, shared_bytes(*vote));
  }
  // One's own proposal left when one's own vote for it did.
  const BlockRef& proposal = known.proposal;
  const auto own = known.notarize.find(context(), *self_);
  if (proposal && proposal->header.proposer == *self_ && own && own->ballot.block == proposal->id) {
    send_again(nullptr, env::TrafficClass::Proposal, message::proposal, proposal->message);
  }
}

// Bounded per peer: without that, answering the slow makes everyone slow.
void Core::Engine::send_again(const NodeId* to, env::TrafficClass traffic, env::MessageType type,
                              SharedBytes bytes) {
  if (to == nullptr) {
    if (!broadcast_quota_.take(bytes->size(), config_.retransmit_bytes_per_second, now_)) return;
    return broadcast(traffic, type, std::move(bytes));
  }
  if (quotas_.size() >= quotas_count_max) quotas_.clear();
  Quota& quota = quotas_[*to];
  if (!quota.take(bytes->size(), config_.retransmit_bytes_per_second, now_)) return;
  out_.emplace_back(Send{*to, traffic, type, std::move(bytes)});
}

void Core::Engine::send_status(const NodeId* to, std::uint64_t nonce) {
  Status status;
  status.epoch = set().epoch();
  status.view = view_;
  status.final_view = final_view();
  status.nonce = nonce;
  status.validator = *self_;
  if (opening_) status.opening = *opening_;
  auto signature = signer_->sign(signed_bytes(epoch_.chain, status));
  if (!signature) return refuse(signature.error().reason(), signature.error().detail());
  status.signature = *signature;
  send_again(to, env::TrafficClass::Consensus, message::status, shared_bytes(status));
}

void Core::Engine::on_status(const NodeId& from, ByteView bytes) {
  const auto status = codec::from_bytes<Status>(bytes);
  if (!status) return misbehaved(from, reason::malformed);
  if (status->epoch != set().epoch() || !set().has(status->validator)) return;
  if (node_of(status->validator) != from) return misbehaved(from, reason::peer_misbehaved);
  if (status->view > view_ && !learn(*status->opening, from)) return;
  if (recovery_) return recover_from(*status);
  if (status->view < view_ && opening_) {
    send_again(&from, env::TrafficClass::Consensus, message::certificate, shared_bytes(*opening_));
  }
  if (final_ && status->final_view < final_->view) {
    send_again(&from, env::TrafficClass::Consensus, message::certificate, shared_bytes(*final_));
  }
}

void Core::Engine::on_status_request(const NodeId& from, ByteView bytes) {
  const auto request = codec::from_bytes<StatusRequest>(bytes);
  if (!request) return misbehaved(from, reason::malformed);
  if (request->epoch != set().epoch()) return;
  // Who does not know its own past can not vouch for that of others.
  if (self_ && !recovery_ && !is_refused_) send_status(&from, request->nonce);
  if (final_) {
    send_again(&from, env::TrafficClass::Consensus, message::certificate, shared_bytes(*final_));
  }
}

void Core::Engine::ask_status() {
  const StatusRequest request{set().epoch(), recovery_ ? recovery_->nonce : 0};
  broadcast(env::TrafficClass::Consensus, message::status_request, shared_bytes(request));
  if (recovery_) set_timer(Timer::Recovery, now_ + 4 * config_.delta);
}

// 2.8: a voter of the last view in which this key may have signed left a certificate for the view
// before with more than a third of the correct weight; a quorum of *others* meets those. Answers
// are fresh by their nonce, and can not be inflated, since each brings its certificate.
void Core::Engine::recover_from(const Status& status) {
  if (status.nonce != recovery_->nonce) return;
  const Validator& validator = set()[status.validator];
  const Bytes bytes = signed_bytes(epoch_.chain, status);
  if (!verifier_.verify(validator.key, bytes, status.signature)) {
    return misbehaved(validator.node, reason::bad_signature);
  }
  // Its own key answers a question that it has just thought of.
  if (status.validator == *self_) return refuse_second_instance("an answer", status.view);
  if (status.opening && !check_certificate(context(), *status.opening, this)) {
    return misbehaved(validator.node, reason::bad_certificate);
  }
  recovery_->heard.insert(status.validator);
  recovery_->view_max = std::max({recovery_->view_max, status.view, view_});
  std::uint64_t weight = is_mutant(Mutant::CountOneselfInRecovery) ? set()[*self_].weight : 0;
  for (const ValidatorIndex heard : recovery_->heard) weight += set()[heard].weight;
  if (weight < set().quorum()) return;
  const std::uint64_t margin = is_mutant(Mutant::FloorTooLow) ? 0 : 2;
  record_ = SignerRecord::after_amnesia(set().epoch(), View(recovery_->view_max.value() + margin));
  recovery_.reset();
  knows_past_ = true;
  needs_sync_ = true;
  cancel_timer(Timer::Recovery);
  arm_view_timers();
}

}  // namespace oort::consensus
