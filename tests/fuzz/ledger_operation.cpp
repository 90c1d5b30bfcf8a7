// SPDX-License-Identifier: Apache-2.0
// Operations as they come out of a transaction: one encoding, and the machine survives each of them
// on a state that has something of everything.
#include <cstddef>
#include <cstdint>
#include <span>

#include "oort/core/assert.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/machine.hpp"
#include "oort/ledger/view.hpp"

namespace oort::ledger {
namespace {

class TrustingVerifier final : public SignatureVerifier {
 public:
  [[nodiscard]] bool verify(const PublicKey&, ByteView, const Signature&) const noexcept override {
    return true;
  }
};

AccountId sender() { return crypto::account_of(PublicKey()); }

Transaction transaction_of(std::uint64_t sequence, std::vector<Bytes> operations) {
  Transaction transaction;
  transaction.sender = sender();
  transaction.sequence = sequence;
  transaction.valid_until = Height(10);
  transaction.operations = std::move(operations);
  return transaction;
}

GenesisParams genesis() {
  GenesisParams genesis;
  genesis.chain_name = "fuzz";
  genesis.params.classes = {{StorageClass::Standard, 1, 1, 1, 0, 0}};
  genesis.params.distinct_networks = false;
  genesis.params.distinct_systems = false;
  genesis.params.governor = sender();
  genesis.accounts = {{sender(), Oort(1'000'000)}};
  Node node;
  node.owner = sender();
  node.roles = 1;
  genesis.nodes = {node};
  genesis.validators = {{node.id, 1}};
  return genesis;
}

/// Bucket 1 with an object and an upload of one part, in a segment of nonce 0.
std::vector<Bytes> first_operations() {
  const SegmentId segment = segment_id_of(sender(), 0);
  ShardReceipt receipt;
  receipt.segment = segment;
  receipt.generation = 1;
  receipt.length = 1000;
  receipt.hold_until = Height(1000);
  ObjectCommit commit;
  commit.bucket = BucketId(1);
  commit.body_digest = Bytes32(segment.array());
  commit.extents = {{{segment, 0}, 0, 100, {}}};
  const MultipartCreate upload{commit.bucket, {}, {}, commit.body_digest, {}};
  const MultipartPart part{
      commit.bucket,  {}, keys::version_id(Height(1), 0, 3), 1, 5, commit.body_digest,
      commit.extents, {}};
  return {encode_operation(BucketCreate{sender(), "fuzz", {}, {}, {}}),
          encode_operation(SegmentStore{0, {}, 1, 1000, {}, {receipt}}), encode_operation(commit),
          encode_operation(upload), encode_operation(part)};
}

struct Stage {
  TrustingVerifier signatures;
  Machine machine{ChainId(), signatures};
  MemoryState state;
  Stage() {
    state.apply(genesis_writes(genesis()));
    const Transaction first = transaction_of(0, first_operations());
    const auto result = machine.execute(
        BlockContext{Height(1), 0, Epoch(), NodeId(), Bytes32(), oort::View()}, {&first, 1}, state);
    for (const auto& receipt : result.receipts.at(0).operations) {
      OORT_ASSERT(receipt.rejection == Rejection::None, "the stage is set");
    }
    state.apply(result.writes);
  }
};

void run(ByteView bytes) {
  static const Stage stage;
  if (const auto operation = decode_operation(bytes)) {
    OORT_ASSERT(encode_operation(*operation) == to_bytes(bytes), "one encoding");
  }
  const Transaction transaction = transaction_of(1, {to_bytes(bytes), to_bytes(bytes)});
  const auto result =
      stage.machine.execute(BlockContext{Height(2), 0, Epoch(), NodeId(), Bytes32(), oort::View()},
                            {&transaction, 1}, stage.state);
  OORT_ASSERT(result.receipts.at(0).operations.size() == 2, "every operation has its receipt");
}

}  // namespace
}  // namespace oort::ledger

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  oort::ledger::run(std::as_bytes(std::span(data, size)));
  return 0;
}
