// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/modules.hpp"

namespace oort::ledger::keys {

/// Writes the parts of a key one after another, integers big-endian.
class KeyWriter {
 public:
  KeyWriter(Module module, char table) {
    bytes_.reserve(64);
    bytes_.push_back(static_cast<std::byte>(module));
    bytes_.push_back(static_cast<std::byte>(table));
  }
  template <class Tag, std::size_t N>
  KeyWriter& add(const FixedBytes<Tag, N>& value) {
    return add(value.view());
  }
  KeyWriter& add(ByteView value) {
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    return *this;
  }
  template <class Tag, std::integral Rep>
  KeyWriter& add(Strong<Tag, Rep> value) {
    return add(value.value());
  }
  template <std::unsigned_integral T>
  KeyWriter& add(T value) {
    for (std::size_t i = sizeof(T); i-- > 0;) {
      bytes_.push_back(static_cast<std::byte>(static_cast<std::uint8_t>(value >> (8 * i))));
    }
    return *this;
  }
  /// So that the newest comes first.
  KeyWriter& add_inverted(const ObjectVersionId& version) {
    for (const std::byte byte : version.view()) bytes_.push_back(~byte);
    return *this;
  }
  [[nodiscard]] Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

}  // namespace oort::ledger::keys
