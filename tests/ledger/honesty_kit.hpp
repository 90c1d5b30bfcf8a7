// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "oort/crypto/hash.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/honesty_objects.hpp"

/// A bait from its tree to its reveal, for tests to spoil.
namespace oort::ledger::test {

template <class T>
T same(std::uint8_t byte) {
  T value;
  for (std::byte& each : value.mutable_view()) each = std::byte{byte};
  return value;
}

inline crypto::KeyPair key(std::uint8_t seed) {
  std::array<std::byte, 32> bytes{};
  bytes[0] = std::byte{seed};
  return crypto::KeyPair(crypto::SecretSeed(bytes));
}

struct Bait {
  crypto::KeyPair officer = key(1);
  crypto::KeyPair executor = key(2);
  Reveal reveal;
  RevealContext context;
};

inline void sign_again(Bait& bait) {
  bait.reveal.receipt.executor = bait.executor.node_id();
  bait.reveal.receipt.signature = bait.executor.sign(sign_hash(bait.reveal.receipt).view());
}

inline void plant_again(Bait& bait) {
  std::vector<Bytes32> leaves(bait_leaves_count, same<Bytes32>(0x77));
  leaves[9] = leaf_hash(bait.reveal.salt, bait.reveal.leaf);
  bait.reveal.path = crypto::merkle_prove(leaves, 9);
  bait.context.root = crypto::merkle_root(leaves);
}

/// An answered bait whose executor returned `result`; the answer is 0x42….
inline Bait make_bait(std::uint8_t result) {
  Bait bait;
  bait.context.draw = {same<ChainId>(0xc1), Epoch(7), same<Bytes32>(0x5e), 1, 1, 1};
  bait.context.officer_owner = same<OperatorId>(1);
  bait.context.executor_owner = same<OperatorId>(2);
  bait.reveal.epoch = Epoch(7);
  bait.reveal.officer = bait.officer.node_id();
  bait.reveal.drawn = crypto::vrf_prove(bait.officer, officer_alpha(bait.context.draw));
  bait.reveal.salt = same<Bytes32>(0x5a);
  bait.reveal.answer = same<Bytes32>(0x42);
  bait.reveal.leaf = {task_commitment(as_bytes("task")),
                      answer_commitment(bait.reveal.salt, bait.reveal.answer), VerdictRule::Exact};
  WorkReceipt& receipt = bait.reveal.receipt;
  receipt.chain = bait.context.draw.chain;
  receipt.epoch = Epoch(7);
  receipt.lease = {3, 4};
  receipt.task_commitment = bait.reveal.leaf.task_commitment;
  receipt.input_root = same<Bytes32>(5);
  receipt.result_hash = same<Bytes32>(result);
  receipt.resources = {6, 7, 8, 9};
  plant_again(bait);
  sign_again(bait);
  return bait;
}

}  // namespace oort::ledger::test
