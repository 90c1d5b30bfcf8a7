// SPDX-License-Identifier: Apache-2.0
#include "oort/object/shard_work.hpp"

#include <algorithm>

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/tree.hpp"

namespace oort::object {
namespace {

constexpr crypto::Context read_context("oort.v1 shard read");
constexpr crypto::Context answer_context("oort.v1 shard answer");
constexpr std::uint64_t leaf_bytes = crypto::tree_leaf_bytes;
/// Up to this size a range brings a path per leaf; above it, all leaves of the shard once.
constexpr std::uint64_t paths_bytes_max = 64 * 1024;

Bytes32 hash_of_answer(std::uint64_t length, std::uint64_t offset, ByteView bytes) {
  codec::Writer head;
  head.u64(length);
  head.u64(offset);
  return crypto::hash(answer_context, head.bytes(), bytes);
}

}  // namespace

std::optional<AnsweredRange> answered_range(const ReadShard& request,
                                            std::uint64_t shard_length) noexcept {
  const std::uint64_t size = request.size;
  if (request.offset > shard_length || size > shard_length - request.offset) return std::nullopt;
  if (request.proof == ReadProof::None) return AnsweredRange{request.offset, size};
  const std::uint64_t begin = request.offset / leaf_bytes * leaf_bytes;
  const std::uint64_t end = (request.offset + size + leaf_bytes - 1) / leaf_bytes * leaf_bytes;
  return AnsweredRange{begin, std::min(shard_length, end) - begin};
}

ReadProof proof_for(std::uint64_t size) noexcept {
  return size <= paths_bytes_max ? ReadProof::Paths : ReadProof::Leaves;
}

Bytes32 input_root_of(const ReadShard& request) {
  ReadShard asked = request;
  asked.order.reset();
  return crypto::hash(read_context, codec::to_bytes(asked));
}

Bytes32 result_hash_of(const ReadShardReply& reply) {
  return hash_of_answer(reply.length, reply.offset, reply.bytes);
}

std::optional<Bytes32> true_result_of(const ReadShard& request, ByteView shard) {
  const auto range = answered_range(request, shard.size());
  if (!range) return std::nullopt;
  return hash_of_answer(shard.size(), range->offset, shard.subspan(range->offset, range->size));
}

Result<ledger::WorkReceipt> sign_work(const ChainId& chain, const NodeId& self,
                                      const ReadShard& request, const ReadShardReply& reply,
                                      env::Signer& signer) {
  OORT_ASSERT(request.order.has_value(), "somebody asked for a receipt");
  ledger::WorkReceipt receipt;
  receipt.chain = chain;
  receipt.epoch = request.order->round;
  receipt.task_commitment = request.order->task;
  receipt.input_root = input_root_of(request);
  receipt.result_hash = result_hash_of(reply);
  receipt.resources.read_bytes = reply.bytes.size();
  receipt.executor = self;
  OORT_TRY(receipt.signature, signer.sign(sign_hash(receipt).view()));
  return receipt;
}

}  // namespace oort::object
