// SPDX-License-Identifier: Apache-2.0
#include "engine.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/transport.hpp"

namespace oort::consensus {
namespace {

/// Offences remembered, so that evidence is passed on once.
constexpr std::size_t reported_count_max = 4096;

}  // namespace

View Core::Engine::final_view() const noexcept {
  return final_ ? std::max(final_->view, root_.view) : root_.view;
}

ViewState& Core::Engine::state(View view) { return views_.try_emplace(view, view).first->second; }

const ViewState* Core::Engine::find_state(View view) const {
  const auto at = views_.find(view);
  return at == views_.end() ? nullptr : &at->second;
}

const NodeId& Core::Engine::node_of(ValidatorIndex validator) const {
  return set()[validator].node;
}

bool Core::Engine::is_verified(const Ballot& ballot, const CertifiedVote& vote) const {
  const auto at = views_.find(ballot.view);
  if (at == views_.end()) return false;
  const ViewState& known = at->second;
  switch (ballot.kind) {
    case VoteKind::Notarize: return known.notarize.is_verified(ballot, vote);
    case VoteKind::Nullify: return known.nullify.is_verified(ballot, vote);
    case VoteKind::Finalize: return known.finalize.is_verified(ballot, vote);
  }
  return false;
}

// Below, votes only matter as evidence; above, a liar could fill the memory.
bool Core::Engine::is_admitted(View view) const noexcept {
  return view.value() + config_.views_kept > root_.view.value() &&
         view.value() <= view_.value() + config_.views_ahead;
}

void Core::Engine::on_vote(const NodeId& from, ByteView bytes) {
  const auto vote = codec::from_bytes<Vote>(bytes);
  if (!vote) return misbehaved(from, reason::malformed);
  if (vote->ballot.epoch != set().epoch() || !set().has(vote->validator)) return;
  // Votes come from their voter alone, so a forged one can not take a voter's slot.
  if (node_of(vote->validator) != from) return misbehaved(from, reason::peer_misbehaved);
  if (vote->validator == self_) {
    // One's own votes are counted when they are cast, and only those are ever sent again.
    if (check_vote(context(), *vote)) look_for_second_instance(*vote);
    return;
  }
  if (!is_admitted(vote->ballot.view)) return;
  count(*vote, false);
  // A leader that gives its own view up will not propose in it.
  const bool gives_up = vote->ballot.kind == VoteKind::Nullify && vote->ballot.view == view_ &&
                        vote->validator == schedule_.leader(view_);
  if (gives_up && is_counted_valid(*vote)) nullify();
}

void Core::Engine::count(const Vote& vote, bool is_verified) {
  if (tally(vote, is_verified)) form(vote);
}

// Puts the vote into its slot and looks whether it proves anything. Whether it was new.
bool Core::Engine::tally(const Vote& vote, bool is_verified) {
  VoteSet& votes = state(vote.ballot.view).votes(vote.ballot.kind);
  const auto added = votes.add(context(), vote, is_verified);
  if (is_verified) look_for_second_instance(vote);
  if (added == VoteSet::Added::Same) return is_mutant(Mutant::VoteTwiceInWeight);
  if (added == VoteSet::Added::Different) {
    const auto first = votes.find(context(), vote.validator);
    OORT_ASSERT(first.has_value(), "a different vote differs from one that is counted");
    count_different(*first, vote);
    return false;
  }
  look_for_guilt(vote);
  look_for_unjustified(vote);
  return true;
}

void Core::Engine::count_different(const Vote& first, const Vote& second) {
  if (!check_vote(context(), second)) {
    return misbehaved(node_of(second.validator), reason::bad_signature);
  }
  if (!is_counted_valid(first)) return count(second, true);
  if (const auto evidence = contradiction(first, second)) report(*evidence);
}

// Whether the counted vote's signature is valid; a bad one loses its slot.
bool Core::Engine::is_counted_valid(const Vote& vote) {
  VoteSet& votes = state(vote.ballot.view).votes(vote.ballot.kind);
  const CertifiedVote certified{vote.validator, vote.ballot.from, vote.signature};
  if (votes.is_verified(vote.ballot, certified)) return true;
  const auto counted = votes.find(context(), vote.validator);
  if (!counted || *counted != vote) return false;
  if (check_vote(context(), vote)) {
    votes.mark_verified(vote.validator);
    return true;
  }
  votes.drop(context(), vote.validator);
  misbehaved(node_of(vote.validator), reason::bad_signature);
  return false;
}

// Contradictions with the voter's counted votes of other kinds.
void Core::Engine::look_for_guilt(const Vote& vote) {
  const View in = vote.ballot.view;
  std::vector<Evidence> found;
  const auto compare = [&](const VoteSet& others) {
    const auto other = others.find(context(), vote.validator);
    if (!other) return;
    if (auto evidence = contradiction(vote, *other)) found.push_back(std::move(*evidence));
  };
  switch (vote.ballot.kind) {
    case VoteKind::Notarize: compare(state(in).finalize); break;
    case VoteKind::Finalize:
      compare(state(in).notarize);
      for (auto at = views_.find(in); at != views_.end(); ++at) compare(at->second.nullify);
      break;
    case VoteKind::Nullify:
      for (auto at = views_.lower_bound(vote.ballot.from); at != views_.end(); ++at) {
        if (at->first > in) break;
        compare(at->second.finalize);
      }
      break;
  }
  for (const Evidence& evidence : found) {
    const bool is_first_valid = is_counted_valid(evidence.votes[0]);
    if (is_counted_valid(evidence.votes[1]) && is_first_valid) report(evidence);
  }
}

void Core::Engine::look_for_unjustified(const Vote& vote) {
  const BlockRef block = state(vote.ballot.view).unjustified;
  if (!block || vote.ballot.block != block->id || !is_counted_valid(vote)) return;
  report({EvidenceKind::UnjustifiedVote,
          {vote},
          {SignedHeader{block->header, {}}},
          block->justification});
}

// A valid vote of this key that this engine did not make: somebody else runs with the key.
void Core::Engine::look_for_second_instance(const Vote& vote) {
  if (vote.validator != self_ || recovery_ || is_resuming_) return;
  const Ballot& ballot = vote.ballot;
  const bool is_below = record_.epoch == ballot.epoch && ballot.view < record_.view;
  bool is_known = is_below;
  if (record_.epoch == ballot.epoch && ballot.view == record_.view) {
    switch (ballot.kind) {
      case VoteKind::Notarize: is_known = record_.notarized == ballot.block; break;
      case VoteKind::Nullify: is_known = record_.nullified; break;
      case VoteKind::Finalize: is_known = record_.finalized; break;
    }
  }
  if (!is_known) refuse_second_instance("a vote", ballot.view);
}

void Core::Engine::refuse_second_instance(std::string_view what, View in) {
  if (!config_.refuses_second_instance) return;
  refuse(reason::already_running,
         std::string(what) + " of this key was seen that this node did not make, in view " +
             std::to_string(in.value()) + "; stop the other instance");
}

void Core::Engine::report(const Evidence& evidence) {
  const auto offence = check_evidence(context(), evidence);
  if (!offence || !reported_.insert(*offence).second) return;
  if (reported_.size() > reported_count_max) reported_ = {*offence};
  broadcast(env::TrafficClass::Gossip, message::evidence, shared_bytes(evidence));
  out_.emplace_back(EvidenceFound{evidence, *offence});
}

void Core::Engine::on_evidence(const NodeId& from, ByteView bytes) {
  const auto evidence = codec::from_bytes<Evidence>(bytes);
  if (!evidence) return misbehaved(from, reason::malformed);
  if (!check_evidence(context(), *evidence)) return misbehaved(from, reason::bad_proof);
  report(*evidence);
}

void Core::Engine::on_certificate(const NodeId& from, ByteView bytes) {
  if (is_of_no_use(bytes)) return;
  const auto certificate = codec::from_bytes<Certificate>(bytes);
  if (!certificate) return misbehaved(from, reason::malformed);
  learn(*certificate, from);
}

// Everyone forwards every certificate, so most are known: the first bytes tell. One that
// contradicts a known one is of use: it names who signed both.
bool Core::Engine::is_of_no_use(ByteView certificate) {
  codec::Reader peek(certificate);
  const auto kind = peek.u8();
  const auto epoch = peek.u64();
  const auto view = peek.u64();
  if (!kind || !epoch || !view || *kind < 1 || *kind > 3) return false;
  if (*epoch != set().epoch().value()) return true;
  const View in(*view);
  const auto of = static_cast<VoteKind>(*kind);
  // Below what is final only another finality matters.
  if (in < root_.view && (of != VoteKind::Finalize || !is_admitted(in))) return true;
  const auto at = views_.find(in);
  const CertificateRef held = at == views_.end() ? nullptr : at->second.certificate(of);
  if (!held) return false;
  if (of == VoteKind::Nullify) return true;
  const auto block = peek.raw(BlockId::size_bytes);
  return block && BlockId::from(*block) == held->block;
}

bool Core::Engine::learn(const Certificate& certificate, const NodeId& from) {
  if (!check_certificate(context(), certificate, this)) {
    misbehaved(from, reason::bad_certificate);
    return false;
  }
  store(std::make_shared<const Certificate>(certificate), false);
  return true;
}

// Makes a certificate when the latest vote completed a quorum that is of use.
void Core::Engine::form(const Vote& latest) {
  const Ballot& ballot = latest.ballot;
  ViewState& known = state(ballot.view);
  const CertificateRef& existing = known.certificate(ballot.kind);
  // A NULLIFY that claims more may widen the certificate; otherwise one is enough.
  const bool widens = existing && ballot.kind == VoteKind::Nullify && ballot.from < existing->from;
  if ((existing && !widens) || ballot.view <= final_view()) return;
  VoteSet& votes = known.votes(ballot.kind);
  if (votes.weight(ballot.block) < set().quorum()) return;
  for (const ValidatorIndex liar : votes.verify(context(), ballot.block)) {
    misbehaved(node_of(liar), reason::bad_signature);
  }
  if (votes.weight(ballot.block) < set().quorum()) return;
  store(std::make_shared<const Certificate>(votes.certify(context(), ballot.block)), true);
}

// Takes a certificate that verified. R5: keep it, pass it on, act on it.
void Core::Engine::store(const CertificateRef& certificate, bool is_own) {
  CertificateRef& known = state(certificate->view).certificate(certificate->kind);
  if (known && known->block == certificate->block && known->from <= certificate->from) return;
  const bool is_first = !known;
  const bool contradicts = known && known->block != certificate->block;
  if (!contradicts) known = certificate;
  if (!is_own) {
    for (const CertifiedVote& vote : certificate->votes) {
      tally({certificate->ballot_of(vote), vote.validator, vote.signature}, true);
    }
  }
  if (contradicts) {
    if (certificate->kind == VoteKind::Finalize) {
      halt("two blocks are final in view " + std::to_string(certificate->view.value()) +
           ": a third of the weight broke the protocol");
    }
    return;
  }
  const SharedBytes bytes = is_resuming_ ? nullptr : shared_bytes(*certificate);
  keep(RecordKind::Certificate, bytes);
  if (!is_first) return;
  const bool opens = certificate->view >= view_;
  if ((is_own || opens) && !is_mutant(Mutant::NoCertificateForward)) {
    broadcast(env::TrafficClass::Consensus, message::certificate, bytes);
  }
  if (certificate->kind == VoteKind::Notarize) {
    notarized_max_ = std::max(notarized_max_, certificate->view);
    if (!is_resuming_) out_.emplace_back(Notarized{certificate->view, certificate->block});
  }
  if (certificate->kind == VoteKind::Finalize) finalized(certificate);
  if (opens) enter(certificate);
}

}  // namespace oort::consensus
