// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "oort/crypto/hash.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/machine.hpp"
#include "oort/ledger/storage_records.hpp"
#include "oort/ledger/view.hpp"

/// A ledger in memory for tests: one genesis, blocks on demand, all invariants looked at after
/// each.
namespace oort::ledger::test {

[[nodiscard]] crypto::KeyPair keys_of(std::uint8_t seed);
[[nodiscard]] AccountId account_of(const crypto::KeyPair& keys);
[[nodiscard]] NameHash name_hash(std::string_view name);
[[nodiscard]] TreeRoot root_of(std::string_view text);

/// Accepts every signature: for what is not about signatures and must be fast.
class TrustingVerifier final : public SignatureVerifier {
 public:
  [[nodiscard]] bool verify(const PublicKey&, ByteView, const Signature&) const noexcept override {
    return true;
  }
};

/// Says that the first 32 bytes of a proof are the offender, the byte behind them the view, if
/// there is one, the third behind them the epoch, where it is the last, and its hash the fault;
/// anything shorter proves nothing.
class FakeEvidenceVerifier final : public EvidenceVerifier {
 public:
  [[nodiscard]] std::optional<Verdict> judge(ByteView proof,
                                             const StateReader&) const noexcept override;
};

/// Five nodes (seeds 1 to 5), each of its own operator (seeds 11 to 15); an owner and a stranger
/// with 1,000 OORT each, and so has every node's account. STANDARD is 3 replicas, then 2-of-4.
[[nodiscard]] GenesisParams small_genesis();

class TestLedger {
 public:
  explicit TestLedger(GenesisParams genesis = small_genesis(),
                      const SignatureVerifier& signatures = ed25519_verifier());

  const crypto::KeyPair owner = keys_of(100);
  const crypto::KeyPair stranger = keys_of(101);
  const crypto::KeyPair governor = keys_of(102);

  [[nodiscard]] static crypto::KeyPair node(std::uint8_t number) { return keys_of(number); }
  [[nodiscard]] View view() const { return View(state_); }
  [[nodiscard]] const MemoryState& state() const { return state_; }
  [[nodiscard]] Height height() const { return height_; }
  [[nodiscard]] const ChainId& chain() const { return chain_; }
  [[nodiscard]] const ExecutionResult& last() const { return last_; }
  [[nodiscard]] const Machine& machine() const { return machine_; }

  /// A signed transaction with the next number of lane 0.
  [[nodiscard]] Transaction make(const crypto::KeyPair& sender,
                                 std::vector<SubmittedOperation> operations,
                                 std::uint8_t flags = 0) const;
  /// Executes a block, after the checks that a node makes; the invariants are looked at.
  const ExecutionResult& block(const std::vector<Transaction>& transactions);
  /// Empty blocks.
  /// Writes it into the state, since no operation may.
  void set_status(const NodeId& id, NodeStatus status);
  void pass(std::uint64_t blocks);
  /// Writes that no block made.
  void apply(std::span<const StateWrite> writes) { state_.apply(writes); }
  /// One operation in a block of its own.
  OperationReceipt run(const crypto::KeyPair& sender, const Operation& operation,
                       std::string_view body = {});
  Rejection send(const crypto::KeyPair& sender, const Operation& operation,
                 std::string_view body = {}) {
    return run(sender, operation, body).rejection;
  }

  [[nodiscard]] BlockContext next_context() const;
  std::uint64_t time_ms = 1'000'000;
  Epoch epoch;
  oort::View consensus_view;

  // Things that most tests need. Each expects success.
  BucketId make_bucket(std::string_view name);
  GrantId grant_to(const crypto::KeyPair& gateway, std::uint32_t operations);
  /// A sealed 2-of-4 segment of `gateway` on nodes 1 to 4.
  SegmentId store_segment(const crypto::KeyPair& gateway, std::uint64_t nonce,
                          std::uint64_t length = 1000);
  ObjectVersionId put(const crypto::KeyPair& sender, BucketId bucket, std::string_view name,
                      const SegmentId& segment, Authority authority = {});

  /// A signed receipt of a node.
  [[nodiscard]] ShardReceipt receipt(std::uint8_t node_number, const SegmentId& segment,
                                     std::uint8_t index, std::uint64_t length,
                                     std::uint32_t generation, const TreeRoot& root) const;
  [[nodiscard]] SegmentStore store_operation(const crypto::KeyPair& gateway, std::uint64_t nonce,
                                             std::uint64_t length = 1000) const;

 private:
  ChainId chain_;
  const SignatureVerifier* signatures_;
  FakeEvidenceVerifier evidence_;
  Machine machine_;
  MemoryState state_;
  Height height_;
  ExecutionResult last_;
};

/// The standard commit: `name` with 100 bytes at the start of `segment`.
[[nodiscard]] ObjectCommit commit_of(BucketId bucket, std::string_view name,
                                     const SegmentId& segment, std::string_view body = "body");
[[nodiscard]] Extent extent_of(const SegmentId& segment, std::uint64_t offset = 0,
                               std::uint64_t length = 100);

/// `small_genesis` with a market: two of three processors (seeds 61 to 63), two of three reporters
/// (seeds 71 to 73, with 1,000 OORT and a bond of 10 each), 10% take, 4% discount, and 1,000
/// credits of the owner.
[[nodiscard]] GenesisParams market_genesis(bool is_rate_fixed = true);
/// The record of a market of that genesis, to be changed and put back by `set_market`.
[[nodiscard]] MarketGenesis market_of(const GenesisParams& genesis);
void set_market(GenesisParams& genesis, const MarketGenesis& market);
/// `market_genesis` that meters: 2 credits for a GiB of STANDARD and 1.5 of STANDARD_IA in an hour,
/// a minute of grace, and 0.001 OORT for the owner's storage.
[[nodiscard]] GenesisParams storage_genesis(bool is_rate_fixed = true);
inline constexpr Credits standard_price(2 * microcredits_per_credit);
inline constexpr Credits standard_ia_price(3 * microcredits_per_credit / 2);
inline constexpr StorageParams storage_rules{hour_ms, 60'000};
inline constexpr Oort storage_fund(oort_base_units / 1'000);
inline constexpr Uint128 credit = microcredits_per_credit;
/// 5 cents for one OORT.
inline constexpr Rate test_rate(oort_base_units / 5);

/// Fails the test where L2 or L7 does not hold, an invariant of the market or of metering is
/// broken, or a bucket's counts are wrong.
void expect_invariants(const StateReader& state);

}  // namespace oort::ledger::test
