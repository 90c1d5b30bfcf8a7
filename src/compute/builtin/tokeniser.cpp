// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <utility>

#include "builtin/bytes_codec.hpp"
#include "builtin/unicode.hpp"
#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/text.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"

namespace oort::compute::builtin {
namespace {

constexpr std::uint8_t record_version = 1;
constexpr std::uint32_t bytes_count = 256;
constexpr std::size_t word_bytes_max = 64;
constexpr std::uint32_t no_rank = std::numeric_limits<std::uint32_t>::max();

std::uint64_t pair_key(std::uint32_t left, std::uint32_t right) {
  return std::uint64_t{left} << 32U | right;
}

/// The size of the word that `text` begins with.
std::size_t word_size(ByteView text) {
  std::size_t size = 0;
  const bool has_space = text[0] == std::byte{' '} && text.size() > 1 &&
                         letters_of(first_code_point(text.subspan(1)).value) != Letters::Space;
  if (has_space) size = 1;
  const Letters kind = letters_of(first_code_point(text.subspan(size)).value);
  while (size < text.size()) {
    const CodePoint next = first_code_point(text.subspan(size));
    if (letters_of(next.value) != kind || size + next.size > word_bytes_max) break;
    // The last space goes with the word after it.
    const bool is_last_space =
        kind == Letters::Space && next.value == U' ' && size > 0 && size + 1 < text.size() &&
        letters_of(first_code_point(text.subspan(size + 1)).value) != Letters::Space;
    if (is_last_space) break;
    size += next.size;
  }
  return size;
}

}  // namespace

void encode(codec::Writer& out, const Vocabulary& value) {
  out.u8(record_version);
  out.u32(static_cast<std::uint32_t>(value.merges.size()));
  for (const auto& [left, right] : value.merges) {
    out.u32(left);
    out.u32(right);
  }
}

Result<void> decode(codec::Reader& in, Vocabulary& value) {
  OORT_TRY(expect_version(in, record_version, "a vocabulary"));
  OORT_TRY(const std::uint32_t count, in.count(merges_count_max, 8));
  value.merges.clear();
  std::vector<std::uint64_t> keys;
  for (std::uint32_t i = 0; i < count; ++i) {
    OORT_TRY(const std::uint32_t left, in.u32());
    OORT_TRY(const std::uint32_t right, in.u32());
    if (left >= bytes_count + i || right >= bytes_count + i) {
      return refuse(reason::bad_argument, "a pair of tokens that do not exist yet");
    }
    value.merges.emplace_back(left, right);
    keys.push_back(pair_key(left, right));
  }
  std::sort(keys.begin(), keys.end());
  if (std::adjacent_find(keys.begin(), keys.end()) != keys.end()) {
    return refuse(reason::bad_argument, "a pair comes twice");
  }
  return {};
}

Tokeniser::Tokeniser(const Vocabulary& vocabulary) : merges_(vocabulary.merges) {
  for (std::uint32_t i = 0; i < merges_.size(); ++i) {
    ranks_.emplace_back(pair_key(merges_[i].first, merges_[i].second), i);
  }
  std::sort(ranks_.begin(), ranks_.end());
}

std::vector<std::uint32_t> Tokeniser::tokens(ByteView text) const {
  std::vector<std::uint32_t> tokens;
  while (!text.empty()) {
    const std::size_t size = word_size(text);
    OORT_ASSERT(size > 0, "a word has bytes");
    append_word(text.first(size), tokens);
    text = text.subspan(size);
  }
  return tokens;
}

Bytes Tokeniser::bytes_of(std::uint32_t token) const {
  if (token < bytes_count) return {static_cast<std::byte>(token)};
  const auto& [left, right] = merges_.at(token - bytes_count);
  Bytes bytes = bytes_of(left);
  const Bytes more = bytes_of(right);
  bytes.insert(bytes.end(), more.begin(), more.end());
  return bytes;
}

std::uint32_t Tokeniser::rank_of(std::uint32_t left, std::uint32_t right) const {
  const std::uint64_t key = pair_key(left, right);
  const auto found = std::lower_bound(ranks_.begin(), ranks_.end(), std::pair(key, 0U));
  return found != ranks_.end() && found->first == key ? found->second : no_rank;
}

void Tokeniser::append_word(ByteView word, std::vector<std::uint32_t>& tokens) const {
  std::vector<std::uint32_t> parts;
  for (const std::byte byte : word) parts.push_back(std::to_integer<std::uint32_t>(byte));
  while (parts.size() > 1) {
    std::uint32_t best = no_rank;
    std::size_t place = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const std::uint32_t rank = rank_of(parts[i], parts[i + 1]);
      if (rank < best) {
        best = rank;
        place = i;
      }
    }
    if (best == no_rank) break;
    parts[place] = bytes_count + best;
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
  tokens.insert(tokens.end(), parts.begin(), parts.end());
}

}  // namespace oort::compute::builtin
