// SPDX-License-Identifier: Apache-2.0
#include "oort/crypto/hash.hpp"

#include <blake3.h>
#include <sodium.h>

#include <cstring>
#include <new>

#include "oort/core/assert.hpp"

namespace oort::crypto {
namespace {

static_assert(sizeof(blake3_hasher) <= 1920 && alignof(blake3_hasher) <= 8);
static_assert(std::is_trivially_copyable_v<blake3_hasher>);

blake3_hasher* as_blake3(std::array<std::byte, 1920>& state) noexcept {
  return std::launder(reinterpret_cast<blake3_hasher*>(state.data()));
}
const blake3_hasher* as_blake3(const std::array<std::byte, 1920>& state) noexcept {
  return std::launder(reinterpret_cast<const blake3_hasher*>(state.data()));
}

/// Deriving a context's key costs two compressions; a handful of contexts make nearly all hashes,
/// so each thread keeps the keys it met last. Contexts are literals, hence the pointer as the key.
struct ContextKey {
  const char* name = nullptr;
  std::uint8_t flags = 0;
  std::array<std::uint32_t, 8> words{};
};

const ContextKey& context_key(Context context) noexcept {
  constexpr std::size_t slots_count = 64;
  thread_local std::array<ContextKey, slots_count> cache;
  const char* name = context.name().data();
  ContextKey& slot = cache[(reinterpret_cast<std::uintptr_t>(name) >> 3U) % slots_count];
  if (slot.name != name) {
    blake3_hasher hasher;
    blake3_hasher_init_derive_key_raw(&hasher, name, context.name().size());
    slot.name = name;
    slot.flags = hasher.chunk.flags;
    std::memcpy(slot.words.data(), hasher.key, sizeof(hasher.key));
  }
  return slot;
}

void start(blake3_hasher* hasher, Context context) noexcept {
  const ContextKey& key = context_key(context);
  std::memcpy(hasher->key, key.words.data(), sizeof(hasher->key));
  std::memcpy(hasher->chunk.cv, key.words.data(), sizeof(hasher->chunk.cv));
  std::memset(hasher->chunk.buf, 0, sizeof(hasher->chunk.buf));
  hasher->chunk.chunk_counter = 0;
  hasher->chunk.buf_len = 0;
  hasher->chunk.blocks_compressed = 0;
  hasher->chunk.flags = key.flags;
  hasher->cv_stack_len = 0;
}

Bytes32 finalize(const blake3_hasher* hasher) noexcept {
  Bytes32 out;
  blake3_hasher_finalize(hasher, reinterpret_cast<std::uint8_t*>(out.mutable_view().data()),
                         Bytes32::size_bytes);
  return out;
}

}  // namespace

Hasher::Hasher(Context context) noexcept {
  start(std::construct_at(reinterpret_cast<blake3_hasher*>(state_.data())), context);
}
Hasher::Hasher(Hasher&& other) noexcept { std::memcpy(state_.data(), other.state_.data(), 1920); }
Hasher& Hasher::operator=(Hasher&& other) noexcept {
  if (this != &other) std::memcpy(state_.data(), other.state_.data(), state_.size());
  return *this;
}

Hasher& Hasher::update(ByteView bytes) noexcept {
  blake3_hasher_update(as_blake3(state_), bytes.data(), bytes.size());
  return *this;
}

Bytes32 Hasher::finish() const noexcept { return finalize(as_blake3(state_)); }

Bytes32 hash(Context context, ByteView bytes) noexcept { return hash(context, bytes, {}); }

Bytes32 hash(Context context, ByteView left, ByteView right) noexcept {
  blake3_hasher hasher;
  start(&hasher, context);
  blake3_hasher_update(&hasher, left.data(), left.size());
  blake3_hasher_update(&hasher, right.data(), right.size());
  return finalize(&hasher);
}

Bytes32 blake3(ByteView bytes) noexcept {
  blake3_hasher hasher;
  blake3_hasher_init(&hasher);
  blake3_hasher_update(&hasher, bytes.data(), bytes.size());
  return finalize(&hasher);
}

Bytes32 keyed_hash(const Bytes32& key, ByteView bytes) noexcept {
  blake3_hasher hasher;
  blake3_hasher_init_keyed(&hasher, reinterpret_cast<const std::uint8_t*>(key.view().data()));
  blake3_hasher_update(&hasher, bytes.data(), bytes.size());
  return finalize(&hasher);
}

bool equal_constant_time(ByteView a, ByteView b) noexcept {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace oort::crypto
