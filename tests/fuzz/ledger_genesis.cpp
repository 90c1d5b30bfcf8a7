// SPDX-License-Identifier: Apache-2.0
// Genesis files, with and without their frame; what passes the checks makes a state.
#include <cstddef>
#include <cstdint>
#include <span>

#include "oort/core/assert.hpp"
#include "oort/ledger/genesis.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const oort::ByteView bytes = std::as_bytes(std::span(data, size));
  if (const auto genesis = oort::ledger::genesis_from_file(bytes)) {
    OORT_ASSERT(oort::ledger::genesis_to_file(*genesis) == oort::to_bytes(bytes), "one encoding");
  }
  const auto genesis = oort::codec::from_bytes<oort::ledger::GenesisParams>(bytes);
  if (!genesis) return 0;
  OORT_ASSERT(oort::codec::to_bytes(*genesis) == oort::to_bytes(bytes), "one encoding");
  if (oort::ledger::check_genesis(*genesis)) {
    OORT_ASSERT(!oort::ledger::genesis_writes(*genesis).empty(), "a network starts with a state");
  }
  return 0;
}
