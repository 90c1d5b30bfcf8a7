// SPDX-License-Identifier: Apache-2.0
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <oort/v1/node.grpc.pb.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "oort/api/server.hpp"
#include "oort/core/reasons.hpp"

namespace oort::api {
namespace {

namespace fs = std::filesystem;

/// A certificate that is its own authority, for localhost, and its key; in PEM.
struct Pair {
  std::string certificate;
  std::string key;
};

std::string text_of(BIO* bio) {
  char* begin = nullptr;
  const long size = BIO_get_mem_data(bio, &begin);
  std::string text(begin, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

Pair make_pair(long serial) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* made = X509_new();
  X509_set_version(made, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made), serial);
  X509_gmtime_adj(X509_getm_notBefore(made), -3'600);
  X509_gmtime_adj(X509_getm_notAfter(made), 3'600);
  X509_NAME* name = X509_get_subject_name(made);
  const std::string common = "authority " + std::to_string(serial);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common.c_str()), -1, -1, 0);
  X509_set_issuer_name(made, name);
  X509_set_pubkey(made, key);
  for (const auto& [id, value] : {std::pair(NID_subject_alt_name, "DNS:localhost"),
                                  std::pair(NID_basic_constraints, "critical,CA:TRUE")}) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value);
    X509_add_ext(made, extension, -1);
    X509_EXTENSION_free(extension);
  }
  EXPECT_GT(X509_sign(made, key, EVP_sha256()), 0);
  BIO* certificate_text = BIO_new(BIO_s_mem());
  BIO* key_text = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(certificate_text, made);
  PEM_write_bio_PrivateKey(key_text, key, nullptr, nullptr, 0, nullptr, nullptr);
  Pair pair{text_of(certificate_text), text_of(key_text)};
  X509_free(made);
  EVP_PKEY_free(key);
  return pair;
}

/// Whole files, as who renews certificates puts them in place.
void put(const fs::path& path, const std::string& text) {
  const fs::path fresh = path.string() + ".new";
  std::ofstream(fresh) << text;
  fs::rename(fresh, path);
}

class Tls : public ::testing::Test {
 protected:
  Tls() {
    fs::create_directories(folder_);
    options_.tls = TlsFiles{(folder_ / "chain.pem").string(), (folder_ / "key.pem").string(), 1};
  }
  ~Tls() override { fs::remove_all(folder_); }
  void put_pair(const Pair& pair) const {
    put(options_.tls->key, pair.key);
    put(options_.tls->certificate, pair.certificate);
  }
  [[nodiscard]] std::string why() const {
    const auto server = Server::start(options_, {});
    if (server) return "";
    EXPECT_EQ(server.error().reason(), reason::bad_config);
    return std::string(server.error().to_string());
  }
  /// Whether somebody who believes this authority alone gets an answer over a connection of his
  /// own.
  static bool is_believed(const Server& server, const Pair& authority) {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = authority.certificate;
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride("localhost");
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto stub = v1::NodeService::NewStub(
        grpc::CreateCustomChannel(server.endpoint(), grpc::SslCredentials(tls), arguments));
    grpc::ClientContext context;
    v1::GetStatusResponse response;
    // No port stands behind the door, which it says.
    return stub->GetStatus(&context, {}, &response).error_code() == grpc::StatusCode::UNIMPLEMENTED;
  }

  template <class Condition>
  static bool comes_true(const Condition& condition) {
    for (int i = 0; i < 300; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return false;
  }

  fs::path folder_ = fs::path(::testing::TempDir()) / ("tls-" + std::to_string(::getpid()));
  ServerOptions options_;
};

TEST_F(Tls, ARenewedCertificateIsShownWithoutARestart_A3) {
  const Pair first = make_pair(1);
  const Pair second = make_pair(2);
  put_pair(first);
  const auto server = Server::start(options_, {});
  ASSERT_TRUE(server) << server.error().to_string();
  EXPECT_TRUE(is_believed(**server, first));
  EXPECT_FALSE(is_believed(**server, second));
  put_pair(second);
  EXPECT_TRUE(comes_true([&] { return is_believed(**server, second); }));
  EXPECT_FALSE(is_believed(**server, first));
  // A key without its certificate is no end: the right one follows.
  put(options_.tls->key, first.key);
  EXPECT_TRUE(comes_true([&] { return !is_believed(**server, second); }));
  put(options_.tls->certificate, first.certificate);
  EXPECT_TRUE(comes_true([&] { return is_believed(**server, first); }));
}

TEST_F(Tls, FilesThatCannotBeUsedAreNamed) {
  const Pair pair = make_pair(1);
  EXPECT_NE(why().find("chain.pem cannot be read"), std::string::npos) << why();
  put(options_.tls->certificate, pair.certificate);
  EXPECT_NE(why().find("key.pem cannot be read"), std::string::npos) << why();
  put(options_.tls->key, make_pair(2).key);
  EXPECT_NE(why().find("not that of the first certificate"), std::string::npos) << why();
  put(options_.tls->key, pair.key);
  EXPECT_EQ(why(), "");
  put(options_.tls->certificate, "no PEM");
  EXPECT_NE(why().find("chain.pem cannot be read, or holds no"), std::string::npos) << why();
}

}  // namespace
}  // namespace oort::api
