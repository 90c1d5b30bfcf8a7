// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "oort/core/bytes.hpp"
#include "oort/ledger/honesty_case.hpp"
#include "oort/ledger/honesty_objects.hpp"
#include "oort/ledger/modules.hpp"

/// What honesty tells, beside the BalanceChanged of those whom it pays and staking's StakeSlashed.
namespace oort::ledger {

struct RoundBegan {
  static constexpr std::uint16_t code = code_of(Module::Honesty, 1);
  std::uint64_t round = 0;
  std::uint64_t nodes_count = 0;  ///< Who posted in the round before: the candidates of this one.
  Oort weight;                    ///< Theirs.
  friend bool operator==(const RoundBegan&, const RoundBegan&) = default;
};
struct RevealJudged {
  static constexpr std::uint16_t code = code_of(Module::Honesty, 2);
  NodeId officer;
  NodeId executor;
  RevealVerdict verdict = RevealVerdict::Passed;
  Bytes32 subject;  ///< The case of a fault; else the receipt's hash.
  friend bool operator==(const RevealJudged&, const RevealJudged&) = default;
};
struct CaseChanged {
  static constexpr std::uint16_t code = code_of(Module::Honesty, 3);
  Bytes32 fault;
  CasePhase phase = CasePhase::Drawing;
  std::uint32_t round = 0;
  PanelVerdict verdict = PanelVerdict::Split;
  friend bool operator==(const CaseChanged&, const CaseChanged&) = default;
};
struct NodePunished {
  static constexpr std::uint16_t code = code_of(Module::Honesty, 4);
  NodeId node;
  Offence offence = Offence::WrongResult;
  Bytes32 subject;
  Oort burnt;
  Oort compensated;
  friend bool operator==(const NodePunished&, const NodePunished&) = default;
};
struct AuditChanged {
  static constexpr std::uint16_t code = code_of(Module::Honesty, 16);
  enum class Kind : std::uint8_t { Drawn = 0, Answered = 1, Missed = 2, Void = 3 };
  Kind kind = Kind::Drawn;
  std::uint64_t audit = 0;
  NodeId node;
  friend bool operator==(const AuditChanged&, const AuditChanged&) = default;
};

}  // namespace oort::ledger
