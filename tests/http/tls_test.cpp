// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "fakes.hpp"
#include "http_client.hpp"
#include "oort/core/reasons.hpp"
#include "oort/http/server.hpp"
#include "tls_pair.hpp"

namespace oort::http {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using oort::test::make_tls_pair;
using oort::test::put_file;
using oort::test::TlsPair;
using test::FakeClock;
using test::FakeRandom;
using test::RawClient;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Code = boost::system::error_code;

/// Says back how it came, and its body.
class Mirror final : public Handler {
 public:
  void handle(Exchange exchange) override {
    const bool is_tls = exchange.request().is_tls;
    auto kept = std::make_shared<Exchange>(std::move(exchange));
    take(kept, is_tls ? "tls " : "clear ");
  }

 private:
  static void take(const std::shared_ptr<Exchange>& exchange, std::string text) {
    exchange->read([exchange, text = std::move(text)](Result<ByteView> piece) mutable {
      if (!piece || piece->empty()) return exchange->respond(ResponseHead(200), std::move(text));
      text.append(as_text(*piece));
      take(exchange, std::move(text));
    });
  }
};

/// A client that believes one authority.
class TlsClient {
 public:
  TlsClient(std::uint16_t port, const TlsPair& authority, int version_max = 0)
      : context_(asio::ssl::context::tls_client) {
    context_.add_certificate_authority(asio::buffer(authority.certificate));
    context_.set_verify_mode(asio::ssl::verify_peer);
    if (version_max != 0) SSL_CTX_set_max_proto_version(context_.native_handle(), version_max);
    stream_.emplace(loop_, context_);
    stream_->set_verify_callback(asio::ssl::host_name_verification("localhost"));
    stream_->next_layer().connect({asio::ip::address_v4::loopback(), port}, error_);
    if (!error_) stream_->handshake(asio::ssl::stream_base::client, error_);
  }
  [[nodiscard]] bool is_connected() const { return !error_; }
  /// The answer to a request of this body.
  std::string ask(std::string_view body) {
    const std::string request =
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + std::string(body);
    asio::write(*stream_, asio::buffer(request), error_);
    std::string heard;
    asio::read_until(*stream_, asio::dynamic_buffer(heard), "\r\n\r\n", error_);
    const std::size_t head = heard.find("\r\n\r\n") + 4;
    const std::size_t size = std::stoul(heard.substr(heard.find("Content-Length: ") + 16));
    if (heard.size() < head + size) {
      asio::read(*stream_, asio::dynamic_buffer(heard),
                 asio::transfer_exactly(head + size - heard.size()), error_);
    }
    return heard.substr(head);
  }

 private:
  asio::io_context loop_;
  asio::ssl::context context_;
  std::optional<asio::ssl::stream<asio::ip::tcp::socket>> stream_;
  Code error_;
};

class HttpTls : public ::testing::Test {
 protected:
  HttpTls() {
    fs::create_directories(folder_);
    options_.limits.connections_count_max = 4;
    options_.tls = TlsOptions{(folder_ / "chain.pem").string(), (folder_ / "key.pem").string()};
    put(first_);
  }
  ~HttpTls() override {
    server_.reset();
    fs::remove_all(folder_);
  }
  void put(const TlsPair& pair) const {
    put_file(options_.tls->key, pair.key);
    put_file(options_.tls->certificate, pair.certificate);
  }
  void start() {
    auto started = Server::start(options_, handler_, clock_, random_);
    ASSERT_TRUE(started) << started.error().to_string();
    server_ = *std::move(started);
  }
  [[nodiscard]] std::string why() {
    const auto started = Server::start(options_, handler_, clock_, random_);
    if (started) return "";
    EXPECT_EQ(started.error().reason(), reason::bad_config);
    return std::string(started.error().detail());
  }
  [[nodiscard]] bool is_believed(const TlsPair& authority) const {
    return TlsClient(server_->port(), authority).is_connected();
  }
  template <class Condition>
  static bool comes_true(const Condition& condition) {
    for (int i = 0; i < 300; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
  }

  TlsPair first_ = make_tls_pair(1);
  TlsPair second_ = make_tls_pair(2);
  fs::path folder_ = fs::path(::testing::TempDir()) / ("http-tls-" + std::to_string(::getpid()));
  FakeClock clock_;
  FakeRandom random_;
  Mirror handler_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
};

TEST_F(HttpTls, AnswersByTlsAndNotInTheClear_H5) {
  start();
  TlsClient client(server_->port(), first_);
  ASSERT_TRUE(client.is_connected());
  EXPECT_EQ(client.ask("hello"), "tls hello");
  // More than a record of TLS holds, both ways, on the connection that stands.
  const std::string large(300'000, 'x');
  EXPECT_EQ(client.ask(large), "tls " + large);
  EXPECT_FALSE(is_believed(second_));
  EXPECT_EQ(RawClient(server_->port())
                .say("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                .hear_all()
                .substr(0, 4)
                .find("HTTP"),
            std::string::npos);
}

TEST_F(HttpTls, SpeaksTheVersionBeforeTheLast_H5) {
  start();
  TlsClient client(server_->port(), first_, TLS1_2_VERSION);
  ASSERT_TRUE(client.is_connected());
  EXPECT_EQ(client.ask("hello"), "tls hello");
}

TEST_F(HttpTls, GivesUnfinishedHandshakesUp_H3) {
  start();
  RawClient silent(server_->port());
  ASSERT_TRUE(comes_true([&] { return server_->connections_count() == 1; }));
  clock_.advance(16s);
  EXPECT_EQ(silent.hear_all(), "");
  EXPECT_TRUE(comes_true([&] { return server_->connections_count() == 0; }));
  RawClient nonsense(server_->port());
  nonsense.say(std::string(1'000, 'x'));
  EXPECT_TRUE(comes_true([&] { return server_->connections_count() == 0; }));
}

TEST_F(HttpTls, ARenewedCertificateIsShownAndABrokenOneIsNot_H5) {
  start();
  TlsClient old(server_->port(), first_);
  EXPECT_EQ(old.ask("a"), "tls a");
  put(second_);
  EXPECT_TRUE(is_believed(first_)) << "nobody has looked yet";
  clock_.advance(61s);
  EXPECT_TRUE(comes_true([&] { return is_believed(second_); }));
  EXPECT_FALSE(is_believed(first_));
  // Half of a renewal, as it may be found.
  put_file(options_.tls->key, first_.key);
  clock_.advance(61s);
  std::this_thread::sleep_for(std::chrono::milliseconds(1'200));
  EXPECT_TRUE(is_believed(second_));
  put_file(options_.tls->certificate, first_.certificate);
  clock_.advance(61s);
  EXPECT_TRUE(comes_true([&] { return is_believed(first_); }));
}

TEST_F(HttpTls, FilesThatCannotBeUsedAreNamed) {
  put_file(options_.tls->key, second_.key);
  EXPECT_THAT(why(), HasSubstr("key.pem cannot be read, holds no private key"));
  fs::remove(options_.tls->key);
  EXPECT_THAT(why(), HasSubstr("key.pem cannot be read"));
  fs::remove(options_.tls->certificate);
  EXPECT_THAT(why(), HasSubstr("chain.pem cannot be read"));
}

}  // namespace
}  // namespace oort::http
