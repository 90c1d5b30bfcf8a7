// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/honesty_objects.hpp"
#include "oort/ledger/honesty_records.hpp"
#include "oort/ledger/modules.hpp"

/// What can be asked of honesty. A node's part is done by its own account or its operator's.
namespace oort::ledger {

/// Once in a round, in its first `post_blocks`.
struct RoundPost {
  static constexpr std::uint16_t code = code_of(Module::Honesty, 1);
  NodeId node;
  std::uint64_t round = 0;
  Bytes32 baits;
  CountedRoot assignments;
  CountedRoot receipts;
  friend bool operator==(const RoundPost&, const RoundPost&) = default;
};
/// By the officer, in the round after the bait's. A fault takes `case_bond` and opens a case.
struct BaitReveal {
  static constexpr std::uint16_t code = code_of(Module::Honesty, 2);
  Reveal reveal;
  friend bool operator==(const BaitReveal&, const BaitReveal&) = default;
};
/// By a member of the panel.
struct PanelCommit {
  static constexpr std::uint16_t code = code_of(Module::Honesty, 3);
  Bytes32 fault;
  NodeId panelist;
  Bytes32 commitment;
  friend bool operator==(const PanelCommit&, const PanelCommit&) = default;
};
struct PanelOpen {
  static constexpr std::uint16_t code = code_of(Module::Honesty, 4);
  PanelReveal reveal;
  friend bool operator==(const PanelOpen&, const PanelOpen&) = default;
};
/// By the side that a verdict went against; takes `appeal_bond`.
struct CaseAppeal {
  static constexpr std::uint16_t code = code_of(Module::Honesty, 5);
  Bytes32 fault;
  friend bool operator==(const CaseAppeal&, const CaseAppeal&) = default;
};
/// By a node that holds a receipt and found another result of the same task, such as a broker whose
/// replicas differ; not later than `accuse_rounds` rounds after the receipt's, in which the accuser
/// posted. Takes `case_bond` and opens a case.
struct WorkAccuse {
  static constexpr std::uint16_t code = code_of(Module::Honesty, 6);
  Reveal reveal;  ///< `is_accusation`.
  friend bool operator==(const WorkAccuse&, const WorkAccuse&) = default;
};
inline constexpr std::uint64_t accuse_rounds = 8;
/// By anyone but the node; takes `audit_fee`.
struct AuditDemand {
  static constexpr std::uint16_t code = code_of(Module::Honesty, 16);
  SegmentId segment;
  std::uint8_t shard = 0;
  friend bool operator==(const AuditDemand&, const AuditDemand&) = default;
};
struct AuditAnswer {
  static constexpr std::uint16_t code = code_of(Module::Honesty, 17);
  std::uint64_t audit = 0;
  StorageProof proof;
  friend bool operator==(const AuditAnswer&, const AuditAnswer&) = default;
};

}  // namespace oort::ledger
