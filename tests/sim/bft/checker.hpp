// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bft/network_facts.hpp"

namespace oort::bftsim {

/// A final block as a machine stores it.
struct LedgerEntry {
  consensus::BlockRef block;
  /// Only where the certificate is for this very block.
  consensus::CertificateRef certificate;
};

/// Sees everything that correct nodes send, store and report, and judges it by the protocol's text,
/// not by the engine's code: quorums, justifications and contradictions are reckoned here anew.
///
///   I1  Final chains of all correct nodes are one chain.
///   I2  At most one block a view is notarized.
///   I3  No view is both skipped and final.
///   I4  The signer's record only grows, and a vote leaves only after its record is durable.
///   I5  Whoever checks a block as valid agrees on the state before it.
///   I9  No correct node signs what evidence E1–E6 punishes, nor is named by evidence.
///   I10 On a fork the published certificates name more than a third of the weight.
///   I12 What an engine holds in memory is bounded.
///   I15 Nothing of one epoch counts in another.
/// The first violation is kept; the run ends there. Where a third or more of the weight is faulty,
/// I1 to I3 are not promised, and a fork is no violation.
class Checker {
 public:
  Checker(const Options& options, Facts& facts);

  /// Registers a proposal that somebody, correct or not, sends. Null when it does not decode.
  consensus::BlockRef learn(const consensus::SharedBytes& message);
  [[nodiscard]] consensus::BlockRef find(const BlockId& id) const;
  /// The state after a block whose ancestors are all registered.
  [[nodiscard]] std::optional<Bytes32> state_after(const BlockId& id);

  /// A signer's record of `who` became durable, or was found at a start.
  void on_durable(ValidatorIndex who, const consensus::SignerRecord& record);
  void on_send(ValidatorIndex who, WallTime wall, env::MessageType type,
               const consensus::SharedBytes& message);
  void on_notarized(Epoch epoch, View view, const BlockId& block);
  /// `height_before` and `last_before` are what the reporting node held as final.
  void on_finalized(Epoch epoch, Height height_before, const BlockId& last_before,
                    const consensus::Finalized& report);
  void on_evidence(const consensus::EpochContext& context, const consensus::EvidenceFound& found);
  /// Two correct nodes' ledgers, once everything is over: whether they forked, and whether enough
  /// are named for it.
  void compare(const std::vector<LedgerEntry>& one, const std::vector<LedgerEntry>& other);
  void on_misbehaved(ValidatorIndex who, const NodeId& peer, std::string_view reason);
  void on_diagnosis(const consensus::Diagnosis& diagnosis);
  void fail(std::string what);

  [[nodiscard]] bool has_failed() const noexcept { return !failure_.empty(); }
  [[nodiscard]] const std::string& failure() const noexcept { return failure_; }
  [[nodiscard]] std::uint64_t final_height() const noexcept { return chain_.size(); }
  [[nodiscard]] const std::vector<BlockId>& chain() const noexcept { return chain_; }
  [[nodiscard]] std::uint64_t evidence_count() const noexcept { return evidence_count_; }
  [[nodiscard]] bool may_fork() const noexcept { return may_fork_; }
  [[nodiscard]] bool has_forked() const noexcept { return has_forked_; }
  /// Whom the engines themselves convicted, in parts of a hundred of the weight.
  [[nodiscard]] std::uint64_t convicted_percent();

 private:
  /// (epoch, view).
  using Turn = std::pair<std::uint64_t, std::uint64_t>;
  /// What one identity signed.
  struct Book {
    std::map<Turn, BlockId> notarized;
    std::map<Turn, BlockId> finalized;
    std::map<Turn, std::uint64_t> nullified_from;
    std::map<Turn, consensus::SignerRecord> durable;
  };

  /// Agreement was broken: a violation, unless too many are faulty.
  void disagree(std::string what);
  void on_vote(ValidatorIndex who, WallTime wall, const consensus::Vote& vote);
  void check_durable(ValidatorIndex who, const Book& book, const consensus::Vote& vote);
  void check_contradiction(ValidatorIndex who, Book& book, const consensus::Ballot& ballot);
  void on_certificate(const consensus::Certificate& certificate, const char* where);
  /// Why the certificate proves nothing, or null.
  [[nodiscard]] const char* flaw_of(const consensus::Certificate& certificate);
  /// Why no correct node may vote for the block, whenever it does, or null.
  [[nodiscard]] const char* flaw_of(const consensus::Block& block);
  [[nodiscard]] const char* flaw_of_header(const consensus::Block& block);
  [[nodiscard]] const char* flaw_of_parent(const consensus::Block& block);
  [[nodiscard]] const char* flaw_of_justification(const consensus::Block& block);
  void check_time(ValidatorIndex who, WallTime wall, const consensus::Block& block);
  void check_certified_votes(const consensus::Certificate& certificate);
  [[nodiscard]] bool is_anchor(const consensus::Header& header) const;

  Options options_;
  Facts& facts_;
  std::string failure_;
  std::map<BlockId, consensus::BlockRef> blocks_;
  std::map<BlockId, Bytes32> states_;
  std::map<BlockId, const char*> judged_;
  std::vector<Book> books_;
  std::vector<BlockId> chain_;
  std::map<Turn, BlockId> notarized_;
  std::set<Turn> skipped_;
  std::set<Turn> final_turns_;
  /// Certificates found sound, by kind, turn, first view and first signature.
  std::set<std::tuple<int, Turn, std::uint64_t, Signature>> sound_;
  std::uint64_t evidence_count_ = 0;
  std::set<ValidatorIndex> convicted_;
  bool may_fork_ = false;
  bool has_forked_ = false;
};

}  // namespace oort::bftsim
