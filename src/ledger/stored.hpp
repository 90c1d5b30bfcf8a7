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
  std::optional<T> record;
  state.read(key, [&record](ByteView value) { record = stored<T>(value); });
  return record;
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
  codec::Writer out;
  out.reserve(256);  // Most records are smaller, and grow no further.
  encode(out, record);
  state.put(key, std::move(out).take());
}

}  // namespace oort::ledger
