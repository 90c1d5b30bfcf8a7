// SPDX-License-Identifier: Apache-2.0
#include "vote_set.hpp"

#include <algorithm>

#include "oort/consensus/mutants.hpp"
#include "oort/core/assert.hpp"

namespace oort::consensus {

Ballot VoteSet::ballot_of(const EpochContext& context, const Slot& slot) const {
  return {kind_, context.validators->epoch(), view_, slot.block, slot.from};
}

void VoteSet::count(const BlockId& block, std::uint64_t weight) {
  for (Tally& tally : tallies_) {
    if (tally.block != block) continue;
    tally.weight += weight;
    return;
  }
  tallies_.push_back({block, weight});
}

VoteSet::Added VoteSet::add(const EpochContext& context, const Vote& vote, bool is_verified) {
  OORT_ASSERT(vote.ballot.kind == kind_, "a set holds votes of one kind");
  OORT_ASSERT(vote.ballot.view == view_, "a set holds votes of one view");
  if (slots_.empty()) slots_.resize(context.validators->count());
  const std::uint64_t weight = (*context.validators)[vote.validator].weight;
  Slot& slot = slots_[vote.validator.value()];
  const State state = is_verified ? State::Verified : State::Buffered;
  if (slot.state != State::Empty) {
    const bool is_same = slot.block == vote.ballot.block && slot.from == vote.ballot.from;
    if (is_same && is_mutant(Mutant::VoteTwiceInWeight)) count(slot.block, weight);
    if (is_same && is_verified && slot.state == State::Buffered) {
      slot.state = state;
      slot.signature = vote.signature;
    }
    if (is_same) return Added::Same;
    if (!is_mutant(Mutant::SecondVoteReplacesFirst)) return Added::Different;
    drop(context, vote.validator);
  }
  slot = {state, vote.ballot.block, vote.ballot.from, vote.signature};
  count(slot.block, weight);
  return Added::New;
}

std::optional<Vote> VoteSet::find(const EpochContext& context, ValidatorIndex voter) const {
  if (slots_.empty() || slots_[voter.value()].state == State::Empty) return std::nullopt;
  const Slot& slot = slots_[voter.value()];
  return Vote{ballot_of(context, slot), voter, slot.signature};
}

bool VoteSet::is_verified(const Ballot& ballot, const CertifiedVote& vote) const {
  if (vote.validator.value() >= slots_.size()) return false;
  const Slot& slot = slots_[vote.validator.value()];
  return slot.state == State::Verified && slot.block == ballot.block && slot.from == ballot.from &&
         slot.signature == vote.signature;
}

void VoteSet::drop(const EpochContext& context, ValidatorIndex voter) {
  Slot& slot = slots_[voter.value()];
  OORT_ASSERT(slot.state != State::Empty, "only a counted vote can be taken back");
  for (Tally& tally : tallies_) {
    if (tally.block == slot.block) tally.weight -= (*context.validators)[voter].weight;
  }
  slot = {};
}

std::uint64_t VoteSet::weight(const BlockId& block) const noexcept {
  for (const Tally& tally : tallies_) {
    if (tally.block == block) return tally.weight;
  }
  return 0;
}

std::uint64_t VoteSet::weight_max() const noexcept {
  std::uint64_t weight = 0;
  for (const Tally& tally : tallies_) weight = std::max(weight, tally.weight);
  return weight;
}

std::vector<ValidatorIndex> VoteSet::verify(const EpochContext& context, const BlockId& block) {
  std::vector<std::uint16_t> voters;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const bool is_open = slots_[i].state == State::Buffered && slots_[i].block == block;
    if (is_open) voters.push_back(static_cast<std::uint16_t>(i));
  }
  std::vector<ValidatorIndex> bad;
  bisect(context, voters, bad);
  for (const ValidatorIndex voter : bad) drop(context, voter);
  return bad;
}

void VoteSet::bisect(const EpochContext& context, std::span<const std::uint16_t> voters,
                     std::vector<ValidatorIndex>& bad) {
  if (voters.empty()) return;
  std::vector<Bytes> signed_by;
  std::vector<SignedMessage> messages;
  signed_by.reserve(voters.size());
  for (const std::uint16_t voter : voters) {
    const Slot& slot = slots_[voter];
    signed_by.push_back(signed_bytes(context.chain, ballot_of(context, slot)));
    const PublicKey& key = (*context.validators)[ValidatorIndex(voter)].key;
    messages.push_back({&key, signed_by.back(), &slot.signature});
  }
  if (is_mutant(Mutant::NoSignatureCheck) || context.verifier->verify_all(messages)) {
    for (const std::uint16_t voter : voters) slots_[voter].state = State::Verified;
  } else if (voters.size() == 1) {
    bad.emplace_back(voters.front());
  } else {
    bisect(context, voters.first(voters.size() / 2), bad);
    bisect(context, voters.subspan(voters.size() / 2), bad);
  }
}

Certificate VoteSet::certify(const EpochContext& context, const BlockId& block) const {
  const ValidatorSet& set = *context.validators;
  Certificate certificate;
  certificate.kind = kind_;
  certificate.epoch = set.epoch();
  certificate.view = view_;
  certificate.block = block;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Slot& slot = slots_[i];
    if (slot.state != State::Verified || slot.block != block) continue;
    certificate.votes.push_back(
        {ValidatorIndex(static_cast<std::uint16_t>(i)), slot.from, slot.signature});
  }
  auto& votes = certificate.votes;
  std::sort(votes.begin(), votes.end(), [](const CertifiedVote& a, const CertifiedVote& b) {
    return std::pair(a.from, a.validator) < std::pair(b.from, b.validator);
  });
  // A quorum and no more: what is left out would only cost everyone a verification.
  std::uint64_t weight = 0;
  std::size_t kept = 0;
  while (kept < votes.size() && weight < set.quorum()) {
    weight += set[votes[kept].validator].weight;
    certificate.from = votes[kept].from;
    ++kept;
  }
  votes.resize(kept);
  std::sort(votes.begin(), votes.end(), [](const CertifiedVote& a, const CertifiedVote& b) {
    return a.validator < b.validator;
  });
  return certificate;
}

}  // namespace oort::consensus
