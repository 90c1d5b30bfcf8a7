// SPDX-License-Identifier: Apache-2.0
#include "oort/crypto/vrf.hpp"

#include <gtest/gtest.h>

#include "bytes.hpp"

namespace oort::crypto {
namespace {

using test::fixed;
using test::hex;

struct Vector {
  const char* seed;
  const char* alpha;
  const char* proof;
  const char* output;
};

/// RFC 9381, B.3, examples 16 and 17.
constexpr Vector vectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "",
     "8657106690b5526245a92b003bb079ccd1a92130477671f6fc01ad16f26f723f"
     "26f8a57ccaed74ee1b190bed1f479d9727d2d0f9b005a6e456a35d4fb0daab12"
     "68a1b0db10836d9826a528ca76567805",
     "90cf1df3b703cce59e2a35b925d411164068269d7b2d29f3301c03dd757876ff"
     "66b71dda49d2de59d03450451af026798e8f81cd2e333de5cdf4f3e140fdd8ae"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "72",
     "f3141cd382dc42909d19ec5110469e4feae18300e94f304590abdced48aed593"
     "3bf0864a62558b3ed7f2fea45c92a465301b3bbf5e3e54ddf2d935be3b67926d"
     "a3ef39226bbc355bdc9850112c8f4b02",
     "eb4440665d3891d668e7e0fcaf587f1b4bd7fbfe99d0eb2211ccec90496310eb"
     "5e33821bc613efb94db5e5b54c70a848a0bef4553a41befc57663b56373a5031"},
};

TEST(Vrf, MatchesRfc9381_Y1) {
  for (const Vector& vector : vectors) {
    const KeyPair keys(SecretSeed(fixed<Bytes32>(vector.seed).array()));
    const VrfProof proof = vrf_prove(keys, hex(vector.alpha));
    EXPECT_EQ(proof.hex(), vector.proof);
    const auto output = vrf_verify(keys.public_key(), hex(vector.alpha), proof);
    ASSERT_TRUE(output);
    EXPECT_EQ(output->hex(), vector.output);
  }
}

TEST(Vrf, RefusesEveryFlippedBitAndOtherInputs_Y7) {
  const KeyPair keys(SecretSeed(fixed<Bytes32>(vectors[0].seed).array()));
  const KeyPair other(SecretSeed(fixed<Bytes32>(vectors[1].seed).array()));
  const VrfProof good = vrf_prove(keys, as_bytes("alpha"));
  EXPECT_FALSE(vrf_verify(keys.public_key(), as_bytes("beta"), good));
  EXPECT_FALSE(vrf_verify(other.public_key(), as_bytes("alpha"), good));
  for (std::size_t bit = 0; bit < VrfProof::size_bytes * 8; bit += 3) {
    VrfProof bad = good;
    bad.mutable_view()[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    EXPECT_FALSE(vrf_verify(keys.public_key(), as_bytes("alpha"), bad)) << bit;
  }
}

TEST(Vrf, RefusesAScalarThatIsNotReduced_Y7) {
  const KeyPair keys(SecretSeed(fixed<Bytes32>(vectors[0].seed).array()));
  VrfProof proof = vrf_prove(keys, as_bytes("alpha"));
  const Bytes order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    const unsigned sum = std::to_integer<unsigned>(proof.view()[48 + i]) +
                         std::to_integer<unsigned>(order[i]) + carry;
    proof.mutable_view()[48 + i] = static_cast<std::byte>(sum & 0xffU);
    carry = sum >> 8U;
  }
  EXPECT_FALSE(vrf_verify(keys.public_key(), as_bytes("alpha"), proof));
}

}  // namespace
}  // namespace oort::crypto
