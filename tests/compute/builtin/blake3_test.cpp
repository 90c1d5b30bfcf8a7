// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/builtin/blake3.hpp"

#include <gtest/gtest.h>

#include "builtin/ways.hpp"
#include "oort/compute/builtin/draws.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/tree_leaves.hpp"

namespace oort::compute::builtin {
namespace {

Bytes pattern(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(mixed(i) & 0xFFU);
  return bytes;
}

Task task_of(std::vector<Bytes> inputs, Blake3Parameters parameters) {
  return {{"blake3", 1}, codec::to_bytes(parameters), std::move(inputs)};
}

TEST(Blake3Workload, RootsArePlainHashesAndProofsVerify_B1_W1_W3) {
  const std::vector<Bytes> inputs{pattern(0),    pattern(1),       pattern(4096),
                                  pattern(4097), pattern(262'144), pattern(1'000'003)};
  const Blake3Parameters parameters{{{0, 0}, {2, 0}, {3, 0}, {3, 1}, {5, 0}, {5, 244}}};
  const Bytes bytes = test::every_way(task_of(inputs, parameters));
  const auto output = codec::from_bytes<Blake3Output>(bytes);
  ASSERT_TRUE(output);
  EXPECT_EQ(codec::to_bytes(*output), bytes);
  ASSERT_EQ(output->inputs.size(), inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_EQ(output->inputs[i].root, crypto::blake3(inputs[i]));
    EXPECT_EQ(output->inputs[i].size, inputs[i].size());
  }
  ASSERT_EQ(output->proofs.size(), parameters.proofs.size());
  for (const LeafProof& proof : output->proofs) {
    const ByteView input = inputs[proof.input];
    const std::size_t begin = proof.proof.leaf * crypto::tree_leaf_bytes;
    const ByteView leaf =
        input.subspan(begin, std::min(crypto::tree_leaf_bytes, input.size() - begin));
    EXPECT_TRUE(
        crypto::tree_verify(TreeRoot(output->inputs[proof.input].root.array()), proof.proof, leaf));
  }
  EXPECT_EQ(test::digest_hex(bytes),
            "26f2c13527087bd566e5f039ab393200b7aade97ee0e8c094059411f14309888");
}

TEST(Blake3Workload, RefusesProofsOutOfOrderAndOfMissingLeaves) {
  EXPECT_EQ(test::refusal(task_of({pattern(5000)}, {{{0, 1}, {0, 0}}})), "NOT_CANONICAL");
  EXPECT_EQ(test::refusal(task_of({pattern(5000)}, {{{0, 2}}})), "BAD_ARGUMENT");
  EXPECT_EQ(test::refusal(task_of({pattern(5000)}, {{{1, 0}}})), "BAD_ARGUMENT");
}

}  // namespace
}  // namespace oort::compute::builtin
