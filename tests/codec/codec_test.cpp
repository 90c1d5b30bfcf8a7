// SPDX-License-Identifier: Apache-2.0
#include "oort/codec/codec.hpp"

#include <gtest/gtest.h>

#include "bytes.hpp"

namespace oort::codec {
namespace {

struct Sample {
  std::uint16_t small = 0;
  Height height;
  Oort amount;
  std::optional<NodeId> node;
  std::vector<std::uint32_t> numbers;
  SlotRef slot;
  bool flag = false;
  std::string name;
  friend bool operator==(const Sample&, const Sample&) = default;
};

void encode(Writer& out, const Sample& value) {
  codec::encode(out, value.small);
  codec::encode(out, value.height);
  codec::encode(out, value.amount);
  codec::encode(out, value.node);
  encode_vector(out, value.numbers);
  codec::encode(out, value.slot);
  codec::encode(out, value.flag);
  out.text(value.name);
}

Result<void> decode(Reader& in, Sample& value) {
  OORT_TRY(codec::decode(in, value.small));
  OORT_TRY(codec::decode(in, value.height));
  OORT_TRY(codec::decode(in, value.amount));
  OORT_TRY(codec::decode(in, value.node));
  OORT_TRY(decode_vector(in, value.numbers, 16));
  OORT_TRY(codec::decode(in, value.slot));
  OORT_TRY(codec::decode(in, value.flag));
  OORT_TRY(value.name, in.text(64));
  return {};
}

Sample full_sample() {
  Sample sample;
  sample.small = 0x0102;
  sample.height = Height(7);
  sample.amount = Oort(Uint128{1} << 100U);
  sample.node =
      test::fixed<NodeId>("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  sample.numbers = {1, 0xffffffff};
  sample.slot = {.segment = {}, .slot = 9};
  sample.flag = true;
  sample.name = "né";
  return sample;
}

constexpr std::string_view golden =
    "0201"
    "0700000000000000"
    "00000000000000000000000010000000"
    "01000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    "0200000001000000ffffffff"
    "000000000000000000000000000000000000000000000000000000000000000009000000"
    "01"
    "030000006ec3a9";

TEST(Codec, BytesAreFrozen_E1) {
  EXPECT_EQ(to_hex(to_bytes(full_sample())), golden);
  EXPECT_EQ(from_bytes<Sample>(test::hex(golden)).value(), full_sample());
}

TEST(Codec, EveryPrefixIsRefused_E2) {
  const Bytes bytes = to_bytes(full_sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto read = from_bytes<Sample>(ByteView(bytes).first(size));
    ASSERT_FALSE(read) << size;
    EXPECT_EQ(read.error().reason(), "MALFORMED");
  }
  Bytes longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_EQ(from_bytes<Sample>(longer).error().reason(), "MALFORMED");
}

TEST(Codec, WhateverDecodesEncodesToTheSameBytes_E1) {
  test::SeededRandom random(5);
  const Bytes good = to_bytes(full_sample());
  std::size_t decoded_count = 0;
  for (int round = 0; round < 20'000; ++round) {
    Bytes bytes = good;
    for (std::uint64_t flips = 1 + random.below(3); flips > 0; --flips) {
      bytes[random.below(bytes.size())] = static_cast<std::byte>(random.below(256));
    }
    const auto read = from_bytes<Sample>(bytes);
    if (!read) continue;
    ++decoded_count;
    EXPECT_EQ(to_bytes(*read), bytes);
  }
  EXPECT_GT(decoded_count, 1000U);
}

TEST(Codec, RefusesASecondEncodingOfABoolean_E1) {
  EXPECT_EQ(from_bytes<bool>(test::hex("02")).error().reason(), "NOT_CANONICAL");
  EXPECT_EQ(from_bytes<std::optional<bool>>(test::hex("ff")).error().reason(), "NOT_CANONICAL");
}

TEST(Codec, ACountIsBoundedByTheInput_E2) {
  const Bytes bytes = test::hex("ffffff0f00000000");
  Reader in(bytes);
  EXPECT_EQ(in.count(0xffffffff, 4).error().reason(), "MALFORMED");
  EXPECT_EQ(in.count(3, 1).error().reason(), "TOO_LARGE");
  EXPECT_EQ(in.rest().size(), bytes.size()) << "a refused count consumes nothing";
  EXPECT_EQ(in.blob(8).error().reason(), "TOO_LARGE");
  EXPECT_EQ(in.blob(0xffffffff).error().reason(), "MALFORMED");
  EXPECT_EQ(in.rest().size(), bytes.size());
}

}  // namespace
}  // namespace oort::codec
