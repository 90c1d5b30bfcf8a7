// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>

#include "oort/codec/codec.hpp"
#include "oort/core/result.hpp"

namespace oort::ledger {

/// A value that is stored in the state or signed: its canonical bytes begin with its
/// `format_version`. A changed layout is a new version with its own golden bytes.
template <class T>
concept Record = requires {
  { T::format_version } -> std::convertible_to<std::uint8_t>;
};

/// Canonical bytes of a record (`codec::to_bytes`, `codec::from_bytes` reach these).
/// Defined and instantiated for every record inside the room.
template <Record T>
void encode(codec::Writer& out, const T& value);
/// Fails with MALFORMED, NOT_CANONICAL, TOO_LARGE or UNSUPPORTED_VERSION.
template <Record T>
[[nodiscard]] Result<void> decode(codec::Reader& in, T& value);

}  // namespace oort::ledger
