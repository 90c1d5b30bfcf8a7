// SPDX-License-Identifier: Apache-2.0
#include "readiness.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>
#include "oort/chain/chain.hpp"
#include "oort/consensus/validator_set.hpp"

namespace oort::node {
namespace {

/// Peers say how far they are a few times a second, and are a block or two further by then.
constexpr std::uint64_t lag_max = 8;

struct Heard {
  std::size_t count = 0;
  std::uint64_t weight = 0;
  /// No correct validator can be kept from it: more than a third of the weight states it or more.
  Height height;
};

Heard heard_of(const consensus::ValidatorSet& validators, const NodeId& self,
               const chain::Diagnosis& diagnosis) {
  Heard heard;
  std::vector<std::pair<Height, std::uint64_t>> claims;
  const auto add = [&](const NodeId& node, Height height) {
    const auto index = validators.index_of(node);
    if (!index) return;
    ++heard.count;
    heard.weight += validators[*index].weight;
    claims.emplace_back(height, validators[*index].weight);
  };
  add(self, diagnosis.committed);
  for (const chain::Diagnosis::Peer& peer : diagnosis.peers) {
    if (peer.node != self) add(peer.node, peer.height);
  }
  std::ranges::sort(claims, std::greater());
  const std::uint64_t faulty_max = validators.weight_total() - validators.quorum();
  std::uint64_t weight = 0;
  for (const auto& [height, own] : claims) {
    weight += own;
    heard.height = height;
    if (weight > faulty_max) return heard;
  }
  heard.height = Height(0);
  return heard;
}

}  // namespace

Readiness readiness_of(const consensus::ValidatorSet& validators, const NodeId& self,
                       bool has_quorum, const chain::Diagnosis& diagnosis) {
  const std::string height = std::to_string(diagnosis.committed.value());
  if (!diagnosis.voting_refused.empty()) {
    return {false, "this validator must not vote: " + diagnosis.voting_refused};
  }
  const Heard heard = heard_of(validators, self, diagnosis);
  if (heard.weight < validators.quorum()) {
    return {false, "heard of " + std::to_string(heard.count) + " of " +
                       std::to_string(validators.count()) +
                       " validators, which are no quorum; final height is " + height};
  }
  if (diagnosis.committed.value() + lag_max < heard.height.value()) {
    return {false, "catching up: height " + height + " of " + std::to_string(heard.height.value())};
  }
  if (!has_quorum) return {false, "the ledger has no quorum; final height is " + height};
  return {true, ""};
}

}  // namespace oort::node
