// SPDX-License-Identifier: Apache-2.0
#include "statement_lines.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <variant>

#include "oort/chain/chain.hpp"
#include "oort/chain/mempool.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/ledger/receipt.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/transaction.hpp"

namespace oort::node {
namespace {

constexpr std::size_t subject_bytes_max = 32;

void add_event(std::vector<Movement>& all, const ledger::Event& event,
               const std::optional<TransactionId>& transaction) {
  constexpr auto transfer = static_cast<std::uint16_t>(LineKind::Transfer);
  if (const auto* moved = std::get_if<ledger::Transferred>(&event)) {
    all.push_back(
        {moved->from, transfer, false, moved->amount, to_bytes(moved->to.view()), transaction});
    all.push_back(
        {moved->to, transfer, true, moved->amount, to_bytes(moved->from.view()), transaction});
  } else if (const auto* changed = std::get_if<ledger::BalanceChanged>(&event)) {
    all.push_back({changed->account, static_cast<std::uint16_t>(changed->purpose),
                   changed->is_income, changed->amount, to_bytes(changed->subject.view()),
                   transaction});
  }
}

}  // namespace

std::vector<Movement> movements_of(const chain::FinalBlock& block) {
  std::vector<Movement> all;
  for (const ledger::Event& event : block.events) add_event(all, event, std::nullopt);
  for (std::size_t i = 0; i < block.receipts.size(); ++i) {
    const ledger::Receipt& receipt = block.receipts[i];
    const chain::CheckedTransaction& transaction = *block.transactions[i];
    if (!receipt.fee.is_zero()) {
      all.push_back({transaction.transaction.sender, static_cast<std::uint16_t>(LineKind::Fee),
                     false, receipt.fee, Bytes(), transaction.id});
    }
    for (const ledger::OperationReceipt& operation : receipt.operations) {
      for (const ledger::Event& event : operation.events) add_event(all, event, transaction.id);
    }
  }
  return all;
}

void encode(codec::Writer& out, const StoredLine& line) {
  out.u8(StoredLine::format_version);
  out.u64(line.time_ms);
  out.u16(line.purpose);
  out.boolean(line.is_income);
  out.u128(line.amount.units());
  out.u128(line.balance_after.units());
  out.blob(line.subject);
  out.boolean(line.transaction.has_value());
  if (line.transaction) out.raw(line.transaction->view());
}

Result<void> decode(codec::Reader& in, StoredLine& line) {
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version != StoredLine::format_version) {
    return fail(ErrorCode::InvalidArgument, reason::unsupported_version,
                "a line of a statement of version " + std::to_string(version));
  }
  OORT_TRY(line.time_ms, in.u64());
  OORT_TRY(line.purpose, in.u16());
  OORT_TRY(line.is_income, in.boolean());
  OORT_TRY(const Uint128 amount, in.u128());
  OORT_TRY(const Uint128 balance, in.u128());
  line.amount = Oort(amount);
  line.balance_after = Oort(balance);
  OORT_TRY(const ByteView subject, in.blob(subject_bytes_max));
  line.subject = to_bytes(subject);
  OORT_TRY(const bool has_transaction, in.boolean());
  line.transaction.reset();
  if (!has_transaction) return {};
  TransactionId id;
  OORT_TRY(codec::decode(in, id));
  line.transaction = id;
  return {};
}

std::string_view purpose_name(std::uint16_t purpose) noexcept {
  switch (static_cast<LineKind>(purpose)) {
    case LineKind::Genesis: return "genesis";
    case LineKind::Transfer: return "transfer";
    case LineKind::Fee: return "fee";
  }
  switch (static_cast<ledger::Purpose>(purpose)) {
    case ledger::Purpose::EscrowFunded: return "escrow funded";
    case ledger::Purpose::EscrowPaid: return "escrow paid";
    case ledger::Purpose::EscrowRefunded: return "escrow refunded";
    case ledger::Purpose::EscrowDiscounted: return "escrow discounted";
    case ledger::Purpose::CreditsSold: return "credits sold";
    case ledger::Purpose::OracleBondPosted: return "oracle bond posted";
    case ledger::Purpose::OracleBondReturned: return "oracle bond returned";
    case ledger::Purpose::StakeDelegated: return "stake delegated";
    case ledger::Purpose::StakeReturned: return "stake returned";
    case ledger::Purpose::RewardPaid: return "reward paid";
    case ledger::Purpose::BondPosted: return "bond posted";
    case ledger::Purpose::BondReturned: return "bond returned";
    case ledger::Purpose::FaultCompensated: return "fault compensated";
    case ledger::Purpose::DepositPaid: return "deposit paid";
    case ledger::Purpose::DepositReturned: return "deposit returned";
    case ledger::Purpose::TreasurySpent: return "treasury spent";
    case ledger::Purpose::CaseBondPosted: return "case bond posted";
    case ledger::Purpose::CaseBondReturned: return "case bond returned";
    case ledger::Purpose::SeatPaid: return "seat paid";
    case ledger::Purpose::RevealPaid: return "reveal paid";
    case ledger::Purpose::AuditFeePosted: return "audit fee posted";
    case ledger::Purpose::AuditFeePaid: return "audit fee paid";
    case ledger::Purpose::AuditFeeReturned: return "audit fee returned";
    case ledger::Purpose::AccusedCompensated: return "accused compensated";
    case ledger::Purpose::StoragePaid: return "storage paid";
    case ledger::Purpose::DatasetBought: return "dataset bought";
    case ledger::Purpose::DatasetSold: return "dataset sold";
  }
  return "unknown";
}

}  // namespace oort::node
