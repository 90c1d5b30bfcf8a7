// SPDX-License-Identifier: Apache-2.0
#include "oort/crypto/aead.hpp"

#include <gtest/gtest.h>

#include "bytes.hpp"

namespace oort::crypto {
namespace {

using test::fixed;
using test::hex;

TEST(Aead, MatchesTheVectorsOfGcm_Y1) {
  // McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16.
  const SecretKey key(
      fixed<Bytes32>("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308").array());
  const auto nonce = fixed<AeadNonce>("cafebabefacedbaddecaf888");
  const Bytes plain =
      hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
          "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
  const Bytes associated = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const Bytes sealed = aead_seal(key, nonce, associated, plain);
  EXPECT_EQ(to_hex(sealed),
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
            "76fc6ece0f4e1768cddf8853bb2d551b");
  EXPECT_EQ(aead_open(key, nonce, associated, sealed).value(), plain);
}

TEST(Aead, RefusesEveryFlippedBit_Y5) {
  test::SeededRandom random(1);
  const SecretKey key = SecretKey::generate(random);
  const AeadNonce nonce;
  const Bytes good = aead_seal(key, nonce, as_bytes("where"), as_bytes("what"));
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    EXPECT_FALSE(aead_open(key, nonce, as_bytes("where"), bad)) << bit;
  }
  EXPECT_FALSE(aead_open(key, nonce, as_bytes("elsewhere"), good));
  EXPECT_FALSE(aead_open(key, nonce, as_bytes("where"), ByteView(good).first(3)));
  EXPECT_FALSE(aead_open(SecretKey::generate(random), nonce, as_bytes("where"), good));
}

TEST(Aead, InPlaceEqualsOneShotAndLeavesNoPlainTextBehind_Y5) {
  test::SeededRandom random(2);
  const SecretKey key = SecretKey::generate(random);
  const AeadNonce nonce;
  for (const std::size_t size : {0U, 1U, 15U, 16U, 65'536U}) {
    const Bytes plain = random.bytes(size);
    Bytes buffer = plain;
    buffer.resize(size + aead_tag_size);
    aead_seal_in_place(key, nonce, {}, buffer);
    EXPECT_EQ(buffer, aead_seal(key, nonce, {}, plain));
    Bytes damaged = buffer;
    damaged.back() ^= std::byte{1};
    EXPECT_FALSE(aead_open_in_place(key, nonce, {}, damaged));
    EXPECT_TRUE(std::all_of(damaged.begin(), damaged.begin() + static_cast<std::ptrdiff_t>(size),
                            [](std::byte b) { return b == std::byte{0}; }));
    ASSERT_EQ(aead_open_in_place(key, nonce, {}, buffer).value(), size);
    buffer.resize(size);
    EXPECT_EQ(buffer, plain);
  }
}

TEST(Aead, SealsToAKeyAndOnlyItsHolderOpens_Y6) {
  test::SeededRandom random(3);
  const KeyPair alice(SecretSeed::generate(random));
  const KeyPair bob(SecretSeed::generate(random));
  const Bytes sealed = seal_to(alice.public_key(), as_bytes("bucket key")).value();
  EXPECT_EQ(sealed.size(), 10U + 48U);
  EXPECT_EQ(as_text(open_sealed(alice, sealed).value()), "bucket key");
  EXPECT_EQ(open_sealed(bob, sealed).error().reason(), "DECRYPTION_FAILED");
  EXPECT_EQ(open_sealed(alice, ByteView(sealed).first(47)).error().reason(), "DECRYPTION_FAILED");
  EXPECT_EQ(seal_to(PublicKey(), as_bytes("x")).error().reason(), "BAD_KEY");
}

TEST(Aead, DerivesOneKeyPerInput) {
  test::SeededRandom random(4);
  constexpr Context context("oort.v1 test key");
  const SecretKey secret = SecretKey::generate(random);
  const SecretKey one = derive_key(context, secret, as_bytes("1"));
  const SecretKey two = derive_key(context, secret, as_bytes("2"));
  EXPECT_FALSE(equal_constant_time(one.view(), two.view()));
  EXPECT_TRUE(equal_constant_time(one.view(), derive_key(context, secret, as_bytes("1")).view()));
}

}  // namespace
}  // namespace oort::crypto
