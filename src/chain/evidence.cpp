// SPDX-License-Identifier: Apache-2.0
// Brings proofs that a validator broke the protocol to the ledger.
#include <algorithm>

#include "evidence_judge.hpp"
#include "impl.hpp"
#include "oort/codec/codec.hpp"
#include "oort/consensus/core.hpp"
#include "oort/consensus/evidence.hpp"
#include "oort/core/log.hpp"
#include "oort/core/metrics.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/machine.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/params.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/rejection.hpp"
#include "oort/ledger/transaction.hpp"
#include "oort/ledger/view.hpp"

namespace oort::chain {
namespace {

constexpr std::string_view room = "chain";
/// Of the node's own account; its gateway writes in lane 0.
constexpr std::uint32_t evidence_lane = 1;
constexpr std::size_t reports_count_max = 64;
constexpr std::size_t report_operations_max = 16;
constexpr std::size_t report_bytes_max = std::size_t{512} << 10;
/// Ticks that each of the others waits longer than the one before it: longer than a transaction
/// takes, so that one of them pays and the others find the fault on the ledger.
constexpr std::uint64_t turn_ticks = 8;
constexpr std::uint64_t retry_ticks = 20;
constexpr std::uint64_t valid_blocks_max = 1'000;

/// A guess of what the ledger will say; of an earlier epoch, that it still knows the voters.
bool is_within_window(Turn turn, Turn now, std::uint64_t epochs_max) noexcept {
  if (turn >= now) return true;
  if (turn.epoch != now.epoch) return now.epoch.value() - turn.epoch.value() <= epochs_max;
  return now.view.value() - turn.view.value() <= ledger::evidence_views_max;
}

}  // namespace

void Chain::Impl::handle(consensus::EvidenceFound& output) {
  metrics::counter("oort_chain_evidence_total", "Proofs that a validator broke the protocol").add();
  const consensus::Offence& offence = output.offence;
  log::warn(room, "a validator contradicted itself",
            {{"validator", offence.validator.value()},
             {"view", offence.view.value()},
             {"kind", static_cast<int>(output.evidence.kind)}});
  if (around_.signer == nullptr) return;
  Bytes proof = codec::to_bytes(output.evidence);
  if (proof.size() > ledger::evidence_bytes_max || reports_.size() >= reports_count_max) {
    log::error(room, "evidence is not brought to the ledger",
               {{"bytes", proof.size()}, {"waiting", reports_.size()}});
    return;
  }
  reports_.emplace(fault_of(root_.chain, offence),
                   Report{std::move(proof),
                          {offence.epoch, offence.view},
                          ticks_count_ + patience_with(offence.validator)});
}

/// Everybody who found the fault would bring it at once; each waits for those before it, counted
/// from the offender on, who comes last.
std::uint64_t Chain::Impl::patience_with(ValidatorIndex offender) const {
  const auto self = validators().index_of(around_.transport.self());
  const std::uint64_t count = validators().count();
  const std::uint64_t place = self ? self->value() : offender.value();
  return (place + count - offender.value() + count - 1) % count * turn_ticks;
}

void Chain::Impl::report_evidence() {
  const ledger::View state(execution_->tip_state());
  const std::uint64_t epochs_max = reports_.empty() ? 0 : state.params().unbonding_epochs;
  std::erase_if(reports_, [&](const auto& report) {
    return state.evidence(report.first).has_value() ||
           !is_within_window(report.second.turn, tip_turn(), epochs_max);
  });
  if (!reporting_) reporting_ = make_report();
  if (!reporting_ || reporting_->is_on_its_way) return;
  reporting_->is_on_its_way = true;
  submit(reporting_->transaction, [weak = weak_from_this()](const Result<Commit>& commit) {
    if (const auto self = weak.lock()) self->on_reported(commit);
  });
}

std::optional<Chain::Impl::Reporting> Chain::Impl::make_report() {
  const records::Tip& tip = execution_->tip();
  Reporting out;
  std::size_t bytes = 0;
  for (const auto& [fault, report] : reports_) {
    if (report.due_tick > ticks_count_ || tip_turn() < report.turn) continue;
    bytes += report.proof.size();
    if (out.faults.size() == report_operations_max || bytes > report_bytes_max) break;
    ledger::add_operation(out.transaction, ledger::EvidenceSubmit{report.proof});
    out.faults.push_back(fault);
  }
  if (out.faults.empty()) return std::nullopt;
  const ledger::View state(execution_->tip_state());
  const ledger::Params params = state.params();
  const AccountId self = crypto::account_of(around_.signer->public_key());
  ledger::Transaction& transaction = out.transaction;
  transaction.chain = root_.chain;
  transaction.lane = evidence_lane;
  transaction.sequence = ledger::next_sequence_of(state.account(self), evidence_lane);
  transaction.valid_until =
      Height(tip.height.value() + std::min(valid_blocks_max, params.transaction_lifetime_max / 2));
  transaction.fee_max = ledger::fee_of(params, transaction).value_or(Oort());
  if (const auto done = ledger::sign(transaction, *around_.signer); !done) {
    put_off(out.faults, done.error().to_string());
    return std::nullopt;
  }
  return out;
}

void Chain::Impl::put_off(const std::vector<Bytes32>& faults, const std::string& why) {
  log::warn(room, "evidence could not be brought to the ledger; it is tried again",
            {{"count", faults.size()}, {"why", why}});
  for (const Bytes32& fault : faults) {
    const auto report = reports_.find(fault);
    if (report != reports_.end()) report->second.due_tick = ticks_count_ + retry_ticks;
  }
}

void Chain::Impl::on_reported(const Result<Commit>& commit) {
  reporting_->is_on_its_way = false;
  // Nothing is known of it: the same bytes again, until they are final or have expired.
  if (!commit && commit.error().reason() == reason::no_quorum) return;
  const std::vector<Bytes32> faults = std::move(reporting_->faults);
  reporting_.reset();
  if (!commit) return put_off(faults, commit.error().to_string());
  if (commit->receipt.rejection != ledger::Rejection::None) {
    return put_off(faults, std::string(ledger::to_string(commit->receipt.rejection)));
  }
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const ledger::Rejection rejection = commit->receipt.operations[i].rejection;
    if (rejection == ledger::Rejection::EvidenceTooMany) {
      put_off({faults[i]}, std::string(ledger::to_string(rejection)));
      continue;
    }
    log::info(room, "evidence was brought to the ledger",
              {{"fault", faults[i].hex()}, {"result", ledger::to_string(rejection)}});
    reports_.erase(faults[i]);
  }
}

}  // namespace oort::chain
