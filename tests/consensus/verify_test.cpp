// SPDX-License-Identifier: Apache-2.0
#include "oort/consensus/verify.hpp"

#include <gtest/gtest.h>

#include "builders.hpp"
#include "bytes.hpp"
#include "oort/crypto/signature.hpp"

namespace oort::consensus::test {
namespace {

const BlockId parent = filled<BlockId>(0xb1);

TEST(Certificate, NeedsAQuorumOfWeightAndValidSignatures_C3) {
  const EpochStart epoch = make_epoch({1, 1, 1, 4});
  const EpochContext context = context_of(epoch);
  // 5 of 7 decide.
  EXPECT_TRUE(check_certificate(context, certify(epoch, {0, 3}, notarize(3, parent))));
  EXPECT_FALSE(check_certificate(context, certify(epoch, {0, 1, 2}, notarize(3, parent))));
  EXPECT_FALSE(check_certificate(context, certify(epoch, {3}, notarize(3, parent))));
  Certificate forged = certify(epoch, {0, 3}, notarize(3, parent));
  forged.votes[1].signature = forged.votes[0].signature;
  EXPECT_FALSE(check_certificate(context, forged));
  Certificate stranger = certify(epoch, {0, 3}, notarize(3, parent));
  stranger.votes[1].validator = ValidatorIndex(4);
  EXPECT_FALSE(check_certificate(context, stranger));
  Certificate other = certify(epoch, {0, 3}, notarize(3, parent));
  other.epoch = Epoch(8);
  EXPECT_FALSE(check_certificate(context, other));
  Certificate twice = certify(epoch, {3, 3}, notarize(3, parent));
  EXPECT_FALSE(check_certificate(context, twice));
}

TEST(Certificate, OfTwoOfThreeIsNone_C3) {
  const EpochStart epoch = make_epoch({1, 1, 1});
  EXPECT_FALSE(check_certificate(context_of(epoch), certify(epoch, {0, 1}, notarize(3, parent))));
  EXPECT_TRUE(check_certificate(context_of(epoch), certify(epoch, {0, 1, 2}, notarize(3, parent))));
}

TEST(Certificate, KnownVotesAreNotVerifiedAgain_Q2) {
  class Known final : public KnownVotes {
   public:
    [[nodiscard]] bool is_verified(const Ballot&, const CertifiedVote& vote) const override {
      return vote.validator != ValidatorIndex(2);
    }
  };
  const EpochStart epoch = make_epoch();
  const Known known;
  const std::uint64_t before = cheap_verifier().calls_count;
  EXPECT_TRUE(
      check_certificate(context_of(epoch), certify(epoch, {0, 1, 2}, notarize(3, parent)), &known));
  EXPECT_EQ(cheap_verifier().calls_count, before + 1);
}

TEST(Certificate, WorksWithEd25519_C3) {
  oort::test::SeededRandom random(4);
  const crypto::KeyPair keys(crypto::SecretSeed::generate(random));
  EpochStart epoch = make_epoch({1});
  epoch.validators = ValidatorSet::make(Epoch(7), {{keys.node_id(), keys.public_key(), 1}}).value();
  EpochContext context = context_of(epoch);
  context.verifier = &ed25519_verifier();
  Certificate certificate = certify(epoch, {0}, notarize(3, parent));
  EXPECT_FALSE(check_certificate(context, certificate));
  certificate.votes[0].signature = keys.sign(signed_bytes(epoch.chain, notarize(3, parent)));
  EXPECT_TRUE(check_certificate(context, certificate));
}

struct Case {
  EpochStart epoch = make_epoch();
  Header header;
  Justification justification;

  // A block of `view` on a block of `parent_view`.
  Case(std::uint64_t view, std::uint64_t parent_view) {
    header = make_header(epoch, view);
    if (parent_view > 0) {
      header.parent = parent;
      header.parent_view = View(parent_view);
      justification.parent = certify(epoch, {0, 1, 2}, notarize(parent_view, parent));
    }
  }
  Case& skip(std::uint64_t from, std::uint64_t view) {
    justification.skips.push_back(certify(epoch, {1, 2, 3}, nullify(from, view)));
    return *this;
  }
  [[nodiscard]] bool holds() {
    header.justification = hash_of(justification);
    return check_justification(context_of(epoch), header, justification).has_value();
  }
};

TEST(Justification, OfTheAnchorNeedsNothing_L4) {
  EXPECT_TRUE(Case(1, 0).holds());
  Case other(1, 0);
  other.header.parent = parent;
  EXPECT_FALSE(other.holds());
  Case with_certificate(1, 0);
  with_certificate.justification.parent =
      certify(with_certificate.epoch, {0, 1, 2}, notarize(1, parent));
  EXPECT_FALSE(with_certificate.holds());
}

TEST(Justification, NeedsTheParentsOwnCertificate_L4) {
  EXPECT_TRUE(Case(4, 3).holds());
  Case final_parent(4, 3);
  final_parent.justification.parent = certify(final_parent.epoch, {0, 1, 2}, finalize(3, parent));
  EXPECT_TRUE(final_parent.holds());
  Case none(4, 3);
  none.justification.parent.reset();
  EXPECT_FALSE(none.holds());
  Case other_block(4, 3);
  other_block.justification.parent =
      certify(other_block.epoch, {0, 1, 2}, notarize(3, filled<BlockId>(1)));
  EXPECT_FALSE(other_block.holds());
  Case other_view(4, 3);
  other_view.justification.parent = certify(other_view.epoch, {0, 1, 2}, notarize(2, parent));
  EXPECT_FALSE(other_view.holds());
  Case too_light(4, 3);
  too_light.justification.parent = certify(too_light.epoch, {0, 1}, notarize(3, parent));
  EXPECT_FALSE(too_light.holds());
  Case nullified(4, 3);
  nullified.justification.parent = certify(nullified.epoch, {0, 1, 2}, nullify(3, 3));
  EXPECT_FALSE(nullified.holds());
}

TEST(Justification, NeedsEveryViewBetweenSkipped_L4) {
  EXPECT_FALSE(Case(5, 3).holds());
  EXPECT_TRUE(Case(5, 3).skip(4, 4).holds());
  EXPECT_TRUE(Case(9, 3).skip(4, 8).holds());
  EXPECT_TRUE(Case(9, 3).skip(1, 8).holds()) << "it may cover the parent's view too";
  EXPECT_TRUE(Case(9, 3).skip(4, 5).skip(6, 8).holds());
  EXPECT_TRUE(Case(9, 3).skip(2, 6).skip(5, 8).holds()) << "they may overlap";
  EXPECT_FALSE(Case(9, 3).skip(5, 8).holds()) << "view 4 is open";
  EXPECT_FALSE(Case(9, 3).skip(4, 5).skip(7, 8).holds()) << "view 6 is open";
  EXPECT_FALSE(Case(9, 3).skip(4, 7).holds()) << "view 8 is open";
  EXPECT_FALSE(Case(9, 3).skip(4, 9).holds()) << "the block's own view is skipped";
  EXPECT_FALSE(Case(9, 3).skip(6, 8).skip(4, 5).holds()) << "not ascending";
  EXPECT_FALSE(Case(9, 3).skip(1, 3).skip(4, 8).holds()) << "the first adds nothing";
  EXPECT_TRUE(Case(3, 0).skip(1, 2).holds()) << "from the anchor";
  Case not_null(5, 3);
  not_null.justification.skips.push_back(certify(not_null.epoch, {0, 1, 2}, notarize(4, parent)));
  EXPECT_FALSE(not_null.holds());
}

TEST(Justification, CoversOnlyTheGreatestFromOfItsVotes_L2) {
  Case some(9, 3);
  some.justification.skips.push_back(certify(some.epoch, {1, 2, 3}, nullify(1, 8), {4, 5, 4}));
  EXPECT_FALSE(some.holds()) << "one of the three finalized in view 4";
  Case all(9, 4);
  all.justification.skips.push_back(certify(all.epoch, {1, 2, 3}, nullify(1, 8), {4, 5, 4}));
  EXPECT_TRUE(all.holds());
}

TEST(Justification, IsTheHeadersOwn_L4) {
  Case good(5, 3);
  good.skip(4, 4);
  ASSERT_TRUE(good.holds());
  good.justification.skips[0] = certify(good.epoch, {0, 1, 2}, nullify(4, 4));
  EXPECT_FALSE(
      check_justification(context_of(good.epoch), good.header, good.justification).has_value());
}

TEST(Finality, NeedsAFinalizeCertificateOfThatBlock_C1) {
  const EpochStart epoch = make_epoch();
  const Header header = make_header(epoch, 3);
  const BlockId id = id_of(header);
  const EpochContext context = context_of(epoch);
  EXPECT_TRUE(check_final(context, header, certify(epoch, {0, 1, 2}, finalize(3, id))));
  EXPECT_FALSE(check_final(context, header, certify(epoch, {0, 1, 2}, notarize(3, id))));
  EXPECT_FALSE(check_final(context, header, certify(epoch, {0, 1, 2}, finalize(4, id))));
  EXPECT_FALSE(check_final(context, header, certify(epoch, {0, 1, 2}, finalize(3, parent))));
  EXPECT_FALSE(check_final(context, header, certify(epoch, {0, 1}, finalize(3, id))));
}

}  // namespace
}  // namespace oort::consensus::test
