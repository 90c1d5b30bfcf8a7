// SPDX-License-Identifier: Apache-2.0
#include "identity.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <array>
#include <string>

#include "oort/core/reasons.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/random.hpp"

namespace oort::net {
namespace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using Certificate = std::unique_ptr<X509, FreeCertificate>;

tl::unexpected<Error> openssl_failed(std::string_view action) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return fail(ErrorCode::Internal, reason::internal,
              "OpenSSL cannot " + std::string(action) + ": " + text.data());
}

std::optional<NodeId> node_of(EVP_PKEY* key) noexcept {
  if (key == nullptr || EVP_PKEY_get_id(key) != EVP_PKEY_ED25519) return std::nullopt;
  NodeId node;
  std::size_t size = NodeId::size_bytes;
  auto* out = reinterpret_cast<unsigned char*>(node.mutable_view().data());
  if (EVP_PKEY_get_raw_public_key(key, out, &size) != 1 || size != NodeId::size_bytes) {
    return std::nullopt;
  }
  return node;
}

Result<Key> key_of(const crypto::SecretSeed& seed) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(seed.view().data());
  Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes, seed.view().size()));
  if (key == nullptr) return openssl_failed("use the node's key");
  return key;
}

Result<Certificate> make_certificate(EVP_PKEY* key, const NodeId& node, env::Random& random) {
  Certificate made(X509_new());
  if (made == nullptr) return openssl_failed("make a certificate");
  X509* certificate = made.get();
  const auto serial = static_cast<long>(random.below(std::uint64_t{1} << 62U));
  X509_NAME* name = X509_get_subject_name(certificate);
  const std::string text = node.hex();
  const auto* common_name = reinterpret_cast<const unsigned char*>(text.c_str());
  const bool is_good =
      X509_set_version(certificate, X509_VERSION_3) == 1 &&
      ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial) == 1 &&
      // The key is the identity and does not age, so neither does what carries it.
      ASN1_TIME_set_string(X509_getm_notBefore(certificate), "20000101000000Z") == 1 &&
      ASN1_TIME_set_string(X509_getm_notAfter(certificate), "99991231235959Z") == 1 &&
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0) == 1 &&
      X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
      X509_sign(certificate, key, nullptr) != 0;
  if (!is_good) return openssl_failed("make a certificate");
  return made;
}

/// Stands in for OpenSSL's walk to an authority. TLS itself proves that the peer has the key.
int accept_any_ed25519(X509_STORE_CTX* store, void* /*unused*/) {
  X509* leaf = X509_STORE_CTX_get0_cert(store);
  if (leaf != nullptr && node_of(X509_get0_pubkey(leaf))) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return 0;
}

}  // namespace

void FreeSslContext::operator()(ssl_ctx_st* context) const noexcept { SSL_CTX_free(context); }

Result<SslContext> make_tls_context(const crypto::SecretSeed& key, env::Random& random) {
  OORT_TRY(const Key private_key, key_of(key));
  OORT_TRY(const NodeId node, node_of(key));
  OORT_TRY(const Certificate certificate, make_certificate(private_key.get(), node, random));
  SslContext context(SSL_CTX_new(TLS_method()));
  if (context == nullptr) return openssl_failed("make a TLS context");
  SSL_CTX* raw = context.get();
  const bool is_good = SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION) == 1 &&
                       SSL_CTX_set_max_proto_version(raw, TLS1_3_VERSION) == 1 &&
                       SSL_CTX_set1_groups_list(raw, "X25519") == 1 &&
                       SSL_CTX_set1_sigalgs_list(raw, "ed25519") == 1 &&
                       SSL_CTX_set_num_tickets(raw, 0) == 1 &&
                       SSL_CTX_use_certificate(raw, certificate.get()) == 1 &&
                       SSL_CTX_use_PrivateKey(raw, private_key.get()) == 1;
  if (!is_good) return openssl_failed("set up TLS");
  SSL_CTX_set_options(raw, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(raw, accept_any_ed25519, nullptr);
  return context;
}

std::optional<NodeId> node_of(const ssl_st* session) noexcept {
  X509* certificate = SSL_get0_peer_certificate(session);
  if (certificate == nullptr) return std::nullopt;
  return node_of(X509_get0_pubkey(certificate));
}

Result<NodeId> node_of(const crypto::SecretSeed& key) {
  OORT_TRY(const Key private_key, key_of(key));
  const auto node = node_of(private_key.get());
  if (!node) return openssl_failed("tell the node's public key");
  return *node;
}

}  // namespace oort::net
