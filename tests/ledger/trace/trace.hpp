// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "oort/crypto/signature.hpp"
#include "oort/ledger/campaign_records.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/jobs_sums.hpp"
#include "oort/ledger/transaction.hpp"
#include "oort/ledger/view.hpp"

/// A random history of the whole machine from one seed: every module is on, and what comes out is
/// roots. The same on every machine, by every compiler and at every level of optimisation; that is
/// what it is for.
///
/// No argument list draws twice: compilers evaluate arguments in the order they like, and braces
/// alone are read from left to right.
namespace oort::ledger::trace {

[[nodiscard]] crypto::KeyPair keys_of(std::uint8_t seed);
[[nodiscard]] AccountId account_of(std::uint8_t seed);
[[nodiscard]] NodeId node_of(std::uint8_t number);

/// Nodes 1 to 5 with operators 11 to 15; people 100 to 105, of whom 100 and 101 are gateways with
/// storage accounts, and 105 is the governor; processors 61 to 63, reporters 71 to 73. Campaigns
/// are the people's, and 104 reviews.
[[nodiscard]] GenesisParams genesis();

/// Draws operations for one ledger. Its own, so that no library's distribution matters.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] std::uint64_t pick(std::uint64_t below) { return random_() % below; }
  [[nodiscard]] bool is_one_in(std::uint64_t count) { return pick(count) == 0; }
  [[nodiscard]] std::uint8_t between(std::uint8_t first, std::uint8_t last) {
    return static_cast<std::uint8_t>(first + pick(std::uint64_t{last} - first + 1));
  }
  [[nodiscard]] Bytes32 bytes32();

 private:
  std::mt19937_64 random_;
};

/// What one account does next.
struct Draw {
  std::uint8_t sender = 0;  ///< Seed of its keys.
  SubmittedOperation submitted;
};

/// Chooses what fits the state, so that much of it succeeds, and now and then what does not.
class Author {
 public:
  Author(const ChainId& chain, Dice& dice) : chain_(chain), dice_(&dice) {}

  [[nodiscard]] Draw next(const View& view, Height height, std::uint64_t time_ms);

 private:
  [[nodiscard]] Draw money();
  [[nodiscard]] Draw stake();
  [[nodiscard]] Draw vote(const View& view);
  [[nodiscard]] Operation proposal(const View& view);
  [[nodiscard]] Draw market();
  [[nodiscard]] CreditPurchase sale();
  [[nodiscard]] Draw bucket(const View& view);
  [[nodiscard]] Draw object(const View& view);
  [[nodiscard]] Draw upload(const View& view);
  [[nodiscard]] Draw segment(const View& view);
  [[nodiscard]] Draw repair(const View& view);
  [[nodiscard]] Draw storage();
  [[nodiscard]] Draw access();
  [[nodiscard]] Draw honesty(const View& view);
  [[nodiscard]] Draw network(const View& view);
  [[nodiscard]] Draw jobs(const View& view);
  [[nodiscard]] Draw offer(const View& view);
  [[nodiscard]] Operation job_open();
  [[nodiscard]] Operation anchor(const Job& job);
  [[nodiscard]] Operation claim(const Job& job);
  [[nodiscard]] Draw campaigns(const View& view);
  [[nodiscard]] Operation campaign_open(std::uint8_t requester);
  [[nodiscard]] Draw running(const Campaign& campaign, std::uint8_t steward);
  [[nodiscard]] Draw appeals(const View& view, const Campaign& campaign, std::uint8_t steward);
  [[nodiscard]] Draw datasets(const View& view);
  [[nodiscard]] Draw models(const View& view);

  [[nodiscard]] Oort amount();
  [[nodiscard]] std::uint8_t person() { return dice_->between(100, 105); }
  [[nodiscard]] std::uint8_t gateway() { return dice_->between(100, 101); }
  [[nodiscard]] NodeId some_node() { return node_of(dice_->between(1, 5)); }
  [[nodiscard]] BucketId some_bucket() { return BucketId(1 + dice_->pick(6)); }
  [[nodiscard]] NameHash some_name();
  [[nodiscard]] ObjectVersionRef some_version(const View& view, bool is_removed);
  [[nodiscard]] std::vector<Extent> extents(const View& view, std::uint8_t gateway);
  [[nodiscard]] ShardReceipt receipt(std::uint8_t node, const SegmentId& segment, std::size_t index,
                                     std::uint64_t length, std::uint32_t generation);
  [[nodiscard]] std::vector<ShardReceipt> receipts(const SegmentId& segment, std::uint64_t length,
                                                   std::uint32_t generation);

  ChainId chain_;
  Dice* dice_;
  Height height_;
  std::uint64_t time_ms_ = 0;
  std::uint64_t nonce_ = 1;
  /// What every root of sums was made of, so that whoever anchored it can show its leaves.
  std::map<Bytes32, std::vector<ExecutorTotal>> books_;
};

struct Counts {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
};
struct Trace {
  std::vector<Bytes32> state_roots;   ///< Of every block.
  std::vector<Bytes32> result_roots;  ///< Of every block.
  std::map<std::string, Counts> operations;
  /// Plain BLAKE3 over all roots, in their order.
  [[nodiscard]] Bytes32 digest() const;
};
[[nodiscard]] Trace run(std::uint64_t seed, std::uint64_t blocks);

}  // namespace oort::ledger::trace
