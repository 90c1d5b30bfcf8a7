// SPDX-License-Identifier: Apache-2.0
#include "oort/consensus/accountability.hpp"

#include <algorithm>
#include <map>

namespace oort::consensus {
namespace {

using Accusations = std::map<ValidatorIndex, Evidence>;

Vote vote_in(const Certificate& certificate, const CertifiedVote& vote) {
  return {certificate.ballot_of(vote), vote.validator, vote.signature};
}

void add(const EpochContext& context, Accusations& found, const Evidence& evidence) {
  if (const auto offence = check_evidence(context, evidence)) {
    found.try_emplace(offence->validator, evidence);
  }
}

// Whoever signed both of two certificates that exclude each other.
void compare(const EpochContext& context, Accusations& found, const Certificate& one,
             const Certificate& other) {
  for (const CertifiedVote& first : one.votes) {
    for (const CertifiedVote& second : other.votes) {
      if (first.validator != second.validator) continue;
      const auto evidence = contradiction(vote_in(one, first), vote_in(other, second));
      if (evidence) add(context, found, *evidence);
    }
  }
}

// The first block on the way down from `high` whose parent is not above `low`, or that does not
// prove its place; and the certificate that names it.
struct Crossing {
  BlockRef block;
  const Certificate* certificate = nullptr;
  bool is_justified = false;
};

Crossing find_crossing(const EpochContext& context, const Certificate& low, const Certificate& high,
                       std::span<const BlockRef> path) {
  Crossing crossing{.block = nullptr, .certificate = &high};
  BlockId id = high.block;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const auto at = std::find_if(path.begin(), path.end(),
                                 [&id](const BlockRef& block) { return block->id == id; });
    if (at == path.end()) return {};
    crossing.block = *at;
    const Header& header = crossing.block->header;
    const Justification& why = crossing.block->justification;
    crossing.is_justified = check_justification(context, header, why).has_value();
    if (header.parent_view <= low.view || !crossing.is_justified) return crossing;
    crossing.certificate = &*why.parent;
    id = header.parent;
  }
  return {};
}

// A quorum voted for a block that does not prove its place: each of its voters is guilty.
void accuse_voters(const EpochContext& context, Accusations& found, const Crossing& crossing) {
  for (const CertifiedVote& voter : crossing.certificate->votes) {
    add(context, found,
        {EvidenceKind::UnjustifiedVote,
         {vote_in(*crossing.certificate, voter)},
         {SignedHeader{crossing.block->header, {}}},
         crossing.block->justification});
  }
}

}  // namespace

// The proof T of the room's README, walked over what was published.
std::vector<Evidence> accuse(const EpochContext& context, const Certificate& low,
                             const Certificate& high, std::span<const BlockRef> path) {
  Accusations found;
  if (low.kind != VoteKind::Finalize || high.kind != VoteKind::Finalize) return {};
  if (low.view == high.view) {
    compare(context, found, low, high);
  } else if (const Crossing crossing = find_crossing(context, low, high, path); crossing.block) {
    const Justification& why = crossing.block->justification;
    if (!crossing.is_justified) {
      accuse_voters(context, found, crossing);
    } else {
      if (why.parent) compare(context, found, low, *why.parent);
      for (const Certificate& skip : why.skips) compare(context, found, low, skip);
    }
  }
  std::vector<Evidence> evidence;
  for (auto& [validator, one] : found) evidence.push_back(std::move(one));
  return evidence;
}

}  // namespace oort::consensus
