// SPDX-License-Identifier: Apache-2.0
#include "oort/consensus/signer_record.hpp"

#include <gtest/gtest.h>

#include "builders.hpp"

namespace oort::consensus::test {
namespace {

const BlockId a = filled<BlockId>(0xaa);
const BlockId b = filled<BlockId>(0xbb);
constexpr Epoch epoch{7};

SignerRecord at_view(std::uint64_t view) {
  SignerRecord record;
  record.epoch = epoch;
  record.view = View(view);
  return record;
}

TEST(SignerRecord, RefusesEverythingBelow_S1) {
  SignerRecord record = at_view(5);
  const SignerRecord before = record;
  EXPECT_FALSE(record.propose(epoch, View(4), a));
  EXPECT_FALSE(record.notarize(epoch, View(4), a));
  EXPECT_FALSE(record.nullify(epoch, View(4)).has_value());
  EXPECT_FALSE(record.finalize(epoch, View(4), a));
  EXPECT_FALSE(record.notarize(Epoch(6), View(9), a));
  EXPECT_FALSE(record.nullify(Epoch(6), View(9)).has_value());
  EXPECT_EQ(record, before) << "S5: a refused request changes nothing";
}

TEST(SignerRecord, AHigherViewBeginsAfresh_S1) {
  SignerRecord record = at_view(5);
  ASSERT_TRUE(record.propose(epoch, View(5), a));
  ASSERT_TRUE(record.notarize(epoch, View(5), a));
  ASSERT_TRUE(record.finalize(epoch, View(5), a));
  ASSERT_TRUE(record.notarize(epoch, View(6), b));
  EXPECT_EQ(record.view, View(6));
  EXPECT_TRUE(record.proposed.is_zero());
  EXPECT_FALSE(record.finalized);
  EXPECT_EQ(record.last_final_view, View(5));
  // A new epoch counts views anew, and with them what was finalized.
  ASSERT_TRUE(record.notarize(Epoch(8), View(1), b));
  EXPECT_EQ(record.last_final_view, View(0));
}

TEST(SignerRecord, OneProposalAndOneNotarizationAView_S2) {
  SignerRecord record = at_view(5);
  EXPECT_TRUE(record.propose(epoch, View(5), a));
  EXPECT_TRUE(record.propose(epoch, View(5), a));
  EXPECT_FALSE(record.propose(epoch, View(5), b));
  EXPECT_TRUE(record.notarize(epoch, View(5), a));
  EXPECT_TRUE(record.notarize(epoch, View(5), a));
  EXPECT_FALSE(record.notarize(epoch, View(5), b));
}

TEST(SignerRecord, NotarizesAfterNullify_S3) {
  SignerRecord record = at_view(5);
  EXPECT_TRUE(record.nullify(epoch, View(5)).has_value());
  EXPECT_TRUE(record.notarize(epoch, View(5), a));
}

TEST(SignerRecord, NeverFinalizesAfterNullify_S3) {
  SignerRecord record = at_view(5);
  ASSERT_TRUE(record.notarize(epoch, View(5), a));
  ASSERT_TRUE(record.nullify(epoch, View(5)).has_value());
  const SignerRecord before = record;
  EXPECT_FALSE(record.finalize(epoch, View(5), a));
  EXPECT_EQ(record, before);
}

TEST(SignerRecord, NeverNullifiesAfterFinalize_S3) {
  SignerRecord record = at_view(5);
  ASSERT_TRUE(record.notarize(epoch, View(5), a));
  ASSERT_TRUE(record.finalize(epoch, View(5), a));
  EXPECT_FALSE(record.nullify(epoch, View(5)).has_value());
  EXPECT_TRUE(record.finalize(epoch, View(5), a)) << "S5: the same vote again is allowed";
}

TEST(SignerRecord, FinalizesOnlyWhatItNotarized_S4) {
  SignerRecord record = at_view(5);
  EXPECT_FALSE(record.finalize(epoch, View(5), a));
  ASSERT_TRUE(record.notarize(epoch, View(5), a));
  EXPECT_FALSE(record.finalize(epoch, View(5), b));
  EXPECT_FALSE(record.finalize(epoch, View(6), a));
  EXPECT_EQ(record.view, View(5)) << "S5: asking about a higher view does not enter it";
  EXPECT_TRUE(record.finalize(epoch, View(5), a));
}

TEST(SignerRecord, NullifyClaimsOnlyWhatFollowsItsLastFinalize_S3) {
  SignerRecord record = at_view(2);
  EXPECT_EQ(record.nullify(epoch, View(2)), View(1));
  ASSERT_TRUE(record.notarize(epoch, View(3), a));
  ASSERT_TRUE(record.finalize(epoch, View(3), a));
  EXPECT_EQ(record.nullify(epoch, View(4)), View(4));
  EXPECT_EQ(record.nullify(epoch, View(9)), View(4));
}

TEST(SignerRecord, AfterAmnesiaItClaimsNothingOfThePast_S3) {
  SignerRecord record = SignerRecord::after_amnesia(epoch, View(12));
  EXPECT_FALSE(record.notarize(epoch, View(11), a));
  EXPECT_EQ(record.nullify(epoch, View(13)), View(12));
  record = SignerRecord::after_amnesia(epoch, View(12));
  EXPECT_EQ(record.nullify(epoch, View(12)), View(12));
}

TEST(SignerRecord, EncodingIsFrozen_S5) {
  SignerRecord record = at_view(5);
  ASSERT_TRUE(record.propose(epoch, View(5), a));
  ASSERT_TRUE(record.notarize(epoch, View(5), a));
  ASSERT_TRUE(record.finalize(epoch, View(5), a));
  const Bytes bytes = codec::to_bytes(record);
  std::string id;
  for (int i = 0; i < 32; ++i) id += "aa";
  EXPECT_EQ(to_hex(bytes),
            "07000000000000000500000000000000" + id + id + "0001" + "0500000000000000");
  EXPECT_EQ(codec::from_bytes<SignerRecord>(bytes).value(), record);
}

}  // namespace
}  // namespace oort::consensus::test
