// SPDX-License-Identifier: Apache-2.0
#include "liar.hpp"

#include <gtest/gtest.h>

#include "oort/codec/codec.hpp"
#include "oort/compute/messages.hpp"
#include "oort/consensus/evidence.hpp"
#include "oort/host/random.hpp"
#include "oort/object/shard_messages.hpp"
#include "oort/object/shard_work.hpp"

namespace oort::faults {
namespace {

TEST(Liar, ContradictsItselfWithAValidSignature) {
  host::KernelRandom random;
  const crypto::KeyPair keys(crypto::SecretSeed::generate(random));
  const node::Identity self{ChainId(), keys};
  consensus::Vote vote;
  vote.ballot.view = View(3);
  vote.signature = keys.sign(consensus::signed_bytes(self.chain, vote.ballot));
  const auto other = contradicting(vote, self);
  ASSERT_TRUE(other);
  EXPECT_TRUE(crypto::verify(keys.public_key(), consensus::signed_bytes(self.chain, other->ballot),
                             other->signature));
  const auto evidence = consensus::contradiction(vote, *other);
  ASSERT_TRUE(evidence);
  EXPECT_EQ(evidence->kind, consensus::EvidenceKind::DoubleNotarize);

  vote.ballot.kind = consensus::VoteKind::Nullify;
  EXPECT_FALSE(contradicting(vote, self));
}

TEST(Liar, ChangesOneByteOfAShardAndNothingElse) {
  host::KernelRandom random;
  const crypto::KeyPair keys(crypto::SecretSeed::generate(random));
  const node::Identity self{ChainId(), keys};
  object::ReadShardReply reply;
  reply.length = 9;
  reply.bytes = to_bytes("something");
  const Bytes honest = codec::to_bytes(reply);
  const Bytes wrong = with_wrong_byte(honest, 9 + 2, self);
  reply.bytes = to_bytes("solething");
  EXPECT_EQ(codec::from_bytes<object::ReadShardReply>(wrong).value(), reply);
  EXPECT_EQ(with_wrong_byte(to_bytes("no reply"), 0, self), to_bytes("no reply"));
}

TEST(Liar, SignsForTheWrongBytes) {
  host::KernelRandom random;
  const crypto::KeyPair keys(crypto::SecretSeed::generate(random));
  const node::Identity self{ChainId(), keys};
  const auto signer = crypto::local_signer(keys);
  object::ReadShard request;
  request.order = object::ReadOrder{Epoch(3), Bytes32()};
  object::ReadShardReply reply;
  reply.length = 9;
  reply.bytes = to_bytes("something");
  reply.receipt = object::sign_work(self.chain, keys.node_id(), request, reply, *signer).value();
  const Bytes32 truth = reply.receipt->result_hash;
  const auto lie =
      codec::from_bytes<object::ReadShardReply>(with_wrong_byte(codec::to_bytes(reply), 0, self))
          .value();
  EXPECT_NE(lie.receipt->result_hash, truth);
  EXPECT_EQ(lie.receipt->result_hash, object::result_hash_of(lie));
  EXPECT_TRUE(ledger::is_signed(*lie.receipt));
}

TEST(Liar, SignsForAnotherResultAlwaysTheSame) {
  host::KernelRandom random;
  const crypto::KeyPair keys(crypto::SecretSeed::generate(random));
  const node::Identity self{ChainId(), keys};
  compute::TaskResult result;
  result.receipt.executor = keys.node_id();
  result.receipt.result_hash.mutable_view().back() = std::byte{9};
  const Bytes lie = with_wrong_result(compute::message_bytes(result), self);
  const auto read = compute::message_from<compute::TaskResult>(lie).value();
  EXPECT_NE(read.receipt.result_hash, result.receipt.result_hash);
  EXPECT_TRUE(ledger::is_signed(read.receipt));
  EXPECT_EQ(with_wrong_result(compute::message_bytes(result), self), lie);
  result.end = compute::TaskEnd::Failed;
  const Bytes failed = compute::message_bytes(result);
  EXPECT_EQ(with_wrong_result(failed, self), failed);
  EXPECT_EQ(with_wrong_result(to_bytes("no result"), self), to_bytes("no result"));
}

}  // namespace
}  // namespace oort::faults
