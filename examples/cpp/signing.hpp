// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <oort/v1/ledger.grpc.pb.h>

#include <cstdint>
#include <string>
#include <string_view>

/// Canonical bytes, hashes and signatures, as docs/API.md describes them; nothing of the daemon.
namespace example {

/// Integers are little-endian at full width; a text, like a list, has a u32 of its size before it.
class Writer {
 public:
  Writer& u8(std::uint8_t value) { return integer(value, sizeof(value)); }
  Writer& u16(std::uint16_t value) { return integer(value, sizeof(value)); }
  Writer& u32(std::uint32_t value) { return integer(value, sizeof(value)); }
  Writer& u64(std::uint64_t value) { return integer(value, sizeof(value)); }
  /// An amount of 128 bits, in decimal digits as messages have them.
  Writer& amount(std::string_view decimal);
  /// Bytes whose number is fixed: an identifier, a key, a hash.
  Writer& raw(std::string_view bytes);
  Writer& text(std::string_view bytes);
  [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }

 private:
  Writer& integer(std::uint64_t value, std::size_t size);
  std::string bytes_;
};

/// BLAKE3 in the mode that derives keys, 32 bytes. Each kind of hash has a context of its own, so
/// that no value of one kind passes for another.
[[nodiscard]] std::string hash(const std::string& context, std::string_view bytes);
/// Plain BLAKE3, as `b3sum` computes it: the root of an object's bytes.
[[nodiscard]] std::string blake3(std::string_view bytes);
/// The digest of a text that people agree to, as `sha256sum` prints it.
[[nodiscard]] std::string sha256(std::string_view bytes);

/// An Ed25519 key, from a file that `oortd keys new` wrote.
class Key {
 public:
  explicit Key(const std::string& path);
  [[nodiscard]] const std::string& public_key() const noexcept { return public_key_; }
  /// Who signs with it: 20 bytes.
  [[nodiscard]] std::string account() const;
  [[nodiscard]] std::string sign(std::string_view message) const;

 private:
  std::string seed_;
  std::string public_key_;
};

/// A signed transaction of one operation, ready for SubmitTransaction. Reads chain, height and the
/// account's next sequence number from the node.
[[nodiscard]] std::string signed_transaction(oort::v1::LedgerService::Stub& ledger, const Key& key,
                                             std::string_view operation);

}  // namespace example
