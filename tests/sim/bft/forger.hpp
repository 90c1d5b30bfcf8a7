// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "bft/cluster.hpp"

namespace oort::bftsim {

/// An adversary with the faulty identity's key. It hears every broadcast of correct nodes at once,
/// needs no disk, keeps no record, and tells each peer something else: votes for every block,
/// NULLIFY from view 1 and FINALIZE together, two proposals a view, one proposal with two payloads,
/// proposals with missing, false
/// or borrowed justifications, of the future, out of turn, with wrong heights or states,
/// certificates as soon as its own vote completes them, to some peers only, certificates without
/// quorum, with false signatures or with one validator twice, old messages again, and broken ones.
class Forger {
 public:
  Forger(Cluster& cluster, ValidatorIndex self);
  void observe(env::MessageType type, const consensus::SharedBytes& bytes);

 private:
  /// What was seen of one view.
  struct Seen {
    std::map<BlockId, std::map<ValidatorIndex, consensus::Vote>> notarize;
    std::map<BlockId, std::map<ValidatorIndex, consensus::Vote>> finalize;
    std::map<ValidatorIndex, consensus::Vote> nullify;
    std::optional<consensus::Certificate> notarization;
    std::optional<consensus::Certificate> nullification;
    std::set<BlockId> answered;
    std::vector<consensus::BlockRef> proposals;
    bool has_answered_nullify = false;
    bool has_finalized = false;
    bool has_led = false;
  };

  void observe_vote(const consensus::Vote& vote);
  void observe_certificate(const consensus::Certificate& certificate);
  void observe_proposal(const consensus::SharedBytes& bytes);
  void enter(Epoch epoch, View view);
  void prune();

  void answer_block(const BlockId& block, View view);
  void answer_nullify(View view);
  void complete(consensus::VoteKind kind, View view, const BlockId& block,
                const std::map<ValidatorIndex, consensus::Vote>& votes);
  void cheat_with(const consensus::Certificate& certificate);

  void lead(View view);
  void propose_twice(View view);
  void swap_payload(const consensus::SharedBytes& proposal);
  void propose_falsely(View view);
  /// A block on `parent` (null: the epoch's anchor) that honest nodes would accept, given a true
  /// justification.
  struct Draft {
    consensus::Header header;
    consensus::Justification justification;
    Bytes payload;
  };
  [[nodiscard]] std::optional<Draft> draft(View view, const consensus::BlockRef& parent);
  [[nodiscard]] std::optional<std::vector<consensus::Certificate>> skips_between(View low,
                                                                                 View high) const;
  /// Highest first; null stands for the anchor and comes last.
  [[nodiscard]] std::vector<consensus::BlockRef> notarized_blocks_below(View view);
  /// Puts the draft on a block that lost against the certified one of the same view, if any.
  void put_on_loser(Draft& draft);
  void spoil(Draft& draft);
  [[nodiscard]] consensus::SharedBytes finish(Draft& draft);
  [[nodiscard]] consensus::Certificate false_skip(View from, View view);

  [[nodiscard]] consensus::Vote vote(const consensus::Ballot& ballot) const;
  void tell(env::MessageType type, const consensus::SharedBytes& bytes, std::uint64_t peers);
  /// A bit for each peer that is told something.
  [[nodiscard]] std::uint64_t some_peers();
  void tick();
  void make_noise();

  Cluster& cluster_;
  ValidatorIndex self_;
  sim::Generator random_;
  sim::Generator noise_;
  Epoch epoch_;
  View top_;
  std::map<View, Seen> views_;
  std::vector<std::pair<env::MessageType, consensus::SharedBytes>> old_;
  /// How eager it is, in parts per million of the occasions.
  std::uint32_t vote_ppm_;
  std::uint32_t certificate_ppm_;
  std::uint32_t falsehood_ppm_;
};

}  // namespace oort::bftsim
