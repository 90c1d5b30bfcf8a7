// SPDX-License-Identifier: Apache-2.0
#include "oort/crypto/vrf.hpp"

#include <sodium.h>

#include <array>
#include <cstring>
#include <initializer_list>

#include "oort/core/assert.hpp"
#include "oort/crypto/signature.hpp"
#include "sodium_bytes.hpp"

// RFC 9381, section 5, suite ECVRF-EDWARDS25519-SHA512-TAI. One deviation, towards strictness:
// libsodium multiplies only points of the prime-order subgroup, so a proof whose Gamma carries a
// component of small order is refused where the RFC would accept it. Honest provers never make one.
namespace oort::crypto {
namespace {

constexpr std::uint8_t suite = 0x03;
constexpr std::size_t challenge_size = 16;

using Point = std::array<unsigned char, crypto_core_ed25519_BYTES>;
using Scalar = std::array<unsigned char, crypto_core_ed25519_SCALARBYTES>;
using Hash512 = std::array<unsigned char, crypto_hash_sha512_BYTES>;

struct Piece {
  const unsigned char* data;
  std::size_t size;
};

Hash512 sha512(std::initializer_list<Piece> pieces) {
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  for (const Piece& piece : pieces) crypto_hash_sha512_update(&state, piece.data, piece.size);
  Hash512 out{};
  crypto_hash_sha512_final(&state, out.data());
  return out;
}

template <std::size_t N>
Piece piece(const std::array<unsigned char, N>& bytes) {
  return {bytes.data(), bytes.size()};
}
Piece piece(ByteView bytes) { return {u8(bytes), bytes.size()}; }

/// 8 P. Empty when P is no point of the curve.
std::optional<Point> times_cofactor(Point point) {
  for (int doubling = 0; doubling < 3; ++doubling) {
    Point doubled{};
    if (crypto_core_ed25519_add(doubled.data(), point.data(), point.data()) != 0) {
      return std::nullopt;
    }
    point = doubled;
  }
  return point;
}

/// Whether the y coordinate is less than 2^255 − 19, as RFC 8032's decoding demands.
bool is_canonical(const Point& point) {
  if ((point[31] & 0x7fU) != 0x7fU) return true;
  for (std::size_t i = 30; i > 0; --i) {
    if (point[i] != 0xffU) return true;
  }
  return point[0] < 0xedU;
}

/// Try-and-increment (5.4.1.1) with the public key as salt.
Point hash_to_curve(const PublicKey& key, ByteView alpha) {
  for (unsigned counter = 0; counter < 256; ++counter) {
    const std::array<unsigned char, 2> front = {suite, 0x01};
    const std::array<unsigned char, 2> back = {static_cast<unsigned char>(counter), 0x00};
    const Hash512 digest = sha512({piece(front), piece(key.view()), piece(alpha), piece(back)});
    Point candidate{};
    std::memcpy(candidate.data(), digest.data(), candidate.size());
    if (!is_canonical(candidate)) continue;
    const auto point = times_cofactor(candidate);
    if (point && crypto_core_ed25519_is_valid_point(point->data()) == 1) return *point;
  }
  OORT_ASSERT(false, "256 independent tries fail with probability 2^-256");
  return {};
}

Scalar challenge(const PublicKey& key, const Point& h, const Point& gamma, const Point& u,
                 const Point& v) {
  const std::array<unsigned char, 2> front = {suite, 0x02};
  const std::array<unsigned char, 1> back = {0x00};
  const Hash512 digest = sha512(
      {piece(front), piece(key.view()), piece(h), piece(gamma), piece(u), piece(v), piece(back)});
  Scalar c{};
  std::memcpy(c.data(), digest.data(), challenge_size);
  return c;
}

std::optional<Point> multiply(const Scalar& scalar, const Point& point) {
  Point product{};
  if (crypto_scalarmult_ed25519_noclamp(product.data(), scalar.data(), point.data()) != 0) {
    return std::nullopt;
  }
  return product;
}

/// s P − c Q, the two commitments that a verifier recomputes.
std::optional<Point> commitment(const std::optional<Point>& sp, const Scalar& c, const Point& q) {
  const auto cq = multiply(c, q);
  Point difference{};
  if (!sp || !cq || crypto_core_ed25519_sub(difference.data(), sp->data(), cq->data()) != 0) {
    return std::nullopt;
  }
  return difference;
}

}  // namespace

VrfProof vrf_prove(const KeyPair& keys, ByteView alpha) {
  require_sodium();
  const SecretSeed seed = keys.seed();
  Hash512 expanded = sha512({piece(seed.view())});
  Scalar x{};
  std::memcpy(x.data(), expanded.data(), x.size());
  x[0] &= 248U;
  x[31] &= 127U;
  x[31] |= 64U;

  const Point h = hash_to_curve(keys.public_key(), alpha);
  const auto gamma = multiply(x, h);
  const Hash512 wide = sha512({{expanded.data() + 32, 32}, piece(h)});
  Scalar k{};
  crypto_core_ed25519_scalar_reduce(k.data(), wide.data());
  Point u{};
  const bool has_u = crypto_scalarmult_ed25519_base_noclamp(u.data(), k.data()) == 0;
  const auto v = multiply(k, h);
  OORT_ASSERT(gamma && has_u && v, "products of subgroup points by non-zero scalars exist");

  const Scalar c = challenge(keys.public_key(), h, *gamma, u, *v);
  Scalar cx{};
  Scalar s{};
  crypto_core_ed25519_scalar_mul(cx.data(), c.data(), x.data());
  crypto_core_ed25519_scalar_add(s.data(), k.data(), cx.data());
  sodium_memzero(expanded.data(), expanded.size());
  sodium_memzero(x.data(), x.size());
  sodium_memzero(k.data(), k.size());

  VrfProof proof;
  unsigned char* out = u8(proof.mutable_view());
  std::memcpy(out, gamma->data(), 32);
  std::memcpy(out + 32, c.data(), challenge_size);
  std::memcpy(out + 48, s.data(), 32);
  return proof;
}

std::optional<VrfOutput> vrf_verify(const PublicKey& key, ByteView alpha, const VrfProof& proof) {
  require_sodium();
  Point y{};
  Point gamma{};
  Scalar c{};
  Scalar s{};
  std::memcpy(y.data(), key.view().data(), 32);
  std::memcpy(gamma.data(), proof.view().data(), 32);
  std::memcpy(c.data(), proof.view().data() + 32, challenge_size);
  std::memcpy(s.data(), proof.view().data() + 48, 32);

  Scalar reduced{};
  Hash512 wide{};
  std::memcpy(wide.data(), s.data(), s.size());
  crypto_core_ed25519_scalar_reduce(reduced.data(), wide.data());
  if (reduced != s) return std::nullopt;
  if (crypto_core_ed25519_is_valid_point(y.data()) != 1) return std::nullopt;
  if (crypto_core_ed25519_is_valid_point(gamma.data()) != 1) return std::nullopt;

  const Point h = hash_to_curve(key, alpha);
  Point sb{};
  if (crypto_scalarmult_ed25519_base_noclamp(sb.data(), s.data()) != 0) return std::nullopt;
  const auto u = commitment(sb, c, y);
  const auto v = commitment(multiply(s, h), c, gamma);
  if (!u || !v || challenge(key, h, gamma, *u, *v) != c) return std::nullopt;

  const auto cleared = times_cofactor(gamma);
  if (!cleared) return std::nullopt;
  const std::array<unsigned char, 2> front = {suite, 0x03};
  const std::array<unsigned char, 1> back = {0x00};
  const Hash512 beta = sha512({piece(front), piece(*cleared), piece(back)});
  return VrfOutput::from(std::as_bytes(std::span(beta)));
}

}  // namespace oort::crypto
