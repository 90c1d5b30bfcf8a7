// SPDX-License-Identifier: Apache-2.0
#include "oort/object/coder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "oort/crypto/hash.hpp"
#include "oort/object/layout.hpp"
#include "support.hpp"

namespace oort::object {
namespace {

using test::noise;

std::vector<Bytes> code(const Coder& coder, std::size_t size, std::uint64_t seed) {
  const Scheme scheme = coder.scheme();
  std::vector<Bytes> shards;
  std::vector<ByteView> data;
  std::vector<std::span<std::byte>> parity;
  for (std::size_t i = 0; i < scheme.total; ++i) {
    shards.push_back(i < scheme.data ? noise(seed + i, size) : Bytes(size));
  }
  for (std::size_t i = 0; i < scheme.total; ++i) {
    if (i < scheme.data) {
      data.emplace_back(shards[i]);
    } else {
      parity.emplace_back(shards[i]);
    }
  }
  coder.encode(data, parity);
  return shards;
}

bool rebuilds(const Coder& coder, const std::vector<Bytes>& shards,
              const std::vector<std::uint8_t>& given) {
  std::vector<std::uint8_t> wanted;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const auto index = static_cast<std::uint8_t>(i);
    if (std::find(given.begin(), given.end(), index) == given.end()) wanted.push_back(index);
  }
  const auto decoder = coder.decoder(given, wanted);
  if (!decoder) return false;
  std::vector<ByteView> sources;
  for (const std::uint8_t index : given) sources.emplace_back(shards[index]);
  std::vector<Bytes> rebuilt(wanted.size(), Bytes(shards[0].size()));
  std::vector<std::span<std::byte>> targets(rebuilt.begin(), rebuilt.end());
  decoder->apply(sources, targets);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (rebuilt[i] != shards[wanted[i]]) return false;
  }
  return true;
}

TEST(Coder, EverySubsetOfKGivesBackTheRest_R1) {
  for (const Scheme scheme :
       {Scheme{1, 1}, Scheme{1, 3}, Scheme{2, 3}, Scheme{2, 4}, Scheme{3, 6}, Scheme{8, 12}}) {
    const Coder coder = *Coder::make(scheme);
    const auto shards = code(coder, 97, scheme.total);
    for (std::uint32_t mask = 0; mask < (1U << scheme.total); ++mask) {
      if (std::popcount(mask) != scheme.data) continue;
      std::vector<std::uint8_t> given;
      for (std::uint8_t i = 0; i < scheme.total; ++i) {
        if ((mask >> i & 1U) != 0) given.push_back(i);
      }
      ASSERT_TRUE(rebuilds(coder, shards, given)) << int{scheme.data} << "/" << int{scheme.total};
    }
  }
}

TEST(Coder, RandomSubsetsOfWideSchemesGiveBackTheRest_R1) {
  sim::Generator random(7);
  for (const Scheme scheme : {Scheme{16, 32}, Scheme{20, 40}, Scheme{29, 80}, Scheme{60, 255}}) {
    const Coder coder = *Coder::make(scheme);
    const auto shards = code(coder, 64, 3);
    for (int round = 0; round < 4; ++round) {
      std::vector<std::uint8_t> given(scheme.total);
      std::iota(given.begin(), given.end(), std::uint8_t{0});
      for (std::size_t i = given.size() - 1; i > 0; --i) {
        std::swap(given[i], given[random.below(i + 1)]);
      }
      given.resize(scheme.data);
      ASSERT_TRUE(rebuilds(coder, shards, given));
    }
  }
}

TEST(Coder, PieceByPieceEqualsAtOnce_R2) {
  const Coder coder = *Coder::make({3, 5});
  const auto whole = code(coder, 1000, 11);
  std::vector<Bytes> parity(2, Bytes(1000));
  for (std::size_t begin = 0; begin < 1000;) {
    const std::size_t size = std::min<std::size_t>(1 + begin % 131, 1000 - begin);
    std::vector<ByteView> data;
    std::vector<std::span<std::byte>> out;
    for (std::size_t i = 0; i < 3; ++i) data.push_back(ByteView(whole[i]).subspan(begin, size));
    for (Bytes& shard : parity) out.push_back(std::span(shard).subspan(begin, size));
    coder.encode(data, out);
    begin += size;
  }
  EXPECT_EQ(parity[0], whole[3]);
  EXPECT_EQ(parity[1], whole[4]);
}

TEST(Coder, ParityBytesAreFrozen_R3) {
  const auto shards = code(*Coder::make({8, 12}), 64, 1);
  Bytes all;
  for (std::size_t i = 8; i < 12; ++i) all.insert(all.end(), shards[i].begin(), shards[i].end());
  EXPECT_EQ(crypto::blake3(all).hex(),
            "c047a41d7ce8e13e7cc20af6b65339939927f41c317dacf9ad58c88c340e86a5");
}

TEST(Coder, RefusesImpossibleSchemesAndSelections) {
  EXPECT_FALSE(Coder::make({0, 3}));
  EXPECT_FALSE(Coder::make({4, 3}));
  const Coder coder = *Coder::make({2, 4});
  const std::vector<std::uint8_t> wanted{1};
  EXPECT_FALSE(coder.decoder(std::vector<std::uint8_t>{0}, wanted));
  EXPECT_FALSE(coder.decoder(std::vector<std::uint8_t>{0, 0}, wanted));
  EXPECT_FALSE(coder.decoder(std::vector<std::uint8_t>{0, 4}, wanted));
  EXPECT_FALSE(coder.decoder(std::vector<std::uint8_t>{0, 2}, std::vector<std::uint8_t>{9}));
}

TEST(Layout, RunsCoverTheRangeInOrder_Y1) {
  sim::Generator random(5);
  for (int round = 0; round < 300; ++round) {
    const auto data = static_cast<std::uint8_t>(1 + random.below(20));
    const std::uint64_t length = random.below(9 * 64 * 1024 * data) + 1;
    const Layout layout(length, data);
    const std::uint64_t offset = random.below(length);
    const std::uint64_t size = random.below(length - offset + 1);
    std::uint64_t at = offset;
    for (const ShardRun& run : layout.runs(offset, size)) {
      ASSERT_EQ(run.segment_offset, at);
      ASSERT_LT(run.shard, data);
      ASSERT_LE(run.shard_offset + run.size, layout.shard_bytes());
      ASSERT_GT(run.size, 0U);
      at += run.size;
    }
    ASSERT_EQ(at, offset + size);
  }
}

TEST(Layout, ShardsHoldTheSegmentAndLittleMore_Y2) {
  for (std::uint64_t length : {1U, 63U, 65'536U, 131'072U, 131'073U, 1'000'000U}) {
    for (const int data : {1, 2, 3, 8, 20}) {
      const Layout layout(length, static_cast<std::uint8_t>(data));
      const auto k = static_cast<std::uint64_t>(data);
      EXPECT_GE(layout.shard_bytes() * k, length);
      EXPECT_LT(layout.shard_bytes() * k, length + k);
    }
  }
  EXPECT_EQ(Layout(0, 2).shard_bytes(), 0U);
}

}  // namespace
}  // namespace oort::object
