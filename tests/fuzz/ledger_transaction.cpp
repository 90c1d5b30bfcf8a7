// SPDX-License-Identifier: Apache-2.0
// Transactions as peers and clients send them.
#include <cstddef>
#include <cstdint>
#include <span>

#include "oort/core/assert.hpp"
#include "oort/ledger/machine.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const oort::ByteView bytes = std::as_bytes(std::span(data, size));
  const auto transaction = oort::codec::from_bytes<oort::ledger::Transaction>(bytes);
  if (!transaction) return 0;
  OORT_ASSERT(oort::codec::to_bytes(*transaction) == oort::to_bytes(bytes), "one encoding");
  OORT_ASSERT(oort::ledger::encoded_size(*transaction) == size, "the size is known beforehand");
  static_cast<void>(oort::ledger::check_static(transaction->chain, *transaction));
  static_cast<void>(oort::ledger::id_of(*transaction));
  return 0;
}
