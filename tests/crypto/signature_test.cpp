// SPDX-License-Identifier: Apache-2.0
#include "oort/crypto/signature.hpp"

#include <gtest/gtest.h>

#include "bytes.hpp"

namespace oort::crypto {
namespace {

using test::fixed;
using test::hex;

KeyPair pair_of(std::string_view seed_hex) {
  return KeyPair(SecretSeed(fixed<Bytes32>(seed_hex).array()));
}

TEST(Signature, MatchesRfc8032_Y1) {
  const KeyPair keys = pair_of("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  EXPECT_EQ(keys.public_key().hex(),
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const Signature signature = keys.sign(hex("72"));
  EXPECT_EQ(signature.hex(),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  EXPECT_TRUE(verify(keys.public_key(), hex("72"), signature));
  EXPECT_FALSE(verify(keys.public_key(), hex("73"), signature));
}

TEST(Signature, RefusesEveryFlippedBit) {
  const KeyPair keys = pair_of("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  const Signature good = keys.sign(as_bytes("message"));
  for (std::size_t bit = 0; bit < 512; ++bit) {
    Signature bad = good;
    bad.mutable_view()[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    EXPECT_FALSE(verify(keys.public_key(), as_bytes("message"), bad)) << bit;
  }
}

/// What the ledger calls a valid signature is what libsodium 1.0.18 accepts. These are edge cases
/// of the kind collected in "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko, 2020); a
/// library whose rules differ on them would split the network.
TEST(Signature, FreezesTheRulesOfValidity_Y3) {
  const PublicKey small_order =
      fixed<PublicKey>("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa");
  const PublicKey identity =
      fixed<PublicKey>("0100000000000000000000000000000000000000000000000000000000000000");
  const PublicKey non_canonical_identity =
      fixed<PublicKey>("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
  Signature zero_scalar;
  zero_scalar.mutable_view()[0] = std::byte{1};
  for (const PublicKey& key : {small_order, identity, non_canonical_identity}) {
    EXPECT_FALSE(verify(key, as_bytes("any"), zero_scalar)) << key.hex();
  }

  // S + L verifies under the group equation, yet is no canonical scalar.
  const KeyPair keys = pair_of("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  Signature malleable = keys.sign(as_bytes("any"));
  const Bytes order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    const unsigned sum = std::to_integer<unsigned>(malleable.view()[32 + i]) +
                         std::to_integer<unsigned>(order[i]) + carry;
    malleable.mutable_view()[32 + i] = static_cast<std::byte>(sum & 0xffU);
    carry = sum >> 8U;
  }
  ASSERT_EQ(carry, 0U);
  EXPECT_FALSE(verify(keys.public_key(), as_bytes("any"), malleable));
}

TEST(Signature, AccountIsFrozen_Y4) {
  const KeyPair keys = pair_of("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  EXPECT_EQ(account_of(keys.public_key()).hex(), "311e1fed9c75a70b6529f6831c956ac9d99d4b05");
}

TEST(Signature, SignerAndSeedRoundTrip) {
  test::SeededRandom random(7);
  const KeyPair keys(SecretSeed::generate(random));
  const KeyPair again(keys.seed());
  EXPECT_EQ(again.public_key(), keys.public_key());
  const auto signer = local_signer(keys);
  EXPECT_EQ(signer->public_key(), keys.public_key());
  EXPECT_TRUE(verify(keys.public_key(), as_bytes("m"), signer->sign(as_bytes("m")).value()));
}

}  // namespace
}  // namespace oort::crypto
