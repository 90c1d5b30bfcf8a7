// SPDX-License-Identifier: Apache-2.0
#include "oort/consensus/accountability.hpp"

#include <gtest/gtest.h>

#include <set>

#include "builders.hpp"

namespace oort::consensus::test {
namespace {

using Voters = std::vector<std::uint16_t>;

/// Two branches of seven equal validators, five of which are a quorum. Those of `left` sign the
/// first, those of `right` the second; who is in both broke the protocol.
class Accuse : public ::testing::Test {
 protected:
  BlockRef block(std::uint64_t view, const BlockRef& parent, Justification why,
                 std::uint64_t tag = 0) const {
    Header header = make_header(epoch, view);
    if (parent) {
      header.parent = parent->id;
      header.parent_view = parent->header.view;
      header.height = parent->header.height.next();
    }
    header.time_ms += view + tag;
    header.justification = hash_of(why);
    return decode_proposal(encode_proposal(sign(epoch, header), why, {})).value();
  }
  /// On the parent, notarized by `voters`, which also skip what lies between.
  BlockRef child(std::uint64_t view, const BlockRef& parent, const Voters& voters,
                 std::uint64_t tag = 0) const {
    Justification why;
    std::uint64_t below = 0;
    if (parent) {
      below = parent->header.view.value();
      why.parent = certify(epoch, voters, notarize(below, parent->id));
    }
    if (below + 1 < view) why.skips.push_back(certify(epoch, voters, nullify(below + 1, view - 1)));
    return block(view, parent, std::move(why), tag);
  }
  Certificate final_of(const BlockRef& block, const Voters& voters) const {
    return certify(epoch, voters, finalize(block->header.view.value(), block->id));
  }
  std::set<std::uint16_t> named(const std::vector<Evidence>& found) const {
    std::set<std::uint16_t> validators;
    for (const Evidence& evidence : found) {
      const auto offence = check_evidence(context_of(epoch), evidence);
      EXPECT_TRUE(offence.has_value());
      if (!offence) continue;
      EXPECT_TRUE(validators.insert(offence->validator.value()).second) << "each once";
    }
    return validators;
  }
  std::set<std::uint16_t> accused(const Certificate& low, const Certificate& high,
                                  const std::vector<BlockRef>& path) const {
    return named(accuse(context_of(epoch), low, high, path));
  }

  EpochStart epoch = make_epoch({1, 1, 1, 1, 1, 1, 1});
  const Voters left{0, 1, 2, 3, 4};
  const Voters right{2, 3, 4, 5, 6};
  const std::set<std::uint16_t> both{2, 3, 4};
};

TEST_F(Accuse, TwoFinalBlocksOfOneView_X4) {
  const BlockRef a = child(1, nullptr, left);
  const BlockRef b = child(1, nullptr, right, 1);
  EXPECT_EQ(accused(final_of(a, left), final_of(b, right), {}), both);
}

TEST_F(Accuse, AFinalBlockOnAnotherOneOfThatView_X4) {
  const BlockRef a = child(1, nullptr, left);
  const BlockRef other = child(1, nullptr, right, 1);
  const BlockRef b = child(2, other, right);
  EXPECT_EQ(accused(final_of(a, left), final_of(b, right), {b}), both);
}

TEST_F(Accuse, AFinalBlockOfASkippedView_X4) {
  const BlockRef root = child(1, nullptr, left);
  const BlockRef a = child(2, root, left);
  const BlockRef over = child(4, root, right);
  const BlockRef middle = child(5, over, right);
  const BlockRef b = child(7, middle, right);
  const Certificate low = final_of(a, left);
  const Certificate high = final_of(b, right);
  EXPECT_EQ(accused(low, high, {b, middle, over}), both);
  EXPECT_EQ(accused(low, high, {over, b, middle, a, root}), both) << "in any order, with more";
  EXPECT_TRUE(accused(low, high, {b, over}).empty()) << "a block is missing";
}

TEST_F(Accuse, EachSkipSpeaksForItsOwnVoters_X4) {
  // Two certificates fill the gap; only the one over view 2 contradicts.
  const BlockRef root = child(1, nullptr, left);
  const BlockRef a = child(2, root, left);
  Justification why;
  why.parent = certify(epoch, right, notarize(1, root->id));
  why.skips.push_back(certify(epoch, {1, 3, 4, 5, 6}, nullify(2, 2)));
  why.skips.push_back(certify(epoch, right, nullify(3, 4)));
  const BlockRef b = block(5, root, std::move(why));
  EXPECT_EQ(accused(final_of(a, left), final_of(b, right), {b}),
            (std::set<std::uint16_t>{1, 3, 4}));
}

TEST_F(Accuse, AQuorumThatVotesForTheUnjustified_X4) {
  const BlockRef root = child(1, nullptr, left);
  const BlockRef a = child(2, root, left);
  Justification why;
  why.parent = certify(epoch, right, notarize(1, root->id));
  const BlockRef jump = block(4, root, why);
  const std::set<std::uint16_t> all(right.begin(), right.end());
  EXPECT_EQ(accused(final_of(a, left), final_of(jump, right), {jump}), all);
  const BlockRef b = child(5, jump, right);
  EXPECT_EQ(accused(final_of(a, left), final_of(b, right), {b, jump}), all);
}

TEST_F(Accuse, NobodyWhereThereIsNoFork_X2) {
  const BlockRef a = child(1, nullptr, left);
  const BlockRef b = child(2, a, right);
  const BlockRef c = child(5, b, right);
  EXPECT_TRUE(accused(final_of(a, left), final_of(c, right), {c, b, a}).empty());
  EXPECT_TRUE(accused(final_of(a, left), final_of(a, right), {}).empty());
  EXPECT_TRUE(accused(final_of(b, left), final_of(c, right), {c}).empty());
}

TEST_F(Accuse, NobodyByForgedCertificates_X2) {
  const BlockRef root = child(1, nullptr, left);
  const BlockRef a = child(2, root, left);
  Justification why;
  why.parent = certify(epoch, right, notarize(1, root->id));
  why.skips.push_back(certify(epoch, right, nullify(2, 3)));
  for (CertifiedVote& vote : why.skips[0].votes) vote.signature = filled<Signature>(7);
  const BlockRef b = block(4, root, why);
  Certificate high = final_of(b, right);
  for (CertifiedVote& vote : high.votes) vote.signature = filled<Signature>(7);
  EXPECT_TRUE(accused(final_of(a, left), high, {b}).empty());
  Certificate same = certify(epoch, right, finalize(2, filled<BlockId>(9)));
  for (CertifiedVote& vote : same.votes) vote.signature = filled<Signature>(7);
  EXPECT_TRUE(accused(final_of(a, left), same, {}).empty());
}

}  // namespace
}  // namespace oort::consensus::test
