// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <string>

#include "oort/core/amount.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/datahub/near_duplicate.hpp"

namespace oort::datahub {

namespace {

constexpr crypto::Context shingle_context("oort.v1 text shingle");
constexpr crypto::Context band_context("oort.v1 sketch band");
constexpr std::size_t words_per_shingle = 5;
/// A Mersenne prime: x -> a x + b is a permutation of what is below it.
constexpr std::uint64_t prime = (std::uint64_t{1} << 61) - 1;

std::uint64_t first_word(const Bytes32& hash) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    value |= std::to_integer<std::uint64_t>(hash.array()[i]) << (8 * i);
  }
  return value;
}

bool is_of_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  bool is_inside = false;
  for (const char c : text) {
    if (!is_of_word(c)) {
      is_inside = false;
      continue;
    }
    if (!is_inside) words.emplace_back();
    is_inside = true;
    words.back() += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return words;
}

struct Permutation {
  std::uint64_t factor = 1;
  std::uint64_t shift = 0;
};

/// SplitMix64 from 0: numbers with nothing up their sleeve.
constexpr std::array<Permutation, sketch_bands * sketch_rows> permutations = [] {
  std::array<Permutation, sketch_bands * sketch_rows> all{};
  std::uint64_t state = 0;
  const auto next = [&] {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  };
  for (Permutation& each : all) {
    each.factor = next() % (prime - 1) + 1;
    each.shift = next() % prime;
  }
  return all;
}();

std::uint64_t permuted(const Permutation& permutation, std::uint64_t value) {
  const Uint128 product = Uint128{permutation.factor} * value + permutation.shift;
  const std::uint64_t folded =
      static_cast<std::uint64_t>(product & prime) + static_cast<std::uint64_t>(product >> 61);
  return folded >= prime ? folded - prime : folded;
}

std::uint64_t band_key(const TextSketch& sketch, std::size_t band) {
  Bytes bytes;
  bytes.push_back(static_cast<std::byte>(band));
  for (std::size_t row = 0; row < sketch_rows; ++row) {
    const std::uint64_t value = sketch[band * sketch_rows + row];
    for (std::size_t i = 0; i < 8; ++i) {
      bytes.push_back(static_cast<std::byte>(static_cast<std::uint8_t>(value >> (8 * i))));
    }
  }
  return first_word(crypto::hash(band_context, bytes));
}

}  // namespace

std::vector<std::uint64_t> shingles_of(std::string_view text) {
  const std::vector<std::string> words = words_of(text);
  std::vector<std::uint64_t> shingles;
  const std::size_t run = std::min(words.size(), words_per_shingle);
  for (std::size_t first = 0; run > 0 && first + run <= words.size(); ++first) {
    std::string joined;
    for (std::size_t i = 0; i < run; ++i) joined += words[first + i] + ' ';
    shingles.push_back(first_word(crypto::hash(shingle_context, as_bytes(joined))) % prime);
  }
  std::sort(shingles.begin(), shingles.end());
  shingles.erase(std::unique(shingles.begin(), shingles.end()), shingles.end());
  return shingles;
}

std::uint32_t jaccard_ppm(std::span<const std::uint64_t> a,
                          std::span<const std::uint64_t> b) noexcept {
  std::uint64_t shared = 0;
  auto left = a.begin();
  auto right = b.begin();
  while (left != a.end() && right != b.end()) {
    if (*left == *right) ++shared;
    const bool is_left_first = *left <= *right;
    const bool is_right_first = *right <= *left;
    if (is_left_first) ++left;
    if (is_right_first) ++right;
  }
  const std::uint64_t all = a.size() + b.size() - shared;
  return all == 0 ? 1'000'000 : static_cast<std::uint32_t>(shared * 1'000'000 / all);
}

TextSketch sketch_of(std::span<const std::uint64_t> shingles) noexcept {
  TextSketch sketch;
  sketch.fill(std::numeric_limits<std::uint64_t>::max());
  for (const std::uint64_t shingle : shingles) {
    for (std::size_t i = 0; i < sketch.size(); ++i) {
      sketch[i] = std::min(sketch[i], permuted(permutations[i], shingle));
    }
  }
  return sketch;
}

void SketchIndex::add(std::uint64_t id, const TextSketch& sketch) {
  for (std::size_t band = 0; band < sketch_bands; ++band) {
    bands_[band_key(sketch, band)].push_back(id);
  }
}

std::vector<std::uint64_t> SketchIndex::candidates(const TextSketch& sketch) const {
  std::vector<std::uint64_t> found;
  for (std::size_t band = 0; band < sketch_bands; ++band) {
    const auto bucket = bands_.find(band_key(sketch, band));
    if (bucket == bands_.end()) continue;
    found.insert(found.end(), bucket->second.begin(), bucket->second.end());
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace oort::datahub
