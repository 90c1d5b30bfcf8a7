// SPDX-License-Identifier: Apache-2.0
#include "key_writer.hpp"
#include "oort/ledger/honesty_keys.hpp"

namespace oort::ledger::keys {
namespace {

KeyWriter honesty(char table) { return {Module::Honesty, table}; }

}  // namespace

Bytes honesty_params() { return honesty(table::honesty_params).take(); }
Bytes honesty_state() { return honesty(table::honesty_state).take(); }
Bytes round(std::uint64_t round) { return honesty(table::round).add(round).take(); }
Bytes posting(std::uint64_t round, const NodeId& node) {
  return honesty(table::posting).add(round).add(node).take();
}
Bytes roll(std::uint64_t round, std::uint64_t place) {
  return honesty(table::roll).add(round).add(place).take();
}
Bytes seen(std::uint64_t round, const Bytes32& what) {
  return honesty(table::seen_once).add(round).add(what).take();
}
Bytes of_round(char table, std::uint64_t round) { return honesty(table).add(round).take(); }
Bytes standing(const NodeId& node) { return honesty(table::standing).add(node).take(); }
Bytes verdict(const NodeId& node, std::uint64_t number) {
  return honesty(table::verdict).add(node).add(number).take();
}
Bytes verdicts(const NodeId& node) { return honesty(table::verdict).add(node).take(); }
Bytes fault_case(const Bytes32& fault) { return honesty(table::fault_case).add(fault).take(); }
Bytes case_round(const Bytes32& fault, std::uint32_t round) {
  return honesty(table::case_round).add(fault).add(round).take();
}
Bytes audit(std::uint64_t number) { return honesty(table::audit).add(number).take(); }
Bytes honesty_due(Height height, HonestyDue kind, ByteView subject) {
  return honesty(table::honesty_due)
      .add(height)
      .add(static_cast<std::uint8_t>(kind))
      .add(subject)
      .take();
}
Bytes honesty_due() { return honesty(table::honesty_due).take(); }

}  // namespace oort::ledger::keys
