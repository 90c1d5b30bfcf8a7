// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"

namespace oort::consensus {

const Certificate* Core::Engine::parent_certificate(View view) const {
  const ViewState* known = find_state(view);
  if (known == nullptr) return nullptr;
  return known->notarization ? known->notarization.get() : known->finalization.get();
}

// The certificate that skips `target`, and as much below as can be, of a view below `below`.
const Certificate* Core::Engine::widest_skip(View target, View below) const {
  const Certificate* widest = nullptr;
  for (auto at = views_.lower_bound(target); at != views_.end() && at->first < below; ++at) {
    const CertificateRef& skip = at->second.nullification;
    if (!skip || skip->from > target) continue;
    if (widest == nullptr || skip->from < widest->from) widest = skip.get();
  }
  return widest;
}

// R1: the highest notarized block that is held and executed and from which every view up to this
// one is skipped. Walks down; a skip once needed stays needed for all lower parents.
std::optional<Core::Engine::Ground> Core::Engine::choose_ground() const {
  Ground ground;
  View low = view_;
  View below = view_;
  const auto cover_above = [&](View parent) {
    while (low > parent.next()) {
      const Certificate* skip = widest_skip(View(low.value() - 1), below);
      if (skip == nullptr) return false;
      low = skip->from;
      below = skip->view;
      ground.skips.insert(ground.skips.begin(), skip);
    }
    return ground.skips.size() <= skips_count_max;
  };
  for (auto at = views_.lower_bound(view_); at != views_.begin();) {
    --at;
    if (at->first <= root_.view) break;
    const Certificate* certificate = parent_certificate(at->first);
    if (certificate == nullptr) continue;
    const auto parent = base(certificate->block);
    if (!parent || parent->view != at->first) continue;
    if (!cover_above(at->first)) return std::nullopt;
    ground.parent = *parent;
    return ground;
  }
  const bool is_certified = root_.view.value() == 0 || parent_certificate(root_.view) != nullptr;
  if (!is_certified || !cover_above(root_.view)) return std::nullopt;
  ground.parent = root_;
  return ground;
}

// Nothing may be executed on a boundary block that is not yet final, nor too far above the last
// final block; empty blocks may, since only new blocks can make those below final.
bool Core::Engine::must_be_empty(const Root& parent) const {
  const std::uint64_t depth = parent.height.value() + 1 - root_.height.value();
  return depth > config_.uncommitted_depth_max || follows_boundary(parent.id);
}

void Core::Engine::consider_proposal() {
  if (!can_sign() || build_ || schedule_.leader(view_) != *self_) return;
  if (record_.epoch == set().epoch()) {
    const bool is_here = record_.view == view_;
    if (record_.view > view_) return;
    if (is_here && (record_.nullified || !record_.proposed.is_zero())) return;
  }
  const auto ground = choose_ground();
  if (!ground) return;
  const bool is_empty = must_be_empty(ground->parent);
  const bool is_smooth = ground->parent.view.next() == view_;
  if (!is_payload_ready_ && !is_empty && is_smooth && !has_idled_) {
    const bool is_set = deadlines_[static_cast<std::size_t>(Timer::Idle)].has_value();
    if (!is_set) set_timer(Timer::Idle, entered_at_ + config_.idle_max);
    return;
  }
  build_ = Build{view_, ground->parent.id, is_empty};
  out_.emplace_back(BuildPayload{view_, ground->parent.id, ground->parent.height.next(), is_empty});
}

Justification Core::Engine::justify(const Ground& ground) const {
  Justification justification;
  if (ground.parent.view.value() > 0) {
    justification.parent = *parent_certificate(ground.parent.view);
  }
  for (const Certificate* skip : ground.skips) justification.skips.push_back(*skip);
  return justification;
}

Header Core::Engine::make_header(const Ground& ground, const AppFields& fields,
                                 const Justification& justification) const {
  Header header;
  header.chain = epoch_.chain;
  header.epoch = set().epoch();
  header.view = view_;
  header.height = ground.parent.height.next();
  header.parent = ground.parent.id;
  header.parent_view = ground.parent.view;
  header.justification = hash_of(justification);
  header.time_ms = std::max(wall_.milliseconds, ground.parent.time_ms + 1);
  header.app = fields;
  header.validators_hash = set().hash();
  header.proposer = *self_;
  header.flags = fields.next_validators_hash.is_zero() ? 0 : flag_last_of_epoch;
  return header;
}

void Core::Engine::propose(const PayloadBuilt& built) {
  // A late answer, or one to a question that the world has overtaken: a new one will be asked.
  if (!can_sign() || !build_ || built.view != view_) return;
  const Build build = *std::exchange(build_, std::nullopt);
  const auto ground = choose_ground();
  if (!ground || ground->parent.id != build.parent) return;
  const bool is_empty = built.fields.is_empty() && built.fields.next_validators_hash.is_zero();
  OORT_ASSERT(is_empty || !build.must_be_empty || is_mutant(Mutant::PayloadAfterBoundary),
              "an empty payload was asked for");
  const Justification justification = justify(*ground);
  Block block;
  block.header = make_header(*ground, built.fields, justification);
  block.id = id_of(block.header);
  if (!record_.propose(set().epoch(), view_, block.id)) return;
  auto signature = signer_->sign(signed_bytes(block.id));
  if (!signature) return refuse(signature.error().reason(), signature.error().detail());
  block.signature = *signature;
  block.message = encode_proposal({block.header, *signature}, justification, built.payload);
  block.justification = justification;
  block.payload = ByteView(*block.message).last(built.payload.size());
  const auto shared = std::make_shared<const Block>(std::move(block));
  note_proposal(shared);
  add_block(shared, Check::Valid);
  out_.emplace_back(Proposed{shared});
  keep(RecordKind::Block, shared->message);
  gate(shared);
}

}  // namespace oort::consensus
