// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "chain/kit.hpp"
#include "ledger_view.hpp"
#include "submitter.hpp"

/// What a node puts between its chain and the object room, on one machine of a simulated network.
namespace oort::node::test {

using chain::test::ChainWorld;

inline constexpr std::uint64_t sender = 0;    ///< The client that is the node's own account.
inline constexpr std::uint64_t receiver = 7;  ///< The client that its transfers go to.

/// Answers of one call; more than one of them is a broken promise.
struct Call {
  std::vector<Result<object::SubmitResult>> answers;
  Height delivered;  ///< Height of the last block that the listener had seen at the answer.
  [[nodiscard]] bool is_done() const { return !answers.empty(); }
  [[nodiscard]] bool is_good() const { return answers.size() == 1 && answers[0].has_value(); }
  [[nodiscard]] std::string why() const {
    return answers.size() == 1 && !answers[0] ? std::string(answers[0].error().reason()) : "";
  }
};
using CallRef = std::shared_ptr<Call>;

/// The adapters of machine 0. Destroyed before the world.
struct Adapters {
  explicit Adapters(ChainWorld& net, Submitter::Options options = {});

  /// A transfer of each amount, in one call.
  CallRef ask(const std::vector<std::uint64_t>& amounts, Duration deadline = 100s);
  /// Every final transaction of the sender in machine 1's ledger: its amounts, in order.
  [[nodiscard]] std::vector<std::vector<std::uint64_t>> ordered();

  ChainWorld& net;
  BlockFeed feed;
  SnapshotView view;
  std::unique_ptr<env::Signer> signer;
  Submitter submitter;
  std::vector<object::FinalBlock> heard;  ///< What the feed's listener was given.
};

/// Four validators that run; `change` may change the genesis before.
std::unique_ptr<ChainWorld> running_world(
    std::uint64_t seed, const std::function<void(ChainWorld&)>& change = [](ChainWorld&) {});

/// Machine 0 hears nobody and nobody hears it; the others go on.
void cut_off(ChainWorld& net);

}  // namespace oort::node::test
