// SPDX-License-Identifier: Apache-2.0
#include "oort/core/bytes.hpp"

#include <gtest/gtest.h>

#include <array>

namespace oort {
namespace {

using Four = FixedBytes<struct FourTag, 4>;

Four four(std::array<int, 4> values) {
  Four bytes;
  for (std::size_t i = 0; i < 4; ++i) bytes.mutable_view()[i] = static_cast<std::byte>(values[i]);
  return bytes;
}

TEST(Hex, ReadsBackWhatItWrote) {
  Bytes all;
  for (int value = 0; value < 256; ++value) all.push_back(static_cast<std::byte>(value));
  const std::string hex = to_hex(all);
  EXPECT_EQ(hex.substr(0, 8), "00010203");
  EXPECT_EQ(hex.substr(504), "fcfdfeff");
  EXPECT_EQ(from_hex(hex), all);
  EXPECT_EQ(from_hex("FCfd"), (Bytes{std::byte{0xfc}, std::byte{0xfd}}));
  EXPECT_EQ(from_hex(""), Bytes{});
}

TEST(Hex, RefusesWhatIsNotHexadecimal_B2) {
  for (const char* bad : {"0", "000", "0g", "g0", " 0", "0x", "-1", "\xc3\xa9"}) {
    EXPECT_FALSE(from_hex(bad)) << bad;
  }
}

TEST(FixedBytes, TakesExactlyItsSize_B2) {
  EXPECT_FALSE(Four::from(as_bytes("abc")));
  EXPECT_FALSE(Four::from(as_bytes("abcde")));
  EXPECT_FALSE(Four::from(ByteView{}));
  EXPECT_EQ(Four::from(as_bytes("abcd")), Four::from_hex("61626364"));
  EXPECT_FALSE(Four::from_hex("616263"));
  EXPECT_FALSE(Four::from_hex("6162636465"));
  EXPECT_FALSE(Four::from_hex("6162636z"));
}

TEST(FixedBytes, IsOrderedAsUnsignedBytesFirstByteFirst_B1) {
  EXPECT_LT(four({0x7f, 0, 0, 0}), four({0x80, 0, 0, 0}));
  EXPECT_LT(four({1, 0xff, 0xff, 0xff}), four({2, 0, 0, 0}));
  EXPECT_LT(four({1, 2, 3, 4}), four({1, 2, 3, 5}));
}

TEST(FixedBytes, IsZeroOnlyWhenEveryByteIs) {
  EXPECT_TRUE(Four().is_zero());
  for (std::size_t i = 0; i < 4; ++i) {
    Four bytes;
    bytes.mutable_view()[i] = std::byte{1};
    EXPECT_FALSE(bytes.is_zero()) << i;
  }
}

TEST(FixedBytes, ShortensForLogs) {
  EXPECT_EQ(Bytes32().short_hex(), "00000000");
  EXPECT_EQ((FixedBytes<struct TwoTag, 2>::from_hex("abcd")->short_hex()), "abcd");
}

TEST(Bytes, AreTheCharactersOfText) {
  EXPECT_EQ(as_text(as_bytes("a\0b")), std::string_view("a"));
  const std::string_view text("a\0b", 3);
  EXPECT_EQ(as_text(to_bytes(text)), text);
}

}  // namespace
}  // namespace oort
