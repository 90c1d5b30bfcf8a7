// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace oort::crypto {

/// Initialises libsodium once; every entry point that needs it calls this first.
void require_sodium() noexcept;

// Vendors take unsigned characters; the house takes std::byte.
template <std::size_t N>
unsigned char* u8(std::span<std::byte, N> bytes) noexcept {
  return reinterpret_cast<unsigned char*>(bytes.data());
}
template <std::size_t N>
const unsigned char* u8(std::span<const std::byte, N> bytes) noexcept {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace oort::crypto
