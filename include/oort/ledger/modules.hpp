// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "oort/core/bytes.hpp"

namespace oort::ledger {

/// The parts of the state machine. A number is frozen once reserved, whether the module is built
/// or not: operations, rejections and events are numbered `module << 8 | n`, and the first byte of
/// every state key is the module. Module 0 is what belongs to transactions as such.
enum class Module : std::uint8_t {
  Transactions = 0,
  Bank = 1,
  Staking = 2,
  Governance = 3,
  Nodes = 4,
  Honesty = 5,
  Objects = 6,
  Access = 7,
  Market = 8,
  Jobs = 9,
  Campaigns = 10,
  Datasets = 11,
  Models = 12,
  Evidence = 13,
  Beacon = 14,
  Params = 15,
  Storage = 16,
  Reserved17 = 17,
  Reserved18 = 18,
  Reserved19 = 19,
  Reserved20 = 20,
};

[[nodiscard]] std::string_view to_string(Module module) noexcept;

/// The number of an operation, a rejection or an event.
[[nodiscard]] constexpr std::uint16_t code_of(Module module, std::uint8_t n) noexcept {
  return static_cast<std::uint16_t>(static_cast<std::uint16_t>(module) << 8 | n);
}
[[nodiscard]] constexpr std::uint8_t module_of(std::uint16_t code) noexcept {
  return static_cast<std::uint8_t>(code >> 8);
}

/// Second byte of a state key: the table inside its module. Printable, so that a dump reads well;
/// frozen like the modules.
namespace table {
// Bank.
inline constexpr char account = 'a';
inline constexpr char supply = 's';
inline constexpr char pot = 'p';
inline constexpr char credits = 'c';
inline constexpr char credit_supply = 't';
// Staking.
inline constexpr char validator_set = 'v';
// Nodes.
inline constexpr char node = 'n';
inline constexpr char node_account = 'a';
// Objects.
inline constexpr char bucket = 'B';
inline constexpr char bucket_name = 'N';
inline constexpr char bucket_owner = 'O';
inline constexpr char bucket_keys = 'K';
inline constexpr char bucket_next = '#';
inline constexpr char object = 'o';
inline constexpr char null_version = 'z';
inline constexpr char removed = 'u';
inline constexpr char segment = 's';
inline constexpr char segment_redirect = 'r';
inline constexpr char multipart = 'm';
inline constexpr char part = 'p';
inline constexpr char expiry = 'x';
// Objects, outside of the state root: bodies that a record commits to by their digest.
inline constexpr char object_body = 'b';
inline constexpr char multipart_body = 'c';
inline constexpr char part_body = 'd';
inline constexpr char policy_body = 'e';
// Access.
inline constexpr char access_key = 'k';
inline constexpr char access_key_owner = 'o';
inline constexpr char grant = 'g';
inline constexpr char grant_gateway = 'w';
inline constexpr char grant_owner = 'v';
inline constexpr char grant_next = '#';
// Market.
inline constexpr char market_params = 'P';
inline constexpr char rate_state = 'R';
inline constexpr char rate_report = 'r';
inline constexpr char reporter_bond = 'b';
inline constexpr char credit_sale = 's';
inline constexpr char credit_day = 'd';
inline constexpr char escrow = 'e';
inline constexpr char escrow_payer = 'p';
inline constexpr char escrow_earner = 'w';
inline constexpr char escrow_next = '#';
// Evidence.
inline constexpr char evidence = 'e';
// Beacon.
inline constexpr char beacon = 'b';
inline constexpr char epoch_seed = 'e';
// Params.
inline constexpr char params = 'p';
inline constexpr char params_next = 'n';
inline constexpr char chain = 'c';
}  // namespace table

/// Whether the state root commits to `key`. What it does not commit to are bodies: each is checked
/// by the digest that a record in a tree holds, and is erased when that record goes, so that
/// history can forget it. Requires: `key` has at least two bytes, as all that the machine writes.
[[nodiscard]] bool is_authenticated(ByteView key) noexcept;

}  // namespace oort::ledger
