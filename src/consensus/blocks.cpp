// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine.hpp"
#include "oort/consensus/accountability.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"

namespace oort::consensus {

void Core::Engine::receive_block(const NodeId& from, const SharedBytes& bytes, bool is_fetched) {
  auto decoded = decode_proposal(bytes);
  if (!decoded) return misbehaved(from, reason::malformed);
  const BlockRef& block = *decoded;
  const Header& header = block->header;
  if (header.view <= root_.view || blocks_.contains(block->id)) return;
  if (!has_sound_form(*block)) return misbehaved(from, reason::peer_misbehaved);
  // Proposals come from their proposer alone, so nobody can be first with another payload.
  if (!is_fetched && node_of(header.proposer) != from) {
    return misbehaved(from, reason::peer_misbehaved);
  }
  if (!check_proposer(context(), block->id, header.proposer, block->signature)) {
    return misbehaved(from, reason::bad_signature);
  }
  const ViewState* known = find_state(header.view);
  if (known != nullptr && known->proposal && known->proposal->id != block->id) {
    const BlockRef first = known->proposal;
    const auto evidence =
        contradiction(SignedHeader{first->header, first->signature}, {header, block->signature});
    if (evidence) report(*evidence);
    if (header.view == view_) nullify();
    if (!is_fetched) return;
  }
  if (!check_justification(context(), header, block->justification, this)) {
    // Only the leader's own word stands behind it; whoever votes for it is guilty too.
    if (!is_admitted(header.view)) return;
    state(header.view).unjustified = block;
    if (header.view == view_) nullify();
    for (const VoteKind kind : {VoteKind::Notarize, VoteKind::Finalize}) {
      const auto count = static_cast<std::uint16_t>(set().count());
      for (std::uint16_t i = 0; i < count; ++i) {
        const auto vote = state(header.view).votes(kind).find(context(), ValidatorIndex(i));
        if (vote) look_for_unjustified(*vote);
      }
    }
    return;
  }
  accept_block(block);
}

bool Core::Engine::has_sound_form(const Block& block) const {
  const Header& header = block.header;
  const bool is_leader = header.proposer == schedule_.leader(header.view);
  return header.chain == epoch_.chain && header.epoch == set().epoch() &&
         header.validators_hash == set().hash() &&
         header.app.payload_bytes <= limits::block_body_bytes_max &&
         (is_leader || is_mutant(Mutant::AcceptAnyLeader));
}

// Takes a block that is signed and justified. Its certificates come first: they may move this node
// into the block's view. They live inside the block, and keep it.
void Core::Engine::accept_block(const BlockRef& block) {
  const Justification& why = block->justification;
  if (why.parent) store(CertificateRef(block, &*why.parent), false);
  for (const Certificate& skip : why.skips) {
    if (skip.view > root_.view) store(CertificateRef(block, &skip), false);
  }
  if (block->header.view <= root_.view) return;
  note_proposal(block);
  add_block(block, Check::Waiting);
}

void Core::Engine::note_proposal(const BlockRef& block) {
  BlockRef& proposal = state(block->header.view).proposal;
  if (!proposal) proposal = block;
}

void Core::Engine::add_block(const BlockRef& block, Check check) {
  // How often it was asked for is remembered: what came may turn out to be worth nothing.
  blocks_.try_emplace(block->id, Node{block, check});
}

// As if it had never come: the same header with its own payload may still come, or is fetched once
// a quorum stands behind it.
void Core::Engine::forget_block(const BlockId& id) {
  const auto at = blocks_.find(id);
  BlockRef& proposal = state(at->second.block->header.view).proposal;
  if (proposal == at->second.block) proposal = nullptr;
  blocks_.erase(at);
}

// The block as something to build on: the root, or executed here.
std::optional<Core::Engine::Root> Core::Engine::base(const BlockId& id) const {
  if (id == root_.id) return root_;
  const auto at = blocks_.find(id);
  if (at == blocks_.end() || at->second.check != Check::Valid) return std::nullopt;
  const Header& header = at->second.block->header;
  return Root{id, header.view, header.height, header.time_ms};
}

bool Core::Engine::follows_boundary(const BlockId& parent) const {
  for (auto at = blocks_.find(parent); at != blocks_.end() && at->first != root_.id;) {
    if (at->second.block->header.is_last_of_epoch()) return true;
    at = blocks_.find(at->second.block->header.parent);
  }
  return false;
}

// What can be said of a block once its parent is known, and is for ever.
bool Core::Engine::fits_parent(const Block& block, const Root& parent) const {
  const Header& header = block.header;
  if (header.height != parent.height.next() || header.parent_view != parent.view) return false;
  if (header.time_ms <= parent.time_ms) return false;
  if (!follows_boundary(parent.id) || is_mutant(Mutant::PayloadAfterBoundary)) return true;
  return header.app.is_empty() && block.payload.empty() && !header.is_last_of_epoch();
}

// Execution is spent on the proposal of this view, and on what a quorum stands behind.
bool Core::Engine::is_wanted_checked(const Block& block) const {
  const ViewState* known = find_state(block.header.view);
  if (known == nullptr) return false;
  const auto names = [&block](const CertificateRef& certificate) {
    return certificate && certificate->block == block.id;
  };
  if (names(known->notarization) || names(known->finalization)) return true;
  return block.header.view == view_ && known->proposal && known->proposal->id == block.id;
}

void Core::Engine::request_checks() {
  for (auto& [id, node] : blocks_) {
    if (node.check != Check::Waiting || !is_wanted_checked(*node.block)) continue;
    const auto parent = base(node.block->header.parent);
    if (!parent) continue;
    if (fits_parent(*node.block, *parent)) {
      node.check = Check::Asked;
      out_.emplace_back(CheckPayload{node.block});
      continue;
    }
    node.check = Check::Invalid;
    misbehaved(node_of(node.block->header.proposer), reason::peer_misbehaved);
    if (node.block->header.view == view_) nullify();
  }
}

// 2.5: the further the last block is behind, the more a clock may be off, so that a bad bound can
// not stop the chain for ever.
bool Core::Engine::is_time_acceptable(const Block& block) const {
  if (is_mutant(Mutant::FutureTimeAccepted)) return true;
  constexpr std::uint64_t skipped_count_max = 1'000'000;
  const Header& header = block.header;
  const std::uint64_t skipped = header.view.value() - header.parent_view.value() - 1;
  const auto drift = std::chrono::duration_cast<std::chrono::milliseconds>(config_.drift_max);
  const auto allowed =
      static_cast<std::uint64_t>(drift.count()) * (1 + std::min(skipped, skipped_count_max));
  return header.time_ms <= wall_.milliseconds + allowed;
}

// R2, for the current view.
void Core::Engine::consider_vote() {
  if (!can_sign()) return;
  const ViewState* current = find_state(view_);
  if (current == nullptr || !current->proposal) return;
  const BlockRef block = current->proposal;
  const bool is_here = record_.epoch == set().epoch() && record_.view == view_;
  if (is_here && !record_.notarized.is_zero()) return;
  const auto parent = base(block->header.parent);
  if (!base(block->id) || !parent || !is_time_acceptable(*block)) return;
  // A voter that lags behind in finality waits; what it lacks may be under way.
  const bool is_empty = block->header.app.is_empty() && !block->header.is_last_of_epoch();
  if (!is_empty && must_be_empty(*parent) && !is_mutant(Mutant::PayloadAfterBoundary)) return;
  if (!record_.notarize(set().epoch(), view_, block->id)) return;
  // The body goes into the log first: a quorum that can vote can also produce it after a crash.
  if (block->header.proposer != *self_) keep(RecordKind::Block, block->message);
  gate(Ballot{VoteKind::Notarize, set().epoch(), view_, block->id, {}});
  if (is_mutant(Mutant::FinalizeWithoutCertificate) &&
      record_.finalize(set().epoch(), view_, block->id)) {
    gate(Ballot{VoteKind::Finalize, set().epoch(), view_, block->id, {}});
  }
}

// R6: hands over everything from the root to the newest final block, when all of it is here.
void Core::Engine::commit() {
  if (is_ended_ || is_halted_ || !final_ || final_->view <= root_.view) return;
  std::vector<BlockRef> path;
  for (BlockId id = final_->block; id != root_.id;) {
    const auto at = blocks_.find(id);
    if (at == blocks_.end()) return;
    const BlockRef& block = at->second.block;
    path.push_back(block);
    if (path.size() == 1 && block->header.view != final_->view) return refuse_fork(path);
    if (is_mutant(Mutant::CommitWithoutAncestors)) break;
    id = block->header.parent;
    if (block->header.parent_view <= root_.view && id != root_.id) return refuse_fork(path);
  }
  if (path.empty()) return refuse_fork(path);
  std::reverse(path.begin(), path.end());
  for (const BlockRef& block : path) {
    const Check check = blocks_.at(block->id).check;
    if (check == Check::Invalid) {
      return halt("block " + block->id.hex() +
                  " is final, but invalid here: this node's state or program differs from that of "
                  "a quorum");
    }
    if (check != Check::Valid) return;
  }
  hand_over(path);
}

// A quorum's certificate that no correct quorum makes. Who made it is in the certificates; the rest
// is for people to sort out.
void Core::Engine::refuse_fork(const std::vector<BlockRef>& path) {
  const ViewState* at_root = find_state(root_.view);
  if (at_root != nullptr && at_root->finalization) {
    for (const Evidence& evidence : accuse(context(), *at_root->finalization, *final_, path)) {
      report(evidence);
    }
  }
  halt("block " + final_->block.hex() + " is final in view " +
       std::to_string(final_->view.value()) + " but does not descend from " + root_.id.hex() +
       ": a third of the weight broke the protocol");
}

// Whoever must not sign may still follow; whoever can not tell what is final may do neither.
void Core::Engine::halt(std::string detail) {
  if (is_halted_) return;
  is_halted_ = true;
  is_refused_ = false;  // Said even by a node that said why it does not sign: this is worse.
  refuse(reason::corrupt_data, std::move(detail));
}

void Core::Engine::hand_over(const std::vector<BlockRef>& path) {
  const auto boundary = std::find_if(path.begin(), path.end(), [](const BlockRef& block) {
    return block->header.is_last_of_epoch();
  });
  const bool ends = boundary != path.end();
  const auto ledger_end = ends ? boundary + 1 : path.end();
  Finalized finalized;
  finalized.blocks.assign(path.begin(), ledger_end);
  finalized.beyond.assign(ledger_end, path.end());
  finalized.certificate = final_;
  finalized.ends_epoch = ends;
  const Block& last = *finalized.blocks.back();
  const Root root{last.id, last.header.view, last.header.height, last.header.time_ms};
  out_.emplace_back(std::move(finalized));
  is_ended_ = ends;
  move_root(root);
}

void Core::Engine::move_root(const Root& root) {
  OORT_ASSERT(root.view > root_.view, "finality goes upwards");
  root_ = root;
  prune_views();
  std::erase_if(blocks_, [this](const auto& held) {
    return held.first != root_.id && held.second.block->header.view <= root_.view;
  });
  fetches_.clear();
  if (!is_ended_) return;
  for (const Timer timer : {Timer::Proposal, Timer::View, Timer::Idle, Timer::Fetch}) {
    cancel_timer(timer);
  }
}

void Core::Engine::prune_views() {
  while (!views_.empty() &&
         views_.begin()->first.value() + config_.views_kept < root_.view.value()) {
    views_.erase(views_.begin());
  }
}

// Certified blocks that are not here.
std::vector<CertificateRef> Core::Engine::missing() const {
  std::vector<CertificateRef> certificates;
  for (auto at = views_.upper_bound(root_.view); at != views_.end(); ++at) {
    const ViewState& known = at->second;
    const CertificateRef& certificate =
        known.finalization ? known.finalization : known.notarization;
    if (certificate && !blocks_.contains(certificate->block)) certificates.push_back(certificate);
  }
  return certificates;
}

// A certificate often overtakes the block it is of, so the first question waits a little.
void Core::Engine::plan_fetch(bool is_now) {
  if (is_ended_) return;
  if (is_now) return fetch_missing(true);
  if (deadlines_[static_cast<std::size_t>(Timer::Fetch)] || missing().empty()) return;
  set_timer(Timer::Fetch, now_ + config_.delta);
}

void Core::Engine::fetch_missing(bool only_new) {
  const auto certificates = missing();
  for (const CertificateRef& certificate : certificates) {
    const auto [at, is_new] = fetches_.try_emplace(certificate->block, 0);
    if (only_new && !is_new) continue;
    FetchBlock fetch{certificate->block, certificate->view, {}};
    for (const CertifiedVote& vote : certificate->votes) {
      if (vote.validator != self_) fetch.peers.push_back(node_of(vote.validator));
    }
    if (fetch.peers.empty()) continue;
    const auto turn = static_cast<std::ptrdiff_t>(at->second++ % fetch.peers.size());
    std::rotate(fetch.peers.begin(), fetch.peers.begin() + turn, fetch.peers.end());
    out_.emplace_back(std::move(fetch));
  }
  if (!certificates.empty()) set_timer(Timer::Fetch, now_ + 2 * config_.delta);
}

}  // namespace oort::consensus
