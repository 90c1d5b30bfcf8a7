// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/ledger/state_tree.hpp"

/// Keys as bits, and the pages of a state tree.
namespace oort::ledger::state {

/// A key of n bytes is 9n + 1 bits: each byte after a 1, most significant bit first, and a last 0.
[[nodiscard]] constexpr std::size_t bits_of(ByteView key) noexcept { return 9 * key.size() + 1; }
/// Bit `index` of a key. Requires: the key, or the bytes of the prefix, reach so far.
[[nodiscard]] bool bit_at(ByteView key, std::size_t index) noexcept;
/// Index of the first bit in which two different keys differ.
[[nodiscard]] std::size_t first_difference(ByteView a, ByteView b) noexcept;
/// The first `bits` bits of `key`, packed as key bytes whose unused bits are zero.
[[nodiscard]] Bytes prefix_of(ByteView key, std::size_t bits);
/// Bytes that prefix_of makes for `bits`; a prefix that ends after the mark of a byte has that byte
/// too, as zero, so that the mark is seen.
[[nodiscard]] constexpr std::size_t prefix_bytes(std::size_t bits) noexcept {
  return (bits + 8) / 9;
}
/// Whether `key` begins with the prefix of `bits` bits packed in `prefix`.
[[nodiscard]] bool has_prefix(ByteView key, ByteView prefix, std::size_t bits) noexcept;
/// Branches whose bits lie in one group make one page: a mark with the high nibble, a low nibble.
[[nodiscard]] constexpr std::size_t group_of(std::size_t bit) noexcept {
  return 2 * (bit / 9) + (bit % 9 > 4 ? 1 : 0);
}

[[nodiscard]] Bytes32 leaf_hash(ByteView key, const Bytes32& value_hash) noexcept;
/// A branch at bit `bits` below a common prefix of that many bits.
[[nodiscard]] Bytes32 branch_hash(std::size_t bits, ByteView prefix, const Bytes32& left,
                                  const Bytes32& right) noexcept;

/// A leaf, or another page below this one.
struct Entry {
  /// The key of a leaf; the common prefix of a page.
  Bytes key;
  /// The hash of the subtree: of the leaf, or of the page's uppermost branch.
  Bytes32 hash;
  /// Leaf: the hash of the value.
  Bytes32 value_hash;
  /// Page: the block that made it.
  Height born;
  /// Page: the bit at which its uppermost branch divides. Leaf: 0.
  std::size_t bits = 0;
  bool is_page = false;

  [[nodiscard]] PageRef ref() const noexcept { return {hash, born}; }
};

[[nodiscard]] Entry make_leaf(Bytes key, const Bytes32& value_hash);

/// Ascending entries; none is a prefix of another. The branches between them follow from the keys.
using Entries = std::vector<Entry>;

struct Page {
  Entries entries;
  [[nodiscard]] std::size_t memory_bytes() const noexcept;
};
using PagePtr = std::shared_ptr<const Page>;

inline constexpr std::size_t page_entries_max = 17;

/// The bit that divides `entries`, and the index of the first entry on its right side.
struct Division {
  std::size_t bit = 0;
  std::size_t middle = 0;
};
/// Requires: two entries or more.
[[nodiscard]] Division divide(std::span<const Entry> entries) noexcept;
/// Hash of the subtree of `entries`; zero for none.
[[nodiscard]] Bytes32 hash_of(std::span<const Entry> entries) noexcept;

/// What the store holds for a page.
[[nodiscard]] Bytes encode_page(const Page& page);
/// Fails with CORRUPT_DATA unless the bytes are a page whose hash is `expected`.
[[nodiscard]] Result<PagePtr> decode_page(ByteView bytes, const Bytes32& expected);

}  // namespace oort::ledger::state
