// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "honesty/honesty.hpp"
#include "nodes/nodes.hpp"

/// What the parts of the module use of each other.
namespace oort::ledger {

inline constexpr std::size_t honesty_due_per_block_max = 256;
inline constexpr std::size_t swept_per_block_max = 1024;

/// Requires: the module is on.
[[nodiscard]] HonestyState honesty_state(const StateReader& state);
[[nodiscard]] Bytes32 beacon_value(const StateReader& state);

// Standing.
/// Faded until the running round.
[[nodiscard]] Standing standing_now(const StateReader& state, const HonestyParams& params,
                                    std::uint64_t round, const NodeId& node);
void save_standing(Overlay& state, const NodeId& node, const Standing& standing);
/// Tells staking what the standing of each witness, of whom there are few, is worth.
void weigh_witnesses(Overlay& state, const HonestyParams& params, std::uint64_t round);
[[nodiscard]] Oort self_stake_of(const StateReader& state, const NodeId& node);

/// Something proven against a node.
struct Proven {
  NodeId node;
  Offence offence = Offence::WrongResult;
  Bytes32 subject;
  std::uint64_t staking_epoch = 0;
  std::optional<AccountId> finder;
};
/// Slashes bond and pool and writes the node's history. What shows that its results cannot be
/// trusted takes its passes too; what shows that it was away does not.
void punish(Block& block, const HonestyParams& params, const Proven& proven,
            std::vector<Event>& events);

/// The roll of a round as who can be drawn. Borrows the state.
class RoundRoll final : public PanelRoll {
 public:
  RoundRoll(const StateReader& state, std::uint64_t round, Oort stake_min) noexcept
      : state_(&state), round_(round), stake_min_(stake_min) {}
  [[nodiscard]] std::vector<PanelCandidate> draw(const PanelDraw& draw) const override;

 private:
  [[nodiscard]] RollEntry at(Uint128 point, std::uint64_t count) const;

  const StateReader* state_;
  std::uint64_t round_;
  Oort stake_min_;
};

// Queues.
void go_on_with_what_is_due(Block& block, const HonestyParams& params, std::vector<Event>& events);
void due_at(Overlay& state, Height height, keys::HonestyDue kind, ByteView subject);
void go_on_with_case(Block& block, const HonestyParams& params, const Bytes32& fault,
                     std::vector<Event>& events);
void forget_case(Overlay& state, const Bytes32& fault);
/// Pays, slashes and remembers what a closed case says.
void settle(Block& block, const HonestyParams& params, const CaseRecord& record,
            std::vector<Event>& events);
void go_on_with_audit(Block& block, const HonestyParams& params, std::uint64_t number,
                      std::vector<Event>& events);
/// The beacon asks for a shard, if it is time to and it draws one.
void draw_audit(Block& block, const HonestyParams& params);

/// A fault was revealed: takes the bond and opens the case.
[[nodiscard]] Rejection open_case(Call& call, const HonestyParams& params, const Reveal& reveal,
                                  const RevealContext& context);

[[nodiscard]] Bytes number_bytes(std::uint64_t number);

}  // namespace oort::ledger
