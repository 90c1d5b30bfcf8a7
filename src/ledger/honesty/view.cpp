// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/honesty_view.hpp"

#include <algorithm>

#include "honesty/inner.hpp"
#include "oort/core/assert.hpp"

namespace oort::ledger {
namespace {

/// Records of a table from a key on.
template <Record T>
std::vector<T> list(const StateReader& state, const Bytes& prefix, const Bytes& from,
                    std::size_t count_max) {
  std::vector<T> found;
  if (count_max == 0) return found;
  state.scan(prefix, from, [&](ByteView, ByteView value) {
    found.push_back(stored<T>(value));
    return found.size() < count_max;
  });
  return found;
}

}  // namespace

std::optional<HonestyParams> HonestyView::params() const { return honesty_params(*state_); }
std::optional<HonestyState> HonestyView::state() const {
  return load<HonestyState>(*state_, keys::honesty_state());
}
std::optional<Round> HonestyView::round(std::uint64_t round) const {
  return load<Round>(*state_, keys::round(round));
}
std::optional<Posting> HonestyView::posting(std::uint64_t round, const NodeId& node) const {
  return load<Posting>(*state_, keys::posting(round, node));
}

std::optional<OfficerDraw> HonestyView::officer_draw(const ChainId& chain, std::uint64_t number,
                                                     const NodeId& node) const {
  if (number == 0) return std::nullopt;
  const auto now = round(number);
  const auto before = round(number - 1);
  if (!now || !before || before->weight.is_zero()) return std::nullopt;
  const auto posted = posting(number - 1, node);
  return OfficerDraw{chain,
                     Epoch(number),
                     now->seed,
                     posted ? posted->weight.units() : Uint128{0},
                     before->weight.units(),
                     now->officers_expected};
}

Standing HonestyView::standing(const NodeId& node) const {
  const auto rules = params();
  if (!rules) return {};
  return standing_now(*state_, *rules, honesty_state(*state_).round, node);
}
Ppb HonestyView::credibility(const NodeId& node) const {
  const auto rules = params();
  if (!rules) return Ppb(0);
  return ledger::credibility(standing(node).counters, rules->prior);
}
Oort HonestyView::stake_of(const NodeId& node) const { return self_stake_of(*state_, node); }
Oort HonestyView::weight_of(const NodeId& node) const {
  return Oort(honest_weight(stake_of(node).units(), credibility(node)));
}

Oort HonestyView::risk_limit(const NodeId& node, Oort gain_max) const {
  const auto rules = params();
  const Standing now = standing(node);
  if (!rules || now.cases_open > 0 || gain_max.is_zero()) return {};
  const auto share = rules->slashed[static_cast<std::size_t>(Offence::WrongResult)];
  const Uint128 at_stake = share_of(stake_of(node).units(), share, Rounding::Down);
  const Uint128 greatest = std::max(gain_max.units(), now.risk.gain_max);
  const Oort capacity(risk_capacity(rules->detection, at_stake, greatest));
  return capacity.minus(Oort(now.risk.gain_sum)).value_or(Oort());
}

std::vector<HonestyVerdict> HonestyView::verdicts(const NodeId& node, std::uint64_t from,
                                                  std::size_t count_max) const {
  return list<HonestyVerdict>(*state_, keys::verdicts(node), keys::verdict(node, from), count_max);
}

std::optional<CaseRecord> HonestyView::fault_case(const Bytes32& fault) const {
  return load<CaseRecord>(*state_, keys::fault_case(fault));
}
std::vector<CaseRecord> HonestyView::cases(const Bytes32& from, std::size_t count_max) const {
  return list<CaseRecord>(*state_, keys::prefix(Module::Honesty, table::fault_case),
                          keys::fault_case(from), count_max);
}
std::optional<EvidenceBundle> HonestyView::evidence(const Bytes32& fault) const {
  const auto record = fault_case(fault);
  if (!record) return std::nullopt;
  EvidenceBundle bundle{record->reveal, record->context, fault, {}};
  for (std::uint32_t i = 0; i < panel_rounds_count; ++i) {
    const auto round = load<CaseRound>(*state_, keys::case_round(fault, i));
    if (!round) break;
    EvidenceBundle::Round& shown = bundle.rounds.emplace_back();
    shown.seed = round->seed;
    for (const CaseSeat& seat : round->seats) shown.seats.push_back(seat.reveal);
  }
  return bundle;
}
std::optional<Audit> HonestyView::audit(std::uint64_t number) const {
  return load<Audit>(*state_, keys::audit(number));
}
std::vector<Audit> HonestyView::audits(std::uint64_t from, std::size_t count_max) const {
  return list<Audit>(*state_, keys::prefix(Module::Honesty, table::audit), keys::audit(from),
                     count_max);
}

}  // namespace oort::ledger
