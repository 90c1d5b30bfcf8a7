// SPDX-License-Identifier: Apache-2.0
#include "crc_combine.hpp"

#include <array>

#include "oort/crypto/hash.hpp"

namespace oort::object {
namespace {

/// A linear map over GF(2) of up to 64 bits: the image of each bit.
using Matrix = std::array<std::uint64_t, 64>;

std::uint64_t image_of(const Matrix& matrix, std::uint64_t vector) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; vector != 0; ++i, vector >>= 1) {
    if ((vector & 1) != 0) sum ^= matrix.at(i);
  }
  return sum;
}

Matrix squared(const Matrix& matrix, std::size_t bits) {
  Matrix square{};
  for (std::size_t i = 0; i < bits; ++i) square.at(i) = image_of(matrix, matrix.at(i));
  return square;
}

struct Polynomial {
  std::uint64_t reversed = 0;
  std::size_t bits = 0;
};

std::optional<Polynomial> polynomial_of(crypto::Digest kind) {
  switch (kind) {
    case crypto::Digest::Crc32: return Polynomial{0xedb8'8320, 32};
    case crypto::Digest::Crc32c: return Polynomial{0x82f6'3b78, 32};
    case crypto::Digest::Crc64Nvme: return Polynomial{0x9a6c'9329'ac4b'c9b5, 64};
    case crypto::Digest::Md5:
    case crypto::Digest::Sha1:
    case crypto::Digest::Sha256:
    case crypto::Digest::Sha512: break;
  }
  return std::nullopt;
}

std::uint64_t from_big_endian(ByteView bytes) {
  std::uint64_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | std::to_integer<std::uint64_t>(byte);
  return value;
}

}  // namespace

std::optional<Bytes> combine_crc(crypto::Digest kind, ByteView first, ByteView second,
                                 std::uint64_t second_length) {
  const auto polynomial = polynomial_of(kind);
  if (!polynomial) return std::nullopt;
  const std::size_t size = polynomial->bits / 8;
  if (first.size() != size || second.size() != size) return std::nullopt;
  // The map that feeds one zero bit; three squarings make it one zero byte.
  Matrix zero{};
  zero.at(0) = polynomial->reversed;
  for (std::size_t i = 1; i < polynomial->bits; ++i) zero.at(i) = std::uint64_t{1} << (i - 1);
  for (int i = 0; i < 3; ++i) zero = squared(zero, polynomial->bits);
  std::uint64_t crc = from_big_endian(first);
  for (std::uint64_t rest = second_length; rest != 0; rest >>= 1) {
    if ((rest & 1) != 0) crc = image_of(zero, crc);
    zero = squared(zero, polynomial->bits);
  }
  crc ^= from_big_endian(second);
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<std::byte>(static_cast<std::uint8_t>(crc >> (8 * (size - 1 - i))));
  }
  return bytes;
}

}  // namespace oort::object
