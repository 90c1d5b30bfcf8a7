// SPDX-License-Identifier: Apache-2.0
#include "state/page.hpp"

#include <algorithm>
#include <bit>

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::ledger::state {
namespace {

constexpr crypto::Context value_context{"oort.v1 state value"};
constexpr crypto::Context leaf_context{"oort.v1 state leaf"};
constexpr crypto::Context branch_context{"oort.v1 state branch"};
constexpr std::uint8_t page_version = 1;

std::uint8_t byte_at(ByteView key, std::size_t index) noexcept {
  return std::to_integer<std::uint8_t>(key[index]);
}

tl::unexpected<Error> corrupt(std::string detail) {
  return fail(ErrorCode::DataLoss, reason::corrupt_data, std::move(detail));
}

/// Whether the entries stand where a page may hold them: ascending, and divided within one group.
bool is_well_formed(std::span<const Entry> entries) noexcept {
  for (std::size_t i = 1; i < entries.size(); ++i) {
    const Entry& a = entries[i - 1];
    const Entry& b = entries[i];
    if (!std::ranges::lexicographical_compare(a.key, b.key)) return false;
    const std::size_t bit = first_difference(a.key, b.key);
    if (a.is_page && bit >= a.bits) return false;
    if (b.is_page && bit >= b.bits) return false;
  }
  return true;
}

Result<Entry> decode_entry(codec::Reader& in) {
  OORT_TRY(const bool is_page, in.boolean());
  OORT_TRY(const ByteView key, in.blob(state_key_bytes_max + 1));
  if (!is_page) {
    Bytes32 value_hash;
    OORT_TRY(decode(in, value_hash));
    return make_leaf(to_bytes(key), value_hash);
  }
  Entry entry;
  entry.is_page = true;
  entry.key = to_bytes(key);
  OORT_TRY(const std::uint16_t bits, in.u16());
  entry.bits = bits;
  OORT_TRY(decode(in, entry.hash));
  OORT_TRY(codec::decode(in, entry.born));
  if (entry.key.size() != prefix_bytes(entry.bits))
    return corrupt("a page's prefix has no such length");
  return entry;
}

}  // namespace

bool bit_at(ByteView key, std::size_t index) noexcept {
  const std::size_t byte = index / 9;
  const std::size_t within = index % 9;
  if (within == 0) return byte < key.size();
  OORT_DEBUG_ASSERT(byte < key.size(), "bits are asked for only where the key has them");
  return ((byte_at(key, byte) >> (8 - within)) & 1U) != 0;
}

std::size_t first_difference(ByteView a, ByteView b) noexcept {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    const auto different = static_cast<std::uint8_t>(byte_at(a, i) ^ byte_at(b, i));
    if (different != 0) return 9 * i + 1 + static_cast<std::size_t>(std::countl_zero(different));
  }
  OORT_ASSERT(a.size() != b.size(), "equal keys do not differ");
  return 9 * common;
}

Bytes prefix_of(ByteView key, std::size_t bits) {
  Bytes prefix = to_bytes(key.first(prefix_bytes(bits)));
  if (bits % 9 >= 1) {
    const std::size_t used = bits % 9 - 1;
    prefix.back() &= static_cast<std::byte>(static_cast<std::uint8_t>(0xff00U >> used));
  }
  return prefix;
}

bool has_prefix(ByteView key, ByteView prefix, std::size_t bits) noexcept {
  const std::size_t whole = bits / 9;
  const std::size_t within = bits % 9;
  if (key.size() < whole + (within > 0 ? 1 : 0)) return false;
  if (!std::ranges::equal(key.first(whole), prefix.first(whole))) return false;
  if (within <= 1) return true;
  const auto different = static_cast<std::uint8_t>(byte_at(key, whole) ^ byte_at(prefix, whole));
  return (different >> (9 - within)) == 0;
}

Bytes32 leaf_hash(ByteView key, const Bytes32& value_hash) noexcept {
  return crypto::hash(leaf_context, value_hash.view(), key);
}

Bytes32 branch_hash(std::size_t bits, ByteView prefix, const Bytes32& left,
                    const Bytes32& right) noexcept {
  std::array<std::byte, 66> head{};
  head[0] = static_cast<std::byte>(static_cast<std::uint8_t>(bits & 0xffU));
  head[1] = static_cast<std::byte>(static_cast<std::uint8_t>(bits >> 8U));
  std::ranges::copy(left.view(), head.begin() + 2);
  std::ranges::copy(right.view(), head.begin() + 34);
  return crypto::hash(branch_context, head, prefix);
}

Entry make_leaf(Bytes key, const Bytes32& value_hash) {
  Entry entry;
  entry.hash = leaf_hash(key, value_hash);
  entry.key = std::move(key);
  entry.value_hash = value_hash;
  return entry;
}

std::size_t Page::memory_bytes() const noexcept {
  std::size_t bytes = sizeof(Page) + 64;
  for (const Entry& entry : entries) bytes += sizeof(Entry) + entry.key.capacity() + 16;
  return bytes;
}

Division divide(std::span<const Entry> entries) noexcept {
  OORT_ASSERT(entries.size() >= 2, "one entry has nothing to divide");
  const std::size_t bit = first_difference(entries.front().key, entries.back().key);
  const auto right = std::ranges::partition_point(
      entries, [bit](const Entry& entry) { return !bit_at(entry.key, bit); });
  return {bit, static_cast<std::size_t>(right - entries.begin())};
}

Bytes32 hash_of(std::span<const Entry> entries) noexcept {
  if (entries.empty()) return {};
  if (entries.size() == 1) return entries.front().hash;
  const Division division = divide(entries);
  return branch_hash(division.bit, prefix_of(entries.front().key, division.bit),
                     hash_of(entries.first(division.middle)),
                     hash_of(entries.subspan(division.middle)));
}

Bytes encode_page(const Page& page) {
  codec::Writer out;
  out.u8(page_version);
  out.u8(static_cast<std::uint8_t>(page.entries.size()));
  for (const Entry& entry : page.entries) {
    out.boolean(entry.is_page);
    out.blob(entry.key);
    if (entry.is_page) {
      out.u16(static_cast<std::uint16_t>(entry.bits));
      encode(out, entry.hash);
      codec::encode(out, entry.born);
    } else {
      encode(out, entry.value_hash);
    }
  }
  return std::move(out).take();
}

Result<PagePtr> decode_page(ByteView bytes, const Bytes32& expected) {
  codec::Reader in(bytes);
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version != page_version) return corrupt("a state page has an unknown version");
  OORT_TRY(const std::uint8_t count, in.u8());
  if (count == 0 || count > page_entries_max) return corrupt("a state page has too many entries");
  auto page = std::make_shared<Page>();
  page->entries.reserve(count);
  for (std::uint8_t i = 0; i < count; ++i) {
    OORT_TRY(auto entry, decode_entry(in));
    page->entries.push_back(std::move(entry));
  }
  OORT_TRY(in.finish());
  if (!is_well_formed(page->entries)) return corrupt("a state page is out of order");
  if (hash_of(page->entries) != expected) return corrupt("a state page does not hash to its name");
  return PagePtr(std::move(page));
}

}  // namespace oort::ledger::state

namespace oort::ledger {

Bytes32 state_value_hash(ByteView value) noexcept {
  return crypto::hash(state::value_context, value);
}

}  // namespace oort::ledger
