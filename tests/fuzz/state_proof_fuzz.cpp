// SPDX-License-Identifier: Apache-2.0
// First byte: length of a key, which follows; the rest is a proof. Whatever a proof shows about one
// key it must also show about the range that holds this key alone.
#include <algorithm>

#include "oort/core/assert.hpp"
#include "oort/ledger/state_tree.hpp"

namespace oort::ledger {
namespace {

void try_proof(std::span<const std::uint8_t> input) {
  const std::size_t size = std::min<std::size_t>(input.front() % 64, input.size() - 1);
  const ByteView key = std::as_bytes(input.subspan(1, size));
  const ByteView rest = std::as_bytes(input.subspan(1 + size));
  const TreeProof proof{to_bytes(rest)};
  Bytes end = to_bytes(key);
  end.push_back(std::byte{0});
  const auto one = verify_value(Bytes32{}, proof, key);
  const auto range = verify_range(Bytes32{}, proof, key, end);
  OORT_ASSERT(one.has_value() == range.has_value(), "both read the same proof");
  if (const auto state = codec::from_bytes<StateProof>(rest)) {
    OORT_ASSERT(codec::to_bytes(*state) == to_bytes(rest), "one value has one encoding");
    static_cast<void>(verify_state_value(Bytes32{}, *state, key));
  }
}

}  // namespace
}  // namespace oort::ledger

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) oort::ledger::try_proof(std::span(data, size));
  return 0;
}
