// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/jobs_sums.hpp"
#include "oort/ledger/modules.hpp"

/// What jobs tells, beside the EscrowChanged and BalanceChanged of the money.
namespace oort::ledger {

struct OfferChanged {
  static constexpr std::uint16_t code = code_of(Module::Jobs, 1);
  NodeId node;
  Bytes32 digest;
  bool is_gone = false;  ///< Withdrawn or expired.
  friend bool operator==(const OfferChanged&, const OfferChanged&) = default;
};
/// A job was opened, taken over, or went into another phase.
struct JobChanged {
  static constexpr std::uint16_t code = code_of(Module::Jobs, 2);
  JobId job;
  JobPhase phase = JobPhase::Open;
  JobOutcome outcome = JobOutcome::None;
  std::uint64_t broker_epoch = 0;
  NodeId broker;
  friend bool operator==(const JobChanged&, const JobChanged&) = default;
};
struct JobAnchored {
  static constexpr std::uint16_t code = code_of(Module::Jobs, 3);
  JobId job;
  std::uint64_t broker_epoch = 0;
  SumRoot root;
  friend bool operator==(const JobAnchored&, const JobAnchored&) = default;
};
/// Money left the job's escrow, or a broker's bond, for somebody's work.
struct JobPaid {
  static constexpr std::uint16_t code = code_of(Module::Jobs, 4);
  enum class Kind : std::uint8_t {
    Claimed = 0,   ///< An executor's pay, in units of the escrow.
    Released = 1,  ///< Of it, what a verdict has set free.
    Lost = 2,      ///< Of it, what a verdict took; it stays the payer's.
    Redeemed = 3,  ///< Base units out of a broker's bond.
    Share = 4,     ///< The broker's, in units of the escrow.
  };
  Kind kind = Kind::Claimed;
  JobId job;
  NodeId node;  ///< Whose operator was paid.
  Units amount;
  friend bool operator==(const JobPaid&, const JobPaid&) = default;
};
struct JobDisputed {
  static constexpr std::uint16_t code = code_of(Module::Jobs, 5);
  JobId job;
  JobDisputeRecord dispute;
  friend bool operator==(const JobDisputed&, const JobDisputed&) = default;
};

}  // namespace oort::ledger
