// SPDX-License-Identifier: Apache-2.0
#include "oort/crypto/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <limits>
#include <memory>
#include <string_view>

namespace oort::crypto {
namespace {

struct Free {
  void operator()(BIO* text) const noexcept { BIO_free(text); }
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};

std::unique_ptr<BIO, Free> text_of(std::string_view pem) {
  if (pem.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return nullptr;
  return std::unique_ptr<BIO, Free>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

/// A daemon has nobody to ask.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*unused*/) { return 0; }

PairFault find_fault(std::string_view chain_pem, std::string_view key_pem) {
  const auto chain = text_of(chain_pem);
  const std::unique_ptr<X509, Free> certificate(
      chain == nullptr ? nullptr : PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) return PairFault::NoCertificate;
  const auto text = text_of(key_pem);
  const std::unique_ptr<EVP_PKEY, Free> key(
      text == nullptr ? nullptr
                      : PEM_read_bio_PrivateKey(text.get(), nullptr, no_passphrase, nullptr));
  if (key == nullptr) return PairFault::NoKey;
  const bool is_its_own = X509_check_private_key(certificate.get(), key.get()) == 1;
  return is_its_own ? PairFault::None : PairFault::NotItsKey;
}

}  // namespace

PairFault check_pair(std::string_view chain_pem, std::string_view key_pem) {
  const PairFault fault = find_fault(chain_pem, key_pem);
  ERR_clear_error();
  return fault;
}

}  // namespace oort::crypto
