// SPDX-License-Identifier: Apache-2.0
#include "liar.hpp"

#include <gtest/gtest.h>

#include "oort/codec/codec.hpp"
#include "oort/consensus/evidence.hpp"
#include "oort/host/random.hpp"
#include "oort/object/shard_messages.hpp"

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
  object::ReadShardReply reply;
  reply.length = 9;
  reply.bytes = to_bytes("something");
  const Bytes honest = codec::to_bytes(reply);
  const Bytes wrong = with_wrong_byte(honest, 9 + 2);
  reply.bytes = to_bytes("solething");
  EXPECT_EQ(codec::from_bytes<object::ReadShardReply>(wrong).value(), reply);
  EXPECT_EQ(with_wrong_byte(to_bytes("no reply"), 0), to_bytes("no reply"));
}

}  // namespace
}  // namespace oort::faults
