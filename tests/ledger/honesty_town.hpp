// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "oort/ledger/honesty_keys.hpp"
#include "oort/ledger/honesty_view.hpp"
#include "staking_kit.hpp"

/// A network with honesty: forty nodes of forty operators beside those of `staking_genesis`, each
/// with a bond of 1,000 OORT; each is an officer in every round.
namespace oort::ledger::test {

inline constexpr std::uint8_t first_worker = 21;
inline constexpr std::uint8_t last_worker = 60;

/// Rounds of 30 blocks, 10 of them for roots; windows of 4; a seat earns 2 OORT, a case costs 100
/// and an appeal 10; 50 OORT in the fund.
[[nodiscard]] HonestyParams small_honesty();
[[nodiscard]] GenesisParams honesty_genesis(const HonestyParams& params = small_honesty());

inline const Bytes32 right_result = Bytes32(root_of("right").array());
inline const Bytes32 wrong_result = Bytes32(root_of("wrong").array());

/// What a seat of a panel does: its result, or nothing for silence.
using Panelist = std::function<std::optional<Bytes32>(const NodeId&)>;
[[nodiscard]] Panelist all_find(const Bytes32& result);

class Town {
 public:
  explicit Town(const HonestyParams& params = small_honesty());
  explicit Town(const GenesisParams& genesis);

  TestLedger ledger;

  [[nodiscard]] HonestyView view() const { return HonestyView(ledger.state()); }
  [[nodiscard]] std::uint64_t round() const { return view().state()->round; }
  [[nodiscard]] static crypto::KeyPair node(std::uint8_t number) { return keys_of(number); }
  [[nodiscard]] static NodeId id(std::uint8_t number) { return keys_of(number).node_id(); }
  [[nodiscard]] static crypto::KeyPair owner(std::uint8_t number);
  [[nodiscard]] Oort balance(const crypto::KeyPair& keys) const;
  [[nodiscard]] Oort bond(std::uint8_t number) const;

  /// Empty blocks until the next round has begun.
  void next_round();
  /// Every worker posts in one block.
  void post_all();
  /// Rounds until reveals of the returned round's baits can be made: two of posting, then one more
  /// has begun.
  std::uint64_t prepare();
  [[nodiscard]] RoundPost post_of(std::uint8_t number) const;

  /// Leaf of an officer's tree: below 128 its answer is `right_result`, from 128 on it is
  /// `wrong_result`; the upper half of each accepts tolerances.
  [[nodiscard]] Reveal reveal(std::uint64_t round, std::uint8_t officer, std::uint8_t executor,
                              std::uint64_t leaf, const Bytes32& result) const;
  Rejection send_reveal(const Reveal& reveal, std::uint8_t officer);
  /// Reveals, and expects a case; returns its id.
  Bytes32 accuse(std::uint64_t round, std::uint8_t officer, std::uint8_t executor,
                 std::uint64_t leaf, const Bytes32& result);

  [[nodiscard]] CaseState court(const Bytes32& fault) const;
  [[nodiscard]] std::vector<std::uint8_t> seats(const Bytes32& fault) const;
  [[nodiscard]] PanelReveal answer(const Bytes32& fault, const NodeId& node,
                                   const Bytes32& result) const;
  /// One panel from its draw to its end.
  void hear(const Bytes32& fault, const Panelist& panelist);
  /// Until nothing more can be said.
  void close(const Bytes32& fault);
  /// Blocks until the case is in this phase; false when it never is.
  bool await(const Bytes32& fault, CasePhase phase);
  /// Several operations in one block; each must be taken.
  void block_of(const std::vector<std::pair<crypto::KeyPair, Operation>>& operations);
  [[nodiscard]] std::uint8_t number_of(const NodeId& id) const { return numbers_.at(id); }

 private:
  std::map<NodeId, std::uint8_t> numbers_;
};

/// Fails the test where honesty's pot, rolls or counts do not add up.
void expect_honesty(const StateReader& state);

}  // namespace oort::ledger::test
