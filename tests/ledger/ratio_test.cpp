// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/ratio.hpp"

#include <gtest/gtest.h>

namespace oort::ledger::test {
namespace {

constexpr Uint128 wide(std::uint64_t high, std::uint64_t low) { return Uint128{high} << 64 | low; }
constexpr Uint128 greatest = ~Uint128{0};

TEST(Ratio, EqualsPlainArithmeticWhereThatIsPossible) {
  for (std::uint64_t a = 0; a < 40; ++a) {
    for (std::uint64_t b = 0; b < 40; ++b) {
      EXPECT_EQ(mul_div(a, b, 0, Rounding::Down), std::nullopt);
      for (std::uint64_t c = 1; c < 40; ++c) {
        EXPECT_EQ(mul_div(a, b, c, Rounding::Down), Uint128{a * b / c});
        EXPECT_EQ(mul_div(a, b, c, Rounding::Up), Uint128{(a * b + c - 1) / c});
      }
    }
  }
}

struct Case {
  Uint128 a, b, c;
  std::optional<Uint128> down, up;
};

/// Made with the integers of Python.
const Case cases[] = {
    {wide(0xffffffffffffffff, 0xffffffffffffffff), wide(0xffffffffffffffff, 0xffffffffffffffff),
     wide(0xffffffffffffffff, 0xffffffffffffffff), wide(0xffffffffffffffff, 0xffffffffffffffff),
     wide(0xffffffffffffffff, 0xffffffffffffffff)},
    {wide(0xffffffffffffffff, 0xffffffffffffffff), wide(0xffffffffffffffff, 0xffffffffffffffff),
     wide(0xffffffffffffffff, 0xfffffffffffffffe), std::nullopt, std::nullopt},
    {wide(0xffffffffffffffff, 0xffffffffffffffff), wide(0x0000000000000000, 0x0000000000000001),
     wide(0x0000000000000000, 0x0000000000000001), wide(0xffffffffffffffff, 0xffffffffffffffff),
     wide(0xffffffffffffffff, 0xffffffffffffffff)},
    {wide(0xffffffffffffffff, 0xffffffffffffffff), wide(0x0000000000000000, 0x0000000000000002),
     wide(0x0000000000000000, 0x0000000000000002), wide(0xffffffffffffffff, 0xffffffffffffffff),
     wide(0xffffffffffffffff, 0xffffffffffffffff)},
    {wide(0xffffffffffffffff, 0xffffffffffffffff), wide(0x0000000000000000, 0x0000000000000003),
     wide(0x0000000000000000, 0x0000000000000004), wide(0xbfffffffffffffff, 0xffffffffffffffff),
     wide(0xc000000000000000, 0x0000000000000000)},
    {wide(0x8000000000000000, 0x0000000000000000), wide(0x8000000000000000, 0x0000000000000000),
     wide(0x8000000000000000, 0x0000000000000001), wide(0x7fffffffffffffff, 0xffffffffffffffff),
     wide(0x8000000000000000, 0x0000000000000000)},
    {wide(0xffffffffffffffff, 0xffffffffffffffff), wide(0xffffffffffffffff, 0xfffffffffffffffe),
     wide(0xffffffffffffffff, 0xffffffffffffffff), wide(0xffffffffffffffff, 0xfffffffffffffffe),
     wide(0xffffffffffffffff, 0xfffffffffffffffe)},
    {wide(0xffffffffffffffff, 0xffffffffffffffff), wide(0x0000000000000000, 0x0000000000000001),
     wide(0x0000000000000000, 0x0000000000000002), wide(0x7fffffffffffffff, 0xffffffffffffffff),
     wide(0x8000000000000000, 0x0000000000000000)},
    {wide(0x0000000c9f2c9cd0, 0x4674edea40000000), wide(0x000000000000d3c2, 0x1bcecceda1000000),
     wide(0x0000000000000000, 0x0de0b6b3a7640000), wide(0x00c097ce7bc90715, 0xb34b9f1000000000),
     wide(0x00c097ce7bc90715, 0xb34b9f1000000000)},
    {wide(0x8000000000000000, 0x0000000000000001), wide(0x8000000000000000, 0x0000000000000003),
     wide(0x8000000000000000, 0x0000000000000002), wide(0x8000000000000000, 0x0000000000000001),
     wide(0x8000000000000000, 0x0000000000000002)},
    {wide(0xffffffffffffffff, 0xfffffffffffffffe), wide(0xffffffffffffffff, 0xffffffffffffffff),
     wide(0xffffffffffffffff, 0xffffffffffffffff), wide(0xffffffffffffffff, 0xfffffffffffffffe),
     wide(0xffffffffffffffff, 0xfffffffffffffffe)},
    {wide(0x0000000a6513270e, 0x269e0d37f2a74de4), wide(0x0000000000000000, 0xd23f0824128b2f33),
     wide(0x00000000003b6411, 0x9531985d5d9dc9f8), wide(0x00000000000024cc, 0x509ba768e79e58a1),
     wide(0x00000000000024cc, 0x509ba768e79e58a2)},
    {wide(0x6f03675a1600a35a, 0x099950d836f675cc), wide(0x000000081738f7d9, 0x3d9c172411e20b8f),
     wide(0x1fb17c2390c192cf, 0xd3ac94af0f21ddb6), wide(0x0000001c56f2a129, 0x69da51cf2fe01536),
     wide(0x0000001c56f2a129, 0x69da51cf2fe01537)},
    {wide(0x0000000000000000, 0xa09f76b5a170b338), wide(0x95e60af593bd04cf, 0x0fd630f1f29d0da9),
     wide(0x0becd7b03898d190, 0xf9ebdacc0cb1e29c), wide(0x0000000000000007, 0xe3052102cec50755),
     wide(0x0000000000000007, 0xe3052102cec50756)},
    {wide(0x6b4cb2424a23d596, 0x2217beaddbc496cb), wide(0x0000000000000000, 0x1e27a1c08a6a63ec),
     wide(0x2e44158bae97ba94, 0xd0eda82f8f6d0558), wide(0x0000000000000000, 0x45ef4d779f9335ab),
     wide(0x0000000000000000, 0x45ef4d779f9335ac)},
    {wide(0x0000000000000000, 0x923a736994e3bf91), wide(0x8c38fb2918f135d2, 0x5f557203301850c5),
     wide(0x000000000279dda6, 0x0f4205b4907a70c3), wide(0x00000020592d74c9, 0x92e9847714213f7b),
     wide(0x00000020592d74c9, 0x92e9847714213f7c)},
    {wide(0x0000000000000000, 0xae2eb1547f150524), wide(0x7731af10506bf2ef, 0xc6f877186d76b07e),
     wide(0xcb5c74273f98e277, 0x4cbd87ad5c90a958), wide(0x0000000000000000, 0x661781876c3402e4),
     wide(0x0000000000000000, 0x661781876c3402e5)},
    {wide(0x0000000000000000, 0xc7a2ea20b2f14c94), wide(0x0000000000000000, 0x930d6eaf14f4733f),
     wide(0x57ee05cde00902c7, 0x7ebff20686734721), wide(0x0000000000000000, 0x0000000000000001),
     wide(0x0000000000000000, 0x0000000000000002)},
    {wide(0xfaecbd389be4bcfc, 0x49b64a0872e6cc3a), wide(0x0000000000000000, 0x830e07bc1e398f10),
     wide(0x26e875555790f82e, 0xc1d3fcff2a3af4d4), wide(0x0000000000000003, 0x4d32045bad65f314),
     wide(0x0000000000000003, 0x4d32045bad65f315)},
    {wide(0x0000000af646e1f4, 0x0a097c976bf46c69), wide(0x0000000000000000, 0x8ede0d7ac3baea9e),
     wide(0x98289fcd59a54a7b, 0xb1fee08f57124242), wide(0x0000000000000000, 0x0000000a4aeaaa4b),
     wide(0x0000000000000000, 0x0000000a4aeaaa4c)},
    {wide(0x0000000174c9df6a, 0xcc011cdd9474031b), wide(0x0000000000000000, 0x451abd81f1d69ed6),
     wide(0x0f88080b10a3d6b2, 0xaa05e11ab2715945), wide(0x0000000000000000, 0x000000067aaa56a5),
     wide(0x0000000000000000, 0x000000067aaa56a6)},
    {wide(0x93f448b3a5aa3c81, 0x4f426dcbb394fb36), wide(0xb774eb5248db40af, 0x72158370d269a9a5),
     wide(0x05c6af0758d5563d, 0xab2cd31ee3151288), std::nullopt, std::nullopt},
    {wide(0x000000019c653938, 0x2b0537e65affb229), wide(0x00000004c4aaeac1, 0x37dc76fb0f17a300),
     wide(0x000000000197727d, 0x3f63af83bd0561e6), wide(0x000004d37dea5377, 0xaaad9e01c184dad6),
     wide(0x000004d37dea5377, 0xaaad9e01c184dad7)},
    {wide(0x000000017f1b103c, 0xdf1582b0eab477d2), wide(0x0000000000000000, 0x66d2287672fdf202),
     wide(0x6e36aab0d1bc52d9, 0x230d977ee2257159), wide(0x0000000000000000, 0x000000016568a4df),
     wide(0x0000000000000000, 0x000000016568a4e0)},
};

TEST(Ratio, CarriesProductsOf256Bits) {
  for (const Case& known : cases) {
    EXPECT_TRUE(mul_div(known.a, known.b, known.c, Rounding::Down) == known.down);
    EXPECT_TRUE(mul_div(known.a, known.b, known.c, Rounding::Up) == known.up);
    EXPECT_TRUE(mul_div(known.b, known.a, known.c, Rounding::Down) == known.down);
  }
}

TEST(Ratio, AShareIsNeverMoreThanTheWhole) {
  EXPECT_TRUE(share_of(greatest, parts_per_million, Rounding::Up) == greatest);
  EXPECT_TRUE(share_of(greatest, 0, Rounding::Up) == 0);
  EXPECT_TRUE(share_of(1, 1, Rounding::Down) == 0);
  EXPECT_TRUE(share_of(1, 1, Rounding::Up) == 1);
  EXPECT_TRUE(share_of(3'000'000, 333'333, Rounding::Down) == 999'999);
}

}  // namespace
}  // namespace oort::ledger::test
