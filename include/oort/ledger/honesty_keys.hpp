// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/modules.hpp"

namespace oort::ledger::table {
// Honesty.
inline constexpr char honesty_params = 'P';
inline constexpr char honesty_state = 's';
inline constexpr char round = 'r';
inline constexpr char posting = 'p';
inline constexpr char roll = 'l';
inline constexpr char seen_once = 'u';
inline constexpr char standing = 'n';
inline constexpr char verdict = 'h';
inline constexpr char fault_case = 'c';
inline constexpr char case_round = 'R';
inline constexpr char audit = 'a';
inline constexpr char honesty_due = 'q';
}  // namespace oort::ledger::table

/// Where honesty keeps what it knows; form as in keys.hpp.
namespace oort::ledger::keys {

[[nodiscard]] Bytes honesty_params();
[[nodiscard]] Bytes honesty_state();
[[nodiscard]] Bytes round(std::uint64_t round);
[[nodiscard]] Bytes posting(std::uint64_t round, const NodeId& node);
[[nodiscard]] Bytes roll(std::uint64_t round, std::uint64_t place);
/// A counter of what a round may see a bounded number of times.
[[nodiscard]] Bytes seen(std::uint64_t round, const Bytes32& what);
/// All of a table that is keyed by rounds.
[[nodiscard]] Bytes of_round(char table, std::uint64_t round);
[[nodiscard]] Bytes standing(const NodeId& node);
[[nodiscard]] Bytes verdict(const NodeId& node, std::uint64_t number);
[[nodiscard]] Bytes verdicts(const NodeId& node);
[[nodiscard]] Bytes fault_case(const Bytes32& fault);
[[nodiscard]] Bytes case_round(const Bytes32& fault, std::uint32_t round);
[[nodiscard]] Bytes audit(std::uint64_t number);

/// What a block has to look after. Numbers are frozen.
enum class HonestyDue : std::uint8_t { Case = 0, Audit = 1, ForgetCase = 2 };
[[nodiscard]] Bytes honesty_due(Height height, HonestyDue kind, ByteView subject);
[[nodiscard]] Bytes honesty_due();

}  // namespace oort::ledger::keys
