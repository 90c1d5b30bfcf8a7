// SPDX-License-Identifier: Apache-2.0
#include "signing.hpp"

#include <blake3.h>
#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "client.hpp"

namespace example {
namespace {

using KeyPointer = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

KeyPointer open_key(const std::string& seed) {
  KeyPointer key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, octets(seed), seed.size()),
                 &EVP_PKEY_free);
  if (!key) throw std::runtime_error("no Ed25519 key");
  return key;
}

std::string finish(blake3_hasher& hasher, std::string_view bytes) {
  std::array<std::uint8_t, BLAKE3_OUT_LEN> out{};
  blake3_hasher_update(&hasher, bytes.data(), bytes.size());
  blake3_hasher_finalize(&hasher, out.data(), out.size());
  return {out.begin(), out.end()};
}

}  // namespace

Writer& Writer::integer(std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes_ += static_cast<char>(value >> 8U * i & 0xffU);
  return *this;
}

Writer& Writer::amount(std::string_view decimal) {
  std::array<unsigned, 16> little{};
  for (const char digit : decimal) {
    if (digit < '0' || digit > '9') throw std::runtime_error("an amount is decimal digits");
    unsigned carry = static_cast<unsigned>(digit - '0');
    for (unsigned& byte : little) {
      carry += byte * 10U;
      byte = carry & 0xffU;
      carry >>= 8U;
    }
    if (carry != 0) throw std::runtime_error("an amount has at most 128 bits");
  }
  for (const unsigned byte : little) bytes_ += static_cast<char>(byte);
  return *this;
}

Writer& Writer::raw(std::string_view bytes) {
  bytes_ += bytes;
  return *this;
}

Writer& Writer::text(std::string_view bytes) {
  return u32(static_cast<std::uint32_t>(bytes.size())).raw(bytes);
}

std::string hash(const std::string& context, std::string_view bytes) {
  blake3_hasher hasher;
  blake3_hasher_init_derive_key(&hasher, context.c_str());
  return finish(hasher, bytes);
}

std::string blake3(std::string_view bytes) {
  blake3_hasher hasher;
  blake3_hasher_init(&hasher);
  return finish(hasher, bytes);
}

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, 32> digest{};
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL did not hash");
  }
  return {digest.begin(), digest.end()};
}

Key::Key(const std::string& path) {
  std::string label;
  std::string digits;
  if (!(std::ifstream(path) >> label >> digits)) throw std::runtime_error(path + " is no key file");
  seed_ = from_hex(digits);
  const KeyPointer key = open_key(seed_);
  std::array<unsigned char, 32> bytes{};
  std::size_t size = bytes.size();
  EVP_PKEY_get_raw_public_key(key.get(), bytes.data(), &size);
  public_key_.assign(bytes.begin(), bytes.end());
}

std::string Key::account() const {
  constexpr std::size_t account_bytes = 20;
  return hash("oort.v1 account", public_key_).substr(0, account_bytes);
}

std::string Key::sign(std::string_view message) const {
  const KeyPointer key = open_key(seed_);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  std::array<unsigned char, 64> signature{};
  std::size_t size = signature.size();
  const bool is_signed =
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestSign(context.get(), signature.data(), &size, octets(message), message.size()) == 1;
  if (!is_signed) throw std::runtime_error("OpenSSL did not sign");
  return {signature.begin(), signature.end()};
}

std::string signed_transaction(oort::v1::LedgerService::Stub& ledger, const Key& key,
                               std::string_view operation) {
  using Stub = oort::v1::LedgerService::Stub;
  const auto chain =
      call<oort::v1::GetChainResponse>(ledger, &Stub::GetChain, oort::v1::GetChainRequest());
  oort::v1::GetAccountRequest question;
  question.set_account(key.account());
  const auto account = call<oort::v1::GetAccountResponse>(ledger, &Stub::GetAccount, question);
  std::uint64_t sequence = 0;  // Of lane 0. Lanes are independent: one each for threads that send.
  for (const auto& lane : account.lanes()) {
    if (lane.lane() == 0) sequence = lane.next_sequence();
  }
  constexpr std::uint64_t lifetime_blocks = 200;  // What is not final by then never will be.
  constexpr std::string_view fee_max = "10000000000000000";  // 0.01 OORT; the fee itself is less.

  Writer out;
  out.u8(1).raw(chain.chain_id()).raw(key.account()).u32(0).u64(sequence);
  out.u64(account.state().height() + lifetime_blocks).amount(fee_max);
  out.u8(0);                          // No flags.
  out.u32(1).text(operation).u32(0);  // One operation, and no bodies beside it.
  out.u8(1).raw(key.public_key());    // Scheme 1: Ed25519.
  out.raw(key.sign(hash("oort.v1 transaction", out.bytes())));
  return out.u32(0).bytes();  // No bodies.
}

}  // namespace example
