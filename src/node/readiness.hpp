// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "oort/chain/chain.hpp"
#include "oort/consensus/validator_set.hpp"
#include "oort/core/ids.hpp"

namespace oort::node {

/// Whether users should be sent here; `why` says what is missing.
struct Readiness {
  bool is_ready = false;
  std::string why;
};

/// Of a node with the whole state. Ready means: validators with a quorum of the weight, this node
/// among them where it votes, spoke within the last seconds; this node is at the height that they
/// state or a few blocks below; blocks are becoming final (`has_quorum`); and a validator may vote.
///
/// Invariants
///   R1  A node that has heard of nobody is not ready, unless its own vote is a quorum.
///   R2  What validators of a third of the weight or less state holds nobody back.
/// Threads: any.
[[nodiscard]] Readiness readiness_of(const consensus::ValidatorSet& validators, const NodeId& self,
                                     bool has_quorum, const chain::Diagnosis& diagnosis);

}  // namespace oort::node
