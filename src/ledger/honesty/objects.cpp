// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "honesty/honesty_fields.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/ledger/honesty_objects.hpp"

namespace oort::ledger {

template void encode(codec::Writer&, const BaitLeaf&);
template Result<void> decode(codec::Reader&, BaitLeaf&);
template void encode(codec::Writer&, const WorkReceipt&);
template Result<void> decode(codec::Reader&, WorkReceipt&);
template void encode(codec::Writer&, const Reveal&);
template Result<void> decode(codec::Reader&, Reveal&);
template void encode(codec::Writer&, const PanelAnswer&);
template Result<void> decode(codec::Reader&, PanelAnswer&);
template void encode(codec::Writer&, const TraceOpening&);
template Result<void> decode(codec::Reader&, TraceOpening&);
template void encode(codec::Writer&, const StorageChallenge&);
template Result<void> decode(codec::Reader&, StorageChallenge&);
template void encode(codec::Writer&, const StorageProof&);
template Result<void> decode(codec::Reader&, StorageProof&);

namespace {

constexpr crypto::Context leaf_context("oort.v1 bait leaf");
constexpr crypto::Context answer_context("oort.v1 bait answer");
constexpr crypto::Context task_context("oort.v1 task envelope");
constexpr crypto::Context work_receipt_context("oort.v1 work receipt");

/// Part of an amount, rounded up.
Oort part(Oort amount, Ppb rate) noexcept {
  return Oort(saturating_mul_div(amount.units(), rate.value(), ppb_one, Rounding::Up));
}

}  // namespace

Bytes32 leaf_hash(const Bytes32& salt, const BaitLeaf& leaf) {
  codec::Writer out;
  codec::encode(out, salt);
  encode(out, leaf);
  return crypto::hash(leaf_context, out.bytes());
}

Bytes32 answer_commitment(const Bytes32& salt, const Bytes32& result_hash) {
  return crypto::hash(answer_context, salt.view(), result_hash.view());
}

Bytes32 task_commitment(ByteView envelope) { return crypto::hash(task_context, envelope); }

Bytes32 sign_hash(const WorkReceipt& receipt) {
  codec::Writer out;
  out.u8(WorkReceipt::format_version);
  FieldWriter fields(out);
  walk_signed(fields, receipt);
  return crypto::hash(work_receipt_context, out.bytes());
}

bool is_signed(const WorkReceipt& receipt) {
  return crypto::verify(crypto::key_of(receipt.executor), sign_hash(receipt).view(),
                        receipt.signature);
}

Reveal accusation_of(const NodeId& accuser, const WorkReceipt& receipt, const Bytes32& answer) {
  Reveal reveal;
  reveal.epoch = receipt.epoch;
  reveal.officer = accuser;
  reveal.leaf.task_commitment = receipt.task_commitment;
  reveal.answer = answer;
  reveal.receipt = receipt;
  return reveal;
}

bool is_accusation(const Reveal& reveal) {
  return reveal == accusation_of(reveal.officer, reveal.receipt, reveal.answer);
}

RevealVerdict judge(const Reveal& reveal, const RevealContext& context) {
  const WorkReceipt& receipt = reveal.receipt;
  // What is cheap to see comes first.
  if (reveal.epoch != context.draw.epoch || receipt.epoch != reveal.epoch ||
      receipt.chain != context.draw.chain) {
    return RevealVerdict::AnotherEpoch;
  }
  if (context.officer_owner == context.executor_owner) return RevealVerdict::OwnExecutor;
  if (receipt.task_commitment != reveal.leaf.task_commitment) return RevealVerdict::AnotherTask;
  if (is_accusation(reveal)) {
    if (!is_signed(receipt)) return RevealVerdict::ReceiptNotSigned;
    return receipt.result_hash == reveal.answer ? RevealVerdict::Passed : RevealVerdict::Fault;
  }
  if (answer_commitment(reveal.salt, reveal.answer) != reveal.leaf.answer_commitment) {
    return RevealVerdict::AnswerNotCommitted;
  }
  if (reveal.path.count != bait_leaves_count ||
      !crypto::merkle_verify(context.root, reveal.path, leaf_hash(reveal.salt, reveal.leaf))) {
    return RevealVerdict::NotInTree;
  }
  if (!is_officer(context.draw, reveal.officer, reveal.drawn)) return RevealVerdict::NotDrawn;
  if (!is_signed(receipt)) return RevealVerdict::ReceiptNotSigned;
  if (receipt.result_hash == reveal.answer) return RevealVerdict::Passed;
  return reveal.leaf.rule == VerdictRule::Exact ? RevealVerdict::Fault : RevealVerdict::Missed;
}

std::string_view to_string(RevealVerdict verdict) noexcept {
  switch (verdict) {
    case RevealVerdict::Passed: return "passed";
    case RevealVerdict::Fault: return "a fault";
    case RevealVerdict::Missed: return "missed";
    case RevealVerdict::NotDrawn: return "refused: the officer was not drawn";
    case RevealVerdict::NotInTree: return "refused: the leaf is not in the posted root";
    case RevealVerdict::AnswerNotCommitted: return "refused: the answer was not committed to";
    case RevealVerdict::AnotherTask: return "refused: the receipt is for another task";
    case RevealVerdict::AnotherEpoch: return "refused: of another epoch or chain";
    case RevealVerdict::ReceiptNotSigned: return "refused: the executor did not sign the receipt";
    case RevealVerdict::OwnExecutor: return "refused: officer and executor have one operator";
  }
  return "unknown";
}

std::string_view to_string(Offence offence) noexcept {
  switch (offence) {
    case Offence::WrongResult: return "wrong result";
    case Offence::MissedAudit: return "missed audit";
    case Offence::Unavailable: return "unavailable";
    case Offence::ForgedLabel: return "forged label";
    case Offence::FalseAccusation: return "false accusation";
    case Offence::DoubleVote: return "double vote";
    case Offence::RiskOverrun: return "risk overrun";
    case Offence::MissedForgery: return "missed forgery";
  }
  return "unknown";
}

Ppb slash_rate(Offence offence) noexcept {
  switch (offence) {
    case Offence::WrongResult:
    case Offence::DoubleVote:
    case Offence::RiskOverrun: return Ppb(ppb_one);
    case Offence::ForgedLabel:
    case Offence::FalseAccusation: return Ppb(500'000'000);
    case Offence::MissedForgery: return Ppb(250'000'000);
    case Offence::MissedAudit: return Ppb(50'000'000);
    case Offence::Unavailable: return Ppb(1'000'000);
  }
  return Ppb(0);
}

SlashShares slash(const StakePool& pool, Ppb rate, Oort victim_loss) noexcept {
  OORT_ASSERT(rate.value() <= ppb_one, "no more is taken than there is");
  SlashShares shares;
  shares.self_taken = part(pool.self, rate);
  shares.delegated_taken = part(pool.delegated, rate);
  const Uint128 half = shares.self_taken.units() / 2;
  shares.victim = std::min(victim_loss, Oort(half));
  shares.finder = Oort(half - shares.victim.units());
  shares.burnt = Oort(shares.self_taken.units() - half + shares.delegated_taken.units());
  return shares;
}

bool proves(const StorageProof& proof, const StorageChallenge& challenge, const TreeRoot& root,
            std::uint64_t length) {
  if (proof.path.size != length || proof.path.leaf != challenge.leaf) return false;
  return crypto::tree_verify(root, proof.path, proof.leaf);
}

}  // namespace oort::ledger
