// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "bft/forger.hpp"
#include "oort/codec/codec.hpp"

namespace oort::bftsim {

using consensus::BlockRef;
using consensus::Certificate;
using consensus::SharedBytes;
using consensus::VoteKind;

void Forger::lead(View view) {
  Seen& seen = views_[view];
  if (seen.has_led) return;
  seen.has_led = true;
  const bool is_its_turn = cluster_.facts().schedule(epoch_.value()).leader(view) == self_;
  if (is_its_turn && random_.chance(700'000)) propose_twice(view);
  const std::uint64_t falsehoods = random_.below(4);
  for (std::uint64_t i = 0; i < falsehoods; ++i) {
    if (random_.chance(falsehood_ppm_ * 2)) propose_falsely(view);
  }
}

std::vector<BlockRef> Forger::notarized_blocks_below(View view) {
  std::vector<BlockRef> blocks;
  for (auto seen = views_.rbegin(); seen != views_.rend(); ++seen) {
    if (seen->first >= view || !seen->second.notarization) continue;
    if (BlockRef block = cluster_.checker().find(seen->second.notarization->block)) {
      blocks.push_back(std::move(block));
    }
  }
  blocks.push_back(nullptr);
  return blocks;
}

std::optional<std::vector<Certificate>> Forger::skips_between(View low, View high) const {
  std::vector<Certificate> skips;
  std::uint64_t open = high.value() - 1;
  while (open > low.value()) {
    const auto found = views_.find(View(open));
    if (found == views_.end() || !found->second.nullification) return std::nullopt;
    skips.push_back(*found->second.nullification);
    open = skips.back().from.value() - 1;
  }
  std::reverse(skips.begin(), skips.end());
  return skips;
}

std::optional<Forger::Draft> Forger::draft(View view, const BlockRef& parent) {
  Draft draft;
  consensus::Header& header = draft.header;
  header.chain = cluster_.facts().chain();
  header.epoch = epoch_;
  header.view = view;
  header.validators_hash = cluster_.facts().set(epoch_.value()).hash();
  header.proposer = self_;
  header.height = Height(1);
  header.time_ms = 1'600'000'000'001;
  if (parent) {
    const auto seen = views_.find(parent->header.view);
    if (seen == views_.end() || !seen->second.notarization) return std::nullopt;
    header.parent = parent->id;
    header.parent_view = parent->header.view;
    header.height = parent->header.height.next();
    header.time_ms = parent->header.time_ms + 1;
    draft.justification.parent = seen->second.notarization;
  } else {
    // Of later epochs it does not know the anchor; there it builds on blocks only.
    if (epoch_.value() != 0) return std::nullopt;
    header.parent = cluster_.facts().genesis();
  }
  const auto state = cluster_.checker().state_after(header.parent);
  if (!state) return std::nullopt;
  header.app.parent_state_root = *state;
  const std::uint64_t size = random_.between(1, 32);
  for (std::uint64_t i = 0; i < size; ++i) {
    draft.payload.push_back(static_cast<std::byte>(random_.below(256)));
  }
  header.app.payload_count = 1;
  header.app.payload_bytes = static_cast<std::uint32_t>(size);
  header.app.payload_root = Facts::payload_root(draft.payload);
  return draft;
}

void Forger::put_on_loser(Draft& draft) {
  const auto seen = views_.find(draft.header.parent_view);
  if (seen == views_.end() || !seen->second.notarization) return;
  for (const BlockRef& loser : seen->second.proposals) {
    if (loser->id == seen->second.notarization->block) continue;
    const auto state = cluster_.checker().state_after(loser->id);
    if (!state) continue;
    draft.header.parent = loser->id;
    draft.header.height = loser->header.height.next();
    draft.header.time_ms = loser->header.time_ms + 1;
    draft.header.app.parent_state_root = *state;
  }
}

SharedBytes Forger::finish(Draft& draft) {
  draft.header.justification = consensus::hash_of(draft.justification);
  consensus::SignedHeader header;
  header.header = draft.header;
  header.signature =
      cluster_.facts().sign(self_, consensus::signed_bytes(consensus::id_of(draft.header)));
  auto bytes = consensus::encode_proposal(header, draft.justification, draft.payload);
  if (BlockRef block = cluster_.checker().learn(bytes)) {
    views_[draft.header.view].proposals.push_back(std::move(block));
  }
  return bytes;
}

void Forger::propose_twice(View view) {
  // Every parent that can be justified is as good as another: the two may even conflict.
  std::vector<Draft> drafts;
  for (const BlockRef& parent : notarized_blocks_below(view)) {
    const View low = parent ? parent->header.view : View(0);
    const auto skips = skips_between(low, view);
    if (!skips) continue;
    for (int i = 0; i < 2; ++i) {
      auto made = draft(view, parent);
      if (!made) continue;
      made->justification.skips = *skips;
      drafts.push_back(*std::move(made));
    }
    if (drafts.size() >= 4) break;
  }
  if (drafts.empty()) return;
  const std::uint64_t peers = some_peers();
  const std::size_t first = random_.below(drafts.size());
  const SharedBytes one = finish(drafts[first]);
  const SharedBytes two = finish(drafts[(first + 1) % drafts.size()]);
  const std::uint64_t all = (std::uint64_t{1} << cluster_.options().nodes) - 1;
  const std::uint64_t others = all & ~(std::uint64_t{1} << self_.value());
  tell(consensus::message::proposal, one, peers);
  if (noise_.chance(400'000)) swap_payload(one);
  if (random_.chance(700'000)) tell(consensus::message::proposal, two, others & ~peers);
  if (random_.chance(200'000)) tell(consensus::message::proposal, two, others);
}

// The same signed header with another payload, for one of them.
void Forger::swap_payload(const SharedBytes& proposal) {
  const auto block = consensus::decode_proposal(proposal);
  if (!block) return;
  const consensus::SignedHeader header{(*block)->header, (*block)->signature};
  Bytes payload = to_bytes((*block)->payload);
  if (payload.empty()) return;
  payload.front() ^= std::byte{1};
  const auto to = static_cast<std::uint32_t>(noise_.below(cluster_.options().nodes));
  if (to == self_.value()) return;
  cluster_.inject(to, Duration{0}, consensus::message::proposal,
                  consensus::encode_proposal(header, (*block)->justification, payload));
}

void Forger::propose_falsely(View view) {
  const auto parents = notarized_blocks_below(view);
  const BlockRef& parent = parents[random_.below(std::min<std::size_t>(parents.size(), 6))];
  auto made = draft(view, parent);
  if (!made) return;
  const View low = parent ? parent->header.view : View(0);
  if (const auto skips = skips_between(low, view)) made->justification.skips = *skips;
  spoil(*made);
  tell(consensus::message::proposal, finish(*made), some_peers());
}

Certificate Forger::false_skip(View from, View view) {
  Certificate certificate;
  certificate.kind = VoteKind::Nullify;
  certificate.epoch = epoch_;
  certificate.view = view;
  certificate.from = from;
  const auto own = vote({VoteKind::Nullify, epoch_, view, {}, from});
  for (std::uint16_t i = 0; i < cluster_.options().nodes; ++i) {
    // Others' signatures are its own: form without truth.
    certificate.votes.push_back({ValidatorIndex(i), from, own.signature});
  }
  if (random_.chance(300'000)) {
    // Or only what it may sign: truth without quorum.
    certificate.votes = {{self_, from, own.signature}};
  }
  return certificate;
}

void Forger::spoil(Draft& draft) {
  consensus::Header& header = draft.header;
  const View low = header.parent_view.next();
  const View high(header.view.value() - 1);
  switch (random_.below(10)) {
    case 0: draft.justification.skips.clear(); break;
    case 1:
      draft.justification.skips.clear();
      if (low <= high) draft.justification.skips.push_back(false_skip(low, high));
      break;
    case 2:  // A certificate of another block.
      if (draft.justification.parent) draft.justification.parent->block = header.parent;
      for (const auto& [view, seen] : views_) {
        if (seen.notarization && view != header.parent_view) {
          draft.justification.parent = seen.notarization;
        }
      }
      break;
    case 3:  // No quorum for the parent.
      if (draft.justification.parent && draft.justification.parent->votes.size() > 1) {
        draft.justification.parent->votes.pop_back();
      }
      break;
    case 4: header.time_ms += 3'600'000ULL * 24 * 365 * 50; break;
    case 5: header.height = header.height.next(); break;
    case 6: header.app.parent_state_root = header.app.payload_root; break;
    case 7: header.app.payload_root = header.app.parent_state_root; break;
    case 8: put_on_loser(draft); break;
    default:
      // The anchor's form with a later parent: no certificate at all.
      draft.justification.parent.reset();
      break;
  }
}

}  // namespace oort::bftsim
