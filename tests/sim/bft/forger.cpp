// SPDX-License-Identifier: Apache-2.0
#include "bft/forger.hpp"

#include <algorithm>

#include "oort/codec/codec.hpp"

namespace oort::bftsim {

using consensus::Ballot;
using consensus::BlockRef;
using consensus::Certificate;
using consensus::Header;
using consensus::SharedBytes;
using consensus::Vote;
using consensus::VoteKind;

namespace {

constexpr std::uint64_t views_kept = 24;
constexpr std::size_t old_count_max = 64;

template <class T>
SharedBytes shared(const T& value) {
  return std::make_shared<const Bytes>(codec::to_bytes(value));
}

}  // namespace

Forger::Forger(Cluster& cluster, ValidatorIndex self)
    : cluster_(cluster),
      self_(self),
      random_(cluster.world().random().fork()),
      noise_(cluster.options().seed ^ 0x6015eU),
      top_(1),
      vote_ppm_(static_cast<std::uint32_t>(random_.between(100'000, 1'000'000))),
      certificate_ppm_(static_cast<std::uint32_t>(random_.between(100'000, 1'000'000))),
      falsehood_ppm_(static_cast<std::uint32_t>(random_.between(0, 400'000))) {
  cluster_.world().after(10ms, [this] { tick(); });
}

// What it sees ------------------------------------------------------------------------------------

void Forger::observe(env::MessageType type, const SharedBytes& bytes) {
  if (old_.size() < old_count_max) {
    old_.emplace_back(type, bytes);
  } else if (random_.chance(50'000)) {
    old_[random_.below(old_.size())] = {type, bytes};
  }
  if (type == consensus::message::vote) {
    if (const auto vote = codec::from_bytes<Vote>(*bytes)) observe_vote(*vote);
  } else if (type == consensus::message::certificate) {
    if (const auto found = codec::from_bytes<Certificate>(*bytes)) observe_certificate(*found);
  } else if (type == consensus::message::proposal) {
    observe_proposal(bytes);
  }
}

void Forger::enter(Epoch epoch, View view) {
  if (epoch > epoch_) {
    epoch_ = epoch;
    top_ = View(1);
    views_.clear();
  }
  if (epoch == epoch_ && view > top_) {
    top_ = view;
    prune();
  }
}

void Forger::prune() {
  while (!views_.empty() && views_.begin()->first.value() + views_kept < top_.value()) {
    views_.erase(views_.begin());
  }
}

void Forger::observe_vote(const Vote& vote) {
  const Ballot& ballot = vote.ballot;
  enter(ballot.epoch, ballot.view);
  if (ballot.epoch != epoch_) return;
  if (ballot.view.value() + views_kept < top_.value()) return;
  Seen& seen = views_[ballot.view];
  switch (ballot.kind) {
    case VoteKind::Notarize: {
      auto& votes = seen.notarize[ballot.block];
      votes.emplace(vote.validator, vote);
      answer_block(ballot.block, ballot.view);
      complete(VoteKind::Notarize, ballot.view, ballot.block, votes);
      return;
    }
    case VoteKind::Finalize: {
      auto& votes = seen.finalize[ballot.block];
      votes.emplace(vote.validator, vote);
      complete(VoteKind::Finalize, ballot.view, ballot.block, votes);
      return;
    }
    case VoteKind::Nullify:
      seen.nullify.emplace(vote.validator, vote);
      answer_nullify(ballot.view);
      complete(VoteKind::Nullify, ballot.view, {}, seen.nullify);
      return;
  }
}

void Forger::observe_certificate(const Certificate& certificate) {
  enter(certificate.epoch, certificate.view.next());
  if (certificate.epoch != epoch_) return;
  if (certificate.view.value() + views_kept < top_.value()) return;
  Seen& seen = views_[certificate.view];
  if (certificate.kind == VoteKind::Notarize) seen.notarization = certificate;
  if (certificate.kind == VoteKind::Nullify) seen.nullification = certificate;
  if (random_.chance(falsehood_ppm_ / 4)) cheat_with(certificate);
  // Its turn comes with the view that this certificate opens.
  const View next = certificate.view.next();
  const bool is_its_turn = cluster_.facts().schedule(epoch_.value()).leader(next) == self_;
  if (is_its_turn || random_.chance(falsehood_ppm_ / 8)) lead(next);
}

void Forger::observe_proposal(const SharedBytes& bytes) {
  const BlockRef block = cluster_.checker().learn(bytes);
  if (!block) return;
  enter(block->header.epoch, block->header.view);
  if (block->header.epoch != epoch_) return;
  views_[block->header.view].proposals.push_back(block);
  answer_block(block->id, block->header.view);
}

// What it signs -----------------------------------------------------------------------------------

Vote Forger::vote(const Ballot& ballot) const {
  Vote result;
  result.ballot = ballot;
  result.validator = self_;
  result.signature =
      cluster_.facts().sign(self_, consensus::signed_bytes(cluster_.facts().chain(), ballot));
  return result;
}

void Forger::answer_block(const BlockId& block, View view) {
  Seen& seen = views_[view];
  if (!seen.answered.insert(block).second) return;
  if (random_.chance(vote_ppm_)) {
    tell(consensus::message::vote, shared(vote({VoteKind::Notarize, epoch_, view, block, {}})),
         some_peers());
  }
  if (random_.chance(vote_ppm_ / 2)) {
    tell(consensus::message::vote, shared(vote({VoteKind::Finalize, epoch_, view, block, {}})),
         some_peers());
  }
  if (random_.chance(vote_ppm_ / 4)) answer_nullify(view);
  if (random_.chance(falsehood_ppm_ / 4)) {
    Vote unsigned_vote = vote({VoteKind::Notarize, epoch_, view, block, {}});
    // In another's name, with its own signature.
    const auto other = random_.below(cluster_.options().nodes);
    unsigned_vote.validator = ValidatorIndex(static_cast<std::uint16_t>(other));
    tell(consensus::message::vote, shared(unsigned_vote), some_peers());
  }
}

void Forger::answer_nullify(View view) {
  Seen& seen = views_[view];
  if (seen.has_answered_nullify || !random_.chance(vote_ppm_)) return;
  seen.has_answered_nullify = true;
  const View from(random_.chance(500'000) ? 1 : random_.between(1, view.value()));
  tell(consensus::message::vote, shared(vote({VoteKind::Nullify, epoch_, view, {}, from})),
       some_peers());
}

void Forger::complete(VoteKind kind, View view, const BlockId& block,
                      const std::map<ValidatorIndex, Vote>& votes) {
  if (!random_.chance(certificate_ppm_)) return;
  const auto& set = cluster_.facts().set(epoch_.value());
  std::uint64_t weight = set[self_].weight;
  for (const auto& [who, each] : votes) weight += who == self_ ? 0 : set[who].weight;
  if (weight < set.quorum()) return;
  Certificate certificate;
  certificate.kind = kind;
  certificate.epoch = epoch_;
  certificate.view = view;
  certificate.block = block;
  std::map<ValidatorIndex, Vote> all = votes;
  // Its own NULLIFY claims all views, so the certificate covers as much as the others allow.
  const View own_from(kind == VoteKind::Nullify ? 1 : 0);
  all[self_] = vote({kind, epoch_, view, block, own_from});
  for (const auto& [who, each] : all) {
    certificate.from = std::max(certificate.from, each.ballot.from);
    certificate.votes.push_back({who, each.ballot.from, each.signature});
  }
  Seen& seen = views_[view];
  if (kind == VoteKind::Notarize) seen.notarization = certificate;
  if (kind == VoteKind::Nullify) seen.nullification = certificate;
  tell(consensus::message::certificate, shared(certificate), some_peers());
  const View next = view.next();
  if (cluster_.facts().schedule(epoch_.value()).leader(next) == self_) lead(next);
}

void Forger::cheat_with(const Certificate& true_one) {
  Certificate certificate = true_one;
  switch (random_.below(5)) {
    case 0:  // No quorum.
      certificate.votes.pop_back();
      if (certificate.votes.empty()) return;
      break;
    case 1:  // One validator twice, in the place of another.
      if (certificate.votes.size() < 2) return;
      certificate.votes[1] = certificate.votes[0];
      break;
    case 2:  // A signature of another view.
      certificate.view = certificate.view.next();
      break;
    case 3:  // Another block, with the old signatures.
      certificate.block = cluster_.facts().genesis();
      break;
    default:
      if (certificate.kind != VoteKind::Nullify) return;
      for (auto& each : certificate.votes) each.from = View(1);
      certificate.from = View(1);
      break;
  }
  tell(consensus::message::certificate, shared(certificate), some_peers());
}

// How it tells ------------------------------------------------------------------------------------

std::uint64_t Forger::some_peers() {
  const std::uint64_t all = (std::uint64_t{1} << cluster_.options().nodes) - 1;
  const std::uint64_t drawn = random_.below(4) == 0 ? all : random_.next() & all;
  return drawn & ~(std::uint64_t{1} << self_.value());
}

void Forger::tell(env::MessageType type, const SharedBytes& bytes, std::uint64_t peers) {
  for (std::uint32_t peer = 0; peer < cluster_.options().nodes; ++peer) {
    if (((peers >> peer) & 1U) == 0) continue;
    const Duration delay = random_.chance(200'000) ? random_.duration(Duration{0}, 500ms)
                                                   : random_.duration(Duration{0}, 20ms);
    cluster_.inject(peer, delay, type, bytes);
  }
}

void Forger::tick() {
  if (!old_.empty() && random_.chance(falsehood_ppm_)) {
    const auto& [type, bytes] = old_[random_.below(old_.size())];
    tell(type, bytes, some_peers());
  }
  if (!old_.empty()) make_noise();
  cluster_.world().after(random_.duration(10ms, 200ms), [this] { tick(); });
}

// What a broken machine sends: a message with one bit inverted, under its own name.
void Forger::make_noise() {
  if (!noise_.chance(cluster_.options().hardships.noise_ppm)) return;
  const auto& [type, bytes] = old_[noise_.below(old_.size())];
  if (bytes->empty()) return;
  Bytes noisy = *bytes;
  noisy[noise_.below(noisy.size())] ^= static_cast<std::byte>(1U << noise_.below(8));
  const auto to = static_cast<std::uint32_t>(noise_.below(cluster_.options().nodes));
  if (to == self_.value()) return;
  cluster_.inject(to, 10ms, type, std::make_shared<const Bytes>(std::move(noisy)));
}

}  // namespace oort::bftsim
