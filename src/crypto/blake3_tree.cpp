// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

extern "C" {
#include <blake3.h>
#include <blake3_impl.h>
}

#include "oort/core/assert.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/crypto/tree_leaves.hpp"

// The public C interface of BLAKE3 1.3.1 has no values of subtrees, so this file builds the tree of
// the BLAKE3 specification (section 2.5) on the compression functions below that interface.
namespace oort::crypto {
namespace {

constexpr std::size_t chunk_size = BLAKE3_CHUNK_LEN;
constexpr std::uint8_t root_flag = ROOT;
constexpr std::size_t chunks_per_leaf = tree_leaf_bytes / chunk_size;
/// Sixteen chunks fill the widest SIMD unit.
constexpr std::size_t batch_leaves = 4;
constexpr std::size_t batch_bytes = batch_leaves * tree_leaf_bytes;

const std::uint8_t* u8(const std::byte* bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes);
}
std::uint8_t* u8(std::byte* bytes) { return reinterpret_cast<std::uint8_t*>(bytes); }

/// The value of one chunk of 1 to 1,024 bytes, or of the empty chunk.
Bytes32 chunk_value(ByteView bytes, std::uint64_t counter, std::uint8_t extra_flags) {
  std::array<std::uint32_t, 8> cv{};
  std::copy(std::begin(IV), std::end(IV), cv.begin());
  std::size_t at = 0;
  do {
    std::array<std::uint8_t, BLAKE3_BLOCK_LEN> block{};
    const std::size_t size = std::min<std::size_t>(BLAKE3_BLOCK_LEN, bytes.size() - at);
    if (size > 0) std::memcpy(block.data(), bytes.data() + at, size);
    unsigned flags = at == 0 ? unsigned{CHUNK_START} : 0U;
    if (at + size == bytes.size()) flags |= CHUNK_END | extra_flags;
    blake3_compress_in_place(cv.data(), block.data(), static_cast<std::uint8_t>(size), counter,
                             static_cast<std::uint8_t>(flags));
    at += size;
  } while (at < bytes.size());
  Bytes32 out;
  store_cv_words(u8(out.mutable_view().data()), cv.data());
  return out;
}

Bytes32 parent_value(const Bytes32& left, const Bytes32& right, std::uint8_t extra_flags) {
  std::array<std::uint8_t, BLAKE3_BLOCK_LEN> block{};
  std::memcpy(block.data(), left.view().data(), 32);
  std::memcpy(block.data() + 32, right.view().data(), 32);
  std::array<std::uint32_t, 8> cv{};
  std::copy(std::begin(IV), std::end(IV), cv.begin());
  blake3_compress_in_place(cv.data(), block.data(), BLAKE3_BLOCK_LEN, 0,
                           static_cast<std::uint8_t>(PARENT | extra_flags));
  Bytes32 out;
  store_cv_words(u8(out.mutable_view().data()), cv.data());
  return out;
}

/// How many of `count` units stand under the left child: the greatest power of two below `count`.
std::uint64_t left_count(std::uint64_t count) { return std::bit_floor(count - 1); }

/// The value of leaf `leaf`; with `extra_flags` = ROOT, of a run that is one leaf alone.
Bytes32 leaf_value(ByteView bytes, std::uint64_t leaf, std::uint8_t extra_flags) {
  const std::uint64_t first = leaf * chunks_per_leaf;
  if (bytes.size() <= chunk_size) return chunk_value(bytes, first, extra_flags);
  std::array<Bytes32, chunks_per_leaf> chunks;
  std::size_t count = 0;
  for (std::size_t at = 0; at < bytes.size(); at += chunk_size, ++count) {
    chunks.at(count) =
        chunk_value(bytes.subspan(at, std::min(chunk_size, bytes.size() - at)), first + count, 0);
  }
  if (count == 2) return parent_value(chunks[0], chunks[1], extra_flags);
  const Bytes32 left = parent_value(chunks[0], chunks[1], 0);
  const Bytes32 right = count == 3 ? chunks[2] : parent_value(chunks[2], chunks[3], 0);
  return parent_value(left, right, extra_flags);
}

/// Values of `leaves_count` ≤ 4 complete leaves at once, on all SIMD lanes there are.
void hash_batch(const std::byte* bytes, std::size_t leaves_count, std::uint64_t first_leaf,
                std::vector<Bytes32>& out) {
  const std::size_t chunks_count = leaves_count * chunks_per_leaf;
  std::array<const std::uint8_t*, batch_leaves * chunks_per_leaf> inputs{};
  std::array<std::uint8_t, batch_leaves * chunks_per_leaf * BLAKE3_OUT_LEN> values{};
  std::array<std::uint8_t, batch_leaves * chunks_per_leaf * BLAKE3_OUT_LEN / 2> parents{};
  for (std::size_t i = 0; i < chunks_count; ++i) inputs.at(i) = u8(bytes + i * chunk_size);
  blake3_hash_many(inputs.data(), chunks_count, chunk_size / BLAKE3_BLOCK_LEN, IV,
                   first_leaf * chunks_per_leaf, true, 0, CHUNK_START, CHUNK_END, values.data());
  for (std::size_t i = 0; i < chunks_count / 2; ++i) {
    inputs.at(i) = values.data() + i * BLAKE3_BLOCK_LEN;
  }
  blake3_hash_many(inputs.data(), chunks_count / 2, 1, IV, 0, false, PARENT, 0, 0, parents.data());
  for (std::size_t i = 0; i < leaves_count; ++i) {
    inputs.at(i) = parents.data() + i * BLAKE3_BLOCK_LEN;
  }
  blake3_hash_many(inputs.data(), leaves_count, 1, IV, 0, false, PARENT, 0, 0, values.data());
  for (std::size_t i = 0; i < leaves_count; ++i) {
    Bytes32 value;
    std::memcpy(value.mutable_view().data(), values.data() + i * BLAKE3_OUT_LEN, 32);
    out.push_back(value);
  }
}

Bytes32 subtree_value(std::span<const Bytes32> leaves, std::uint8_t extra_flags) {
  if (leaves.size() == 1) return leaves.front();
  const std::uint64_t left = left_count(leaves.size());
  return parent_value(subtree_value(leaves.first(left), 0), subtree_value(leaves.subspan(left), 0),
                      extra_flags);
}

std::size_t leaf_size(std::uint64_t size, std::uint64_t leaf) {
  return static_cast<std::size_t>(
      std::min<std::uint64_t>(tree_leaf_bytes, size - leaf * tree_leaf_bytes));
}

}  // namespace

struct TreeBuilder::State {
  /// Holds at least the last byte of the run, so that the last leaf is never hashed too early.
  Bytes pending;
  std::vector<Bytes32> leaves;
  std::uint64_t size = 0;

  /// Hashes complete leaves from `bytes` while more bytes follow them; returns how many it took.
  std::size_t absorb(ByteView bytes) {
    std::size_t at = 0;
    while (bytes.size() - at > batch_bytes) {
      hash_batch(bytes.data() + at, batch_leaves, leaves.size(), leaves);
      at += batch_bytes;
    }
    return at;
  }

  [[nodiscard]] std::vector<Bytes32> all_leaves() const {
    std::vector<Bytes32> all = leaves;
    ByteView rest = pending;
    while (rest.size() > tree_leaf_bytes) {
      hash_batch(rest.data(), 1, all.size(), all);
      rest = rest.subspan(tree_leaf_bytes);
    }
    const std::uint8_t flags = all.empty() ? root_flag : std::uint8_t{0};
    all.push_back(leaf_value(rest, all.size(), flags));
    return all;
  }
};

TreeBuilder::TreeBuilder() : state_(std::make_unique<State>()) {}
TreeBuilder::~TreeBuilder() = default;
TreeBuilder::TreeBuilder(TreeBuilder&&) noexcept = default;
TreeBuilder& TreeBuilder::operator=(TreeBuilder&&) noexcept = default;

void TreeBuilder::update(ByteView bytes) {
  State& state = *state_;
  state.size += bytes.size();
  if (!state.pending.empty()) {
    const std::size_t wanted = batch_bytes - std::min(batch_bytes, state.pending.size());
    const std::size_t taken = std::min(wanted, bytes.size());
    state.pending.insert(state.pending.end(), bytes.begin(),
                         bytes.begin() + static_cast<std::ptrdiff_t>(taken));
    bytes = bytes.subspan(taken);
    if (bytes.empty()) return;
    // The batch is full and more follows.
    hash_batch(state.pending.data(), batch_leaves, state.leaves.size(), state.leaves);
    state.pending.clear();
  }
  const std::size_t taken = state.absorb(bytes);
  const ByteView rest = bytes.subspan(taken);
  state.pending.assign(rest.begin(), rest.end());
}

std::uint64_t TreeBuilder::size() const noexcept { return state_->size; }

TreeRoot TreeBuilder::root() const { return root_of_leaves(leaves(), state_->size); }

std::vector<Bytes32> TreeBuilder::leaves() const { return state_->all_leaves(); }

TreeRoot tree_root(ByteView bytes) { return TreeRoot(blake3(bytes).array()); }

std::vector<Bytes32> tree_leaf_values(ByteView bytes, std::uint64_t first_leaf,
                                      std::uint64_t size) {
  const std::uint64_t begin = first_leaf * tree_leaf_bytes;
  OORT_ASSERT(begin + bytes.size() <= size, "the bytes are of the run");
  OORT_ASSERT(bytes.size() % tree_leaf_bytes == 0 || begin + bytes.size() == size,
              "only the last leaf is short");
  std::vector<Bytes32> values;
  if (size <= tree_leaf_bytes) {
    values.push_back(leaf_value(bytes, 0, root_flag));
    return values;
  }
  while (bytes.size() >= tree_leaf_bytes) {
    const std::size_t leaves = std::min(batch_leaves, bytes.size() / tree_leaf_bytes);
    hash_batch(bytes.data(), leaves, first_leaf + values.size(), values);
    bytes = bytes.subspan(leaves * tree_leaf_bytes);
  }
  if (!bytes.empty()) values.push_back(leaf_value(bytes, first_leaf + values.size(), 0));
  return values;
}

TreeRoot root_of_leaves(std::span<const Bytes32> leaves, std::uint64_t size) {
  OORT_ASSERT(leaves.size() == tree_leaves_count(size), "one value a leaf");
  return TreeRoot(subtree_value(leaves, ROOT).array());
}

bool leaf_matches(std::span<const Bytes32> leaves, std::uint64_t size, std::uint64_t leaf,
                  ByteView leaf_bytes) {
  if (leaf >= leaves.size() || leaves.size() != tree_leaves_count(size)) return false;
  if (leaf_bytes.size() != leaf_size(size, leaf)) return false;
  const std::uint8_t flags = leaves.size() == 1 ? root_flag : std::uint8_t{0};
  return leaf_value(leaf_bytes, leaf, flags) == leaves[leaf];
}

TreeProof tree_prove(std::span<const Bytes32> leaves, std::uint64_t size, std::uint64_t leaf) {
  OORT_ASSERT(leaves.size() == tree_leaves_count(size), "one value a leaf");
  OORT_ASSERT(leaf < leaves.size(), "a proof is of a leaf that is there");
  TreeProof proof{.size = size, .leaf = leaf, .siblings = {}};
  std::span<const Bytes32> range = leaves;
  std::uint64_t target = leaf;
  while (range.size() > 1) {
    const std::uint64_t left = left_count(range.size());
    if (target < left) {
      proof.siblings.push_back(subtree_value(range.subspan(left), 0));
      range = range.first(left);
    } else {
      proof.siblings.push_back(subtree_value(range.first(left), 0));
      range = range.subspan(left);
      target -= left;
    }
  }
  std::reverse(proof.siblings.begin(), proof.siblings.end());
  return proof;
}

bool tree_verify(const TreeRoot& root, const TreeProof& proof, ByteView leaf_bytes) {
  std::uint64_t count = tree_leaves_count(proof.size);
  if (proof.leaf >= count || leaf_bytes.size() != leaf_size(proof.size, proof.leaf)) return false;
  // Whether the path goes left, from the root downward.
  std::vector<bool> goes_left;
  for (std::uint64_t target = proof.leaf; count > 1;) {
    const std::uint64_t left = left_count(count);
    goes_left.push_back(target < left);
    if (target < left) {
      count = left;
    } else {
      target -= left;
      count -= left;
    }
  }
  if (goes_left.size() != proof.siblings.size()) return false;
  Bytes32 value =
      leaf_value(leaf_bytes, proof.leaf, goes_left.empty() ? root_flag : std::uint8_t{0});
  for (const Bytes32& sibling : proof.siblings) {
    const bool is_left = goes_left.back();
    goes_left.pop_back();
    const std::uint8_t flags = goes_left.empty() ? root_flag : std::uint8_t{0};
    value = is_left ? parent_value(value, sibling, flags) : parent_value(sibling, value, flags);
  }
  return TreeRoot(value.array()) == root;
}

}  // namespace oort::crypto
