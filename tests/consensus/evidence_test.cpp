// SPDX-License-Identifier: Apache-2.0
#include "oort/consensus/evidence.hpp"

#include <gtest/gtest.h>

#include "builders.hpp"

namespace oort::consensus::test {
namespace {

const BlockId a = filled<BlockId>(0xaa);
const BlockId b = filled<BlockId>(0xbb);

class EvidenceOf : public ::testing::Test {
 protected:
  [[nodiscard]] std::optional<Evidence> of(const Ballot& first, const Ballot& second) const {
    return contradiction(sign(epoch, 1, first), sign(epoch, 1, second));
  }
  [[nodiscard]] bool convicts(const Evidence& evidence) const {
    return check_evidence(context_of(epoch), evidence).has_value();
  }
  EpochStart epoch = make_epoch();
};

TEST_F(EvidenceOf, EveryPairOfTheListConvicts_X1) {
  const struct {
    EvidenceKind kind;
    Ballot first;
    Ballot second;
    std::uint64_t view;
  } pairs[] = {
      {EvidenceKind::DoubleNotarize, notarize(3, a), notarize(3, b), 3},
      {EvidenceKind::DoubleFinalize, finalize(3, a), finalize(3, b), 3},
      {EvidenceKind::NotarizeAndFinalize, notarize(3, a), finalize(3, b), 3},
      {EvidenceKind::NotarizeAndFinalize, notarize(3, b), finalize(3, a), 3},
      {EvidenceKind::NullifyAndFinalize, nullify(3, 3), finalize(3, b), 3},
      {EvidenceKind::NullifyAndFinalize, nullify(2, 9), finalize(5, b), 5},
      {EvidenceKind::NullifyAndFinalize, nullify(5, 9), finalize(5, b), 5},
  };
  for (const auto& pair : pairs) {
    const auto evidence = of(pair.first, pair.second);
    ASSERT_TRUE(evidence.has_value());
    EXPECT_EQ(evidence->kind, pair.kind);
    const auto offence = check_evidence(context_of(epoch), *evidence);
    ASSERT_TRUE(offence.has_value()) << offence.error().to_string();
    EXPECT_EQ(*offence, (Offence{ValidatorIndex(1), Epoch(7), View(pair.view)}));
    EXPECT_EQ(of(pair.second, pair.first), evidence) << "X3: one encoding";
    EXPECT_EQ(codec::from_bytes<Evidence>(codec::to_bytes(*evidence)).value(), *evidence);
  }
}

TEST_F(EvidenceOf, WhatACorrectValidatorSignsIsNone_X2) {
  EXPECT_FALSE(of(notarize(3, a), notarize(3, a)));
  EXPECT_FALSE(of(notarize(3, a), notarize(4, b)));
  EXPECT_FALSE(of(notarize(3, a), finalize(3, a)));
  EXPECT_FALSE(of(notarize(3, a), nullify(1, 3))) << "one may notarize what one nullified";
  EXPECT_FALSE(of(nullify(4, 9), finalize(3, a))) << "finalized before the promise";
  EXPECT_FALSE(of(nullify(4, 9), finalize(10, a))) << "finalized after it";
  EXPECT_FALSE(of(nullify(1, 3), nullify(1, 4)));
  EXPECT_FALSE(of(nullify(1, 3), nullify(2, 3)));
  EXPECT_FALSE(contradiction(sign(epoch, 1, notarize(3, a)), sign(epoch, 2, notarize(3, b))));
  Ballot elsewhere = notarize(3, b);
  elsewhere.epoch = Epoch(8);
  EXPECT_FALSE(of(notarize(3, a), elsewhere));
}

TEST_F(EvidenceOf, TheVotesMustReallyDiffer_X1) {
  const Vote vote = sign(epoch, 1, notarize(3, a));
  EXPECT_FALSE(convicts({EvidenceKind::DoubleNotarize, {vote, vote}, {}, std::nullopt}));
  const Vote same = sign(epoch, 1, finalize(3, a));
  EXPECT_FALSE(convicts({EvidenceKind::NotarizeAndFinalize, {vote, same}, {}, std::nullopt}));
  EXPECT_FALSE(convicts({EvidenceKind::DoubleNotarize, {vote}, {}, std::nullopt}));
}

TEST_F(EvidenceOf, OnlyGenuineSignaturesConvict_X2) {
  Evidence evidence = *of(notarize(3, a), notarize(3, b));
  evidence.votes[1].signature = sign(epoch, 2, notarize(3, b)).signature;
  EXPECT_FALSE(convicts(evidence));
  evidence = *of(notarize(3, a), notarize(3, b));
  evidence.votes[0].validator = ValidatorIndex(2);
  EXPECT_FALSE(convicts(evidence));
  evidence.votes[1].validator = ValidatorIndex(2);
  EXPECT_FALSE(convicts(evidence));
  evidence = *of(notarize(3, a), notarize(3, b));
  EpochStart other = epoch;
  other.chain = filled<ChainId>(1);
  EXPECT_FALSE(check_evidence(context_of(other), evidence).has_value());
}

TEST_F(EvidenceOf, AnotherOrderOrKindIsRefused_X3) {
  Evidence evidence = *of(notarize(3, a), notarize(3, b));
  std::swap(evidence.votes[0], evidence.votes[1]);
  EXPECT_FALSE(convicts(evidence));
  evidence = *of(notarize(3, a), notarize(3, b));
  evidence.kind = EvidenceKind::DoubleFinalize;
  EXPECT_FALSE(convicts(evidence));
  evidence = *of(notarize(3, a), notarize(3, b));
  evidence.justification = Justification{};
  EXPECT_FALSE(convicts(evidence));
  evidence = *of(nullify(3, 3), finalize(3, b));
  std::swap(evidence.votes[0], evidence.votes[1]);
  EXPECT_FALSE(convicts(evidence));
}

TEST_F(EvidenceOf, TwoHeadersOfOneViewConvictTheirProposer_X1) {
  const Header first = make_header(epoch, 3);
  Header second = first;
  second.time_ms += 1;
  const auto evidence = contradiction(sign(epoch, first), sign(epoch, second));
  ASSERT_TRUE(evidence.has_value());
  EXPECT_EQ(evidence->kind, EvidenceKind::DoubleProposal);
  EXPECT_EQ(check_evidence(context_of(epoch), *evidence).value().validator, first.proposer);
  EXPECT_EQ(contradiction(sign(epoch, second), sign(epoch, first)), evidence);
  EXPECT_FALSE(contradiction(sign(epoch, first), sign(epoch, first)));
  Header later = second;
  later.view = View(4);
  EXPECT_FALSE(contradiction(sign(epoch, first), sign(epoch, later)));
  Evidence swapped = *evidence;
  std::swap(swapped.headers[0], swapped.headers[1]);
  EXPECT_FALSE(convicts(swapped));
  Evidence forged = *evidence;
  forged.headers[0].signature = forged.headers[1].signature;
  EXPECT_FALSE(convicts(forged));
}

TEST_F(EvidenceOf, AVoteForAnUnjustifiedHeaderConvicts_X1) {
  // A block of view 5 on the anchor, with nothing to show for views 1 to 4.
  const Justification nothing;
  const Header header = make_header(epoch, 5, nothing);
  const Vote vote = sign(epoch, 2, notarize(5, id_of(header)));
  const Evidence evidence{
      EvidenceKind::UnjustifiedVote, {vote}, {SignedHeader{header, {}}}, nothing};
  EXPECT_EQ(check_evidence(context_of(epoch), evidence).value().validator, ValidatorIndex(2));
  EXPECT_EQ(codec::from_bytes<Evidence>(codec::to_bytes(evidence)).value(), evidence);

  Evidence other_block = evidence;
  other_block.votes[0] = sign(epoch, 2, notarize(5, a));
  EXPECT_FALSE(convicts(other_block));
  Evidence other_proof = evidence;
  other_proof.justification->skips = {certify(epoch, {0, 1}, nullify(1, 4))};
  EXPECT_FALSE(convicts(other_proof)) << "not the justification the header names";
  Evidence unsigned_vote = evidence;
  unsigned_vote.votes[0].validator = ValidatorIndex(3);
  EXPECT_FALSE(convicts(unsigned_vote));
}

TEST_F(EvidenceOf, AVoteForAJustifiedHeaderDoesNotConvict_X2) {
  Justification good;
  good.skips = {certify(epoch, {0, 1, 2}, nullify(1, 4))};
  const Header header = make_header(epoch, 5, good);
  const Vote vote = sign(epoch, 2, notarize(5, id_of(header)));
  EXPECT_FALSE(convicts({EvidenceKind::UnjustifiedVote, {vote}, {SignedHeader{header, {}}}, good}));
}

}  // namespace
}  // namespace oort::consensus::test
