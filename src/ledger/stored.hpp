// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "oort/core/assert.hpp"
#include "oort/ledger/record.hpp"
#include "oort/ledger/state.hpp"

namespace oort::ledger {

/// A record that the machine itself has written. That it decodes is no matter of input: the store
/// checks its bytes, and the state root commits to them.
template <Record T>
[[nodiscard]] T stored(ByteView bytes) {
  auto record = codec::from_bytes<T>(bytes);
  OORT_ASSERT(record.has_value(), "a record of the state is what the machine wrote");
  return *std::move(record);
}

template <Record T>
[[nodiscard]] std::optional<T> load(const StateReader& state, ByteView key) {
  const auto bytes = state.get(key);
  if (!bytes) return std::nullopt;
  return stored<T>(*bytes);
}

/// The record of the first key that begins with `prefix`.
template <Record T>
[[nodiscard]] std::optional<T> first(const StateReader& state, ByteView prefix) {
  std::optional<T> found;
  state.scan(prefix, prefix, [&found](ByteView, ByteView value) {
    found = stored<T>(value);
    return false;
  });
  return found;
}

template <Record T>
void save(Overlay& state, ByteView key, const T& record) {
  state.put(key, codec::to_bytes(record));
}

}  // namespace oort::ledger
