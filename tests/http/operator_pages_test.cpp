// SPDX-License-Identifier: Apache-2.0
#include "oort/http/operator_pages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes.hpp"
#include "http_client.hpp"
#include "oort/core/metrics.hpp"
#include "oort/http/server.hpp"

namespace oort::http {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(OperatorPages, SayWhatHoldsAndWhatDoesNot) {
  test::FakeClock clock;
  test::FakeRandom random;
  OperatorSources sources;
  sources.health = [] { return std::vector<Check>{{"process", true, ""}}; };
  sources.readiness = [] {
    return std::vector<Check>{{"disk", true, ""}, {"ledger", false, "say \"hi\"\nto peers"}};
  };
  const auto pages = operator_pages(std::move(sources));
  const auto server = Server::start({}, *pages, clock, random).value();
  metrics::counter("oort_http_test_total", "A series for this test.").add(3);

  const auto ask = [&](std::string_view line) {
    test::RawClient client(server->port());
    client.say(std::string(line) + " HTTP/1.1\r\n\r\n");
    return client.hear_response();
  };
  const std::string health = ask("GET /healthz");
  EXPECT_THAT(health, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(health, HasSubstr(R"({"status":"ok","checks":[{"name":"process","ok":true,)"));
  const std::string readiness = ask("GET /readyz?verbose");
  EXPECT_THAT(readiness, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(readiness, HasSubstr(R"("ok":false,"detail":"say \"hi\"\u000ato peers"})"));
  EXPECT_THAT(ask("GET /metrics"), HasSubstr("oort_http_test_total 3"));
  EXPECT_THAT(ask("GET /"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(ask("POST /metrics"), StartsWith("HTTP/1.1 405"));
}

}  // namespace
}  // namespace oort::http
