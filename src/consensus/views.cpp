// SPDX-License-Identifier: Apache-2.0
#include "engine.hpp"
#include "oort/core/assert.hpp"

namespace oort::consensus {

// R0: a certificate of this view or a higher one ends this view.
void Core::Engine::enter(const CertificateRef& certificate) {
  OORT_ASSERT(certificate->view >= view_, "views are left upwards");
  // R4 comes first: once in the next view, the signer may not look back.
  if (certificate->kind == VoteKind::Notarize && certificate->view == view_ && !is_resuming_) {
    finalize_vote(*certificate);
  }
  view_ = certificate->view.next();
  opening_ = certificate;
  if (!is_resuming_) begin_view();
}

void Core::Engine::begin_view() {
  entered_at_ = now_;
  build_.reset();
  has_idled_ = false;
  cancel_timer(Timer::Idle);
  out_.emplace_back(ViewEntered{view_, schedule_.leader(view_),
                                opening_ ? std::optional(opening_->kind) : std::nullopt});
  arm_view_timers();
}

void Core::Engine::finalize_vote(const Certificate& notarization) {
  if (!can_sign()) return;
  if (!record_.finalize(set().epoch(), notarization.view, notarization.block)) return;
  gate(Ballot{VoteKind::Finalize, set().epoch(), notarization.view, notarization.block, {}});
}

// R3, for the current view.
void Core::Engine::nullify() {
  if (!can_sign()) return;
  const bool is_here = record_.epoch == set().epoch() && record_.view == view_;
  if (is_here && record_.nullified) return;
  const auto from = record_.nullify(set().epoch(), view_);
  if (from) gate(Ballot{VoteKind::Nullify, set().epoch(), view_, {}, *from});
}

// R8: each view beyond the second since the last final one waits half as long again.
Duration Core::Engine::backed_off(Duration base) const {
  const View since = is_mutant(Mutant::TimersResetOnNotarization) ? notarized_max_ : final_view();
  std::uint64_t steps = view_.value() - std::min(view_.value(), since.value() + 2);
  if (is_mutant(Mutant::NoTimerBackoff)) steps = 0;
  Duration wait = std::min(base, config_.timeout_max);
  while (steps > 0 && wait < config_.timeout_max) {
    wait = std::min(wait + wait / 2, config_.timeout_max);
    --steps;
  }
  return wait;
}

// Whether the leader said nothing for two rounds of turns while a quorum did.
bool Core::Engine::is_leader_silent() const {
  const std::uint64_t span = 2 * set().count();
  const ValidatorIndex leader = schedule_.leader(view_);
  const auto is_heard = [&](std::size_t i) {
    return self_ == ValidatorIndex(static_cast<std::uint16_t>(i)) ||
           last_heard_[i].value() + span >= view_.value();
  };
  if (is_heard(leader.value())) return false;
  std::uint64_t weight = 0;
  for (std::size_t i = 0; i < set().count(); ++i) {
    if (is_heard(i)) weight += set().validators()[i].weight;
  }
  return weight >= set().quorum();
}

void Core::Engine::arm_view_timers() {
  if (!can_sign()) {
    cancel_timer(Timer::Proposal);
    return cancel_timer(Timer::View);
  }
  const Duration proposal = 2 * config_.delta + config_.idle_max;
  const Duration view = 3 * config_.delta + config_.execution + config_.idle_max;
  set_timer(Timer::Proposal, is_leader_silent() ? now_ : now_ + backed_off(proposal));
  set_timer(Timer::View, now_ + backed_off(view));
}

void Core::Engine::set_timer(Timer timer, MonoTime at) {
  deadlines_[static_cast<std::size_t>(timer)] = at;
  out_.emplace_back(SetTimer{timer, at});
}

void Core::Engine::cancel_timer(Timer timer) {
  auto& deadline = deadlines_[static_cast<std::size_t>(timer)];
  if (!deadline) return;
  deadline.reset();
  out_.emplace_back(CancelTimer{timer});
}

void Core::Engine::finalized(const CertificateRef& certificate) {
  if (final_ && certificate->view <= final_->view) return;
  final_ = certificate;
  final_at_ = now_;
}

}  // namespace oort::consensus
