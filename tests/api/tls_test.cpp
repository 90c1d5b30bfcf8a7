// SPDX-License-Identifier: Apache-2.0
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <oort/v1/node.grpc.pb.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "oort/api/server.hpp"
#include "oort/core/reasons.hpp"
#include "tls_pair.hpp"

namespace oort::api {
namespace {

namespace fs = std::filesystem;
using test::make_tls_pair;
using test::put_file;
using test::TlsPair;

class Tls : public ::testing::Test {
 protected:
  Tls() {
    fs::create_directories(folder_);
    options_.tls = TlsFiles{(folder_ / "chain.pem").string(), (folder_ / "key.pem").string(), 1};
  }
  ~Tls() override { fs::remove_all(folder_); }
  void put_pair(const TlsPair& pair) const {
    put_file(options_.tls->key, pair.key);
    put_file(options_.tls->certificate, pair.certificate);
  }
  [[nodiscard]] std::string why() const {
    const auto server = Server::start(options_, {});
    if (server) return "";
    EXPECT_EQ(server.error().reason(), reason::bad_config);
    return std::string(server.error().to_string());
  }
  /// Whether somebody who believes this authority alone gets an answer over a connection of his
  /// own.
  static bool is_believed(const Server& server, const TlsPair& authority) {
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
  const TlsPair first = make_tls_pair(1);
  const TlsPair second = make_tls_pair(2);
  put_pair(first);
  const auto server = Server::start(options_, {});
  ASSERT_TRUE(server) << server.error().to_string();
  EXPECT_TRUE(is_believed(**server, first));
  EXPECT_FALSE(is_believed(**server, second));
  put_pair(second);
  EXPECT_TRUE(comes_true([&] { return is_believed(**server, second); }));
  EXPECT_FALSE(is_believed(**server, first));
  // A key without its certificate is no end: the right one follows.
  put_file(options_.tls->key, first.key);
  EXPECT_TRUE(comes_true([&] { return !is_believed(**server, second); }));
  put_file(options_.tls->certificate, first.certificate);
  EXPECT_TRUE(comes_true([&] { return is_believed(**server, first); }));
}

TEST_F(Tls, FilesThatCannotBeUsedAreNamed) {
  const TlsPair pair = make_tls_pair(1);
  EXPECT_NE(why().find("chain.pem cannot be read"), std::string::npos) << why();
  put_file(options_.tls->certificate, pair.certificate);
  EXPECT_NE(why().find("key.pem cannot be read"), std::string::npos) << why();
  put_file(options_.tls->key, make_tls_pair(2).key);
  EXPECT_NE(why().find("not that of the first certificate"), std::string::npos) << why();
  put_file(options_.tls->key, pair.key);
  EXPECT_EQ(why(), "");
  put_file(options_.tls->certificate, "no PEM");
  EXPECT_NE(why().find("chain.pem cannot be read, or holds no"), std::string::npos) << why();
}

}  // namespace
}  // namespace oort::api
