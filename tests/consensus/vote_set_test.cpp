// SPDX-License-Identifier: Apache-2.0
#include "vote_set.hpp"

#include <gtest/gtest.h>

#include "builders.hpp"

namespace oort::consensus::test {
namespace {

const BlockId a = filled<BlockId>(0xaa);
const BlockId b = filled<BlockId>(0xbb);

TEST(VoteSet, CountsOnlyFirstVote_C4) {
  const EpochStart epoch = make_epoch({1, 2, 4, 8});
  const EpochContext context = context_of(epoch);
  VoteSet votes(VoteKind::Notarize, View(3));
  EXPECT_EQ(votes.add(context, sign(epoch, 2, notarize(3, a)), false), VoteSet::Added::New);
  EXPECT_EQ(votes.add(context, sign(epoch, 2, notarize(3, a)), false), VoteSet::Added::Same);
  EXPECT_EQ(votes.add(context, sign(epoch, 2, notarize(3, b)), false), VoteSet::Added::Different);
  EXPECT_EQ(votes.weight(a), 4U);
  EXPECT_EQ(votes.weight(b), 0U);
  EXPECT_EQ(votes.find(context, ValidatorIndex(2))->ballot.block, a);
  EXPECT_EQ(votes.add(context, sign(epoch, 3, notarize(3, b)), false), VoteSet::Added::New);
  EXPECT_EQ(votes.weight_max(), 8U);
}

TEST(VoteSet, ThrowsOutAndNamesBadSignatures_Q1) {
  const EpochStart epoch = make_epoch({1, 1, 1, 1, 1, 1, 1});
  const EpochContext context = context_of(epoch);
  VoteSet votes(VoteKind::Notarize, View(3));
  for (std::uint16_t i = 0; i < 7; ++i) {
    Vote vote = sign(epoch, i, notarize(3, a));
    if (i == 2 || i == 5) vote.signature = filled<Signature>(1);
    votes.add(context, vote, false);
  }
  EXPECT_EQ(votes.weight(a), 7U);
  const auto bad = votes.verify(context, a);
  EXPECT_EQ(bad, (std::vector{ValidatorIndex(2), ValidatorIndex(5)}));
  EXPECT_EQ(votes.weight(a), 5U);
  EXPECT_TRUE(check_certificate(context, votes.certify(context, a)));
  // The slot is free again for the genuine vote.
  EXPECT_EQ(votes.add(context, sign(epoch, 2, notarize(3, a)), true), VoteSet::Added::New);
}

TEST(VoteSet, VerifiesEachSignatureOnce_Q2) {
  const EpochStart epoch = make_epoch();
  const EpochContext context = context_of(epoch);
  VoteSet votes(VoteKind::Finalize, View(3));
  for (std::uint16_t i = 0; i < 3; ++i) votes.add(context, sign(epoch, i, finalize(3, a)), false);
  const std::uint64_t before = cheap_verifier().calls_count;
  EXPECT_TRUE(votes.verify(context, a).empty());
  EXPECT_TRUE(votes.verify(context, a).empty());
  EXPECT_EQ(cheap_verifier().calls_count, before + 3);
}

TEST(VoteSet, CertifiesTheQuorumThatSkipsMost_Q1) {
  const EpochStart epoch = make_epoch();
  const EpochContext context = context_of(epoch);
  VoteSet votes(VoteKind::Nullify, View(9));
  const std::uint64_t froms[] = {8, 2, 5, 3};
  for (std::uint16_t i = 0; i < 4; ++i) {
    votes.add(context, sign(epoch, i, nullify(froms[i], 9)), true);
  }
  const Certificate certificate = votes.certify(context, {});
  EXPECT_EQ(certificate.from, View(5));
  EXPECT_EQ(certificate.votes.size(), 3U);
  EXPECT_TRUE(check_certificate(context, certificate));
  EXPECT_EQ(codec::from_bytes<Certificate>(codec::to_bytes(certificate)).value(), certificate);
}

TEST(VoteSet, CertifiesAQuorumAndNoMore_Q1) {
  const EpochStart epoch = make_epoch({10, 1, 1, 1});
  const EpochContext context = context_of(epoch);
  VoteSet votes(VoteKind::Notarize, View(9));
  for (std::uint16_t i = 0; i < 4; ++i) votes.add(context, sign(epoch, i, notarize(9, a)), true);
  EXPECT_EQ(votes.certify(context, a).votes.size(), 1U);
}

}  // namespace
}  // namespace oort::consensus::test
