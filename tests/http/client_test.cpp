// SPDX-License-Identifier: Apache-2.0
#include "oort/http/client.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "fakes.hpp"
#include "oort/core/reasons.hpp"
#include "oort/http/server.hpp"

namespace oort::http {
namespace {

/// Says back method, target, one field and the body; keeps quiet on `/silence`.
class Echo final : public Handler {
 public:
  void handle(Exchange exchange) override {
    if (exchange.request().target == "/silence") {
      kept_ = std::make_unique<Exchange>(std::move(exchange));
      return;
    }
    read(std::make_shared<Exchange>(std::move(exchange)), std::make_shared<std::string>());
  }
  void let_go() { kept_.reset(); }

 private:
  static void read(const std::shared_ptr<Exchange>& exchange,
                   const std::shared_ptr<std::string>& body) {
    exchange->read([exchange, body](Result<ByteView> piece) {
      if (!piece) return;
      if (!piece->empty()) {
        body->append(as_text(*piece));
        return read(exchange, body);
      }
      const Request& request = exchange->request();
      const std::string text = std::string(request.method) + " " + std::string(request.target) +
                               " " + std::string(request.field("x-mark")) + " " + *body;
      const unsigned status = request.target == "/missing" ? 404 : 200;
      if (request.target == "/chunked") {
        exchange->begin(ResponseHead(200), {});
        exchange->write(to_bytes(std::string_view(text)),
                        [exchange](Result<void>) { exchange->finish(); });
        return;
      }
      exchange->respond(ResponseHead(status), text);
    });
  }
  std::unique_ptr<Exchange> kept_;
};

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    ServerOptions options;
    options.is_access_logged = false;
    server_ = Server::start(options, echo_, clock_, random_).value();
  }
  ~ClientTest() override {
    echo_.let_go();
    server_->stop(Duration::zero());
  }
  Result<ClientResponse> ask(const ClientRequest& request, const ClientLimits& limits = {}) {
    return send(request, limits, clock_);
  }
  [[nodiscard]] Url url(const std::string& target) const {
    return {{"127.0.0.1", server_->port()}, target};
  }

  test::FakeClock clock_;
  test::FakeRandom random_;
  Echo echo_;
  std::unique_ptr<Server> server_;
};

TEST_F(ClientTest, SendsARequestAndReturnsTheWholeAnswer) {
  ClientRequest request{"PUT", url("/a%20b?c=d"), {{"x-mark", "7"}}, to_bytes("body")};
  const auto got = ask(request);
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_EQ(got->status, 200U);
  EXPECT_EQ(as_text(got->body), "PUT /a%20b?c=d 7 body");
  request.url = url("/chunked");
  EXPECT_EQ(as_text(ask(request)->body), "PUT /chunked 7 body");
  request.url = url("/missing");
  EXPECT_EQ(ask(request)->status, 404U);
}

TEST_F(ClientTest, BoundsWhatItTakesAndHowLongItWaits) {
  ClientRequest request{"PUT", url("/"), {}, Bytes(100'000, std::byte{'x'})};
  EXPECT_EQ(ask(request, {60s, 50'000, {}}).error().reason(), reason::too_large);
  EXPECT_TRUE(ask(request, {60s, 200'000, {}}));
  request.url = url("/silence");
  request.body.clear();
  // The fake clock moves only while the client asks whether to go on.
  const auto later = [this] {
    clock_.advance(20s);
    return false;
  };
  EXPECT_EQ(ask(request, {60s, 1'000, later}).error().reason(), reason::deadline_exceeded);
  EXPECT_EQ(ask(request, {60s, 1'000, [] { return true; }}).error().reason(), reason::cancelled);
}

TEST_F(ClientTest, NamesWhoDoesNotAnswer) {
  const Url gone = url("/");
  server_->stop(Duration::zero());
  const auto got = ask({"GET", gone, {}, {}});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().reason(), reason::peer_unreachable);
  EXPECT_NE(got.error().detail().find("127.0.0.1:"), std::string::npos);
}

TEST(ClientUrl, IsReadOrRefused) {
  EXPECT_EQ(parse_url("http://a.example:81/b?c"), (Url{{"a.example", 81}, "/b?c"}));
  EXPECT_EQ(parse_url("http://[::1]:7000"), (Url{{"::1", 7000}, "/"}));
  EXPECT_EQ(parse_url("http://h?q#f"), (Url{{"h", 80}, "/?q"}));
  EXPECT_EQ(parse_url("http://[::1]:7000")->origin.authority(), "[::1]:7000");
  for (const char* text :
       {"https://a/", "a", "http://", "http://u@a/", "http://a:0/", "http://a:x/", "http://[::1/",
        "http://a/b c", "http://a/\r\nx", "http://[::1]x/"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().reason(), reason::bad_argument);
  }
}

}  // namespace
}  // namespace oort::http
