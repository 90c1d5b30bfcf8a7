// SPDX-License-Identifier: Apache-2.0
#include "oort/http/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <thread>

#include "fakes.hpp"
#include "http_client.hpp"
#include "oort/core/reasons.hpp"

namespace oort::http {
namespace {

using test::FakeClock;
using test::FakeRandom;
using test::RawClient;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// Reads a body to its end, then says what it got, or which error.
class Echo : public std::enable_shared_from_this<Echo> {
 public:
  explicit Echo(Exchange exchange) : exchange_(std::move(exchange)) {}
  void step() {
    exchange_.read(
        [self = shared_from_this()](Result<ByteView> piece) { self->take(std::move(piece)); });
  }

 private:
  void take(Result<ByteView> piece) {
    if (!piece) {
      return exchange_.respond(ResponseHead(400), std::string(piece.error().reason()));
    }
    if (piece->empty()) return exchange_.respond(ResponseHead(200), text_);
    text_.append(as_text(*piece));
    step();
  }
  Exchange exchange_;
  std::string text_;
};

/// Sends ten pieces of 100,000 bytes, each after the one before was taken.
class Stream : public std::enable_shared_from_this<Stream> {
 public:
  Stream(Exchange exchange, std::optional<std::uint64_t> size) : exchange_(std::move(exchange)) {
    exchange_.begin(ResponseHead(200), size);
  }
  void step() {
    if (count_ == 10) return exchange_.finish();
    Bytes piece(100'000, static_cast<std::byte>('a' + count_++));
    exchange_.write(std::move(piece), [self = shared_from_this()](Result<void> sent) {
      if (sent) self->step();
    });
  }

 private:
  Exchange exchange_;
  int count_ = 0;
};

class ScriptHandler final : public Handler {
 public:
  void handle(Exchange exchange) override {
    const std::string_view target = exchange.request().target;
    if (target == "/echo") return std::make_shared<Echo>(std::move(exchange))->step();
    if (target == "/stream") {
      return std::make_shared<Stream>(std::move(exchange), std::nullopt)->step();
    }
    if (target == "/sized") {
      return std::make_shared<Stream>(std::move(exchange), 1'000'000)->step();
    }
    if (target == "/short") {
      return std::make_shared<Stream>(std::move(exchange), 1'000'001)->step();
    }
    if (target == "/drop") return;
    if (target == "/break") {
      exchange.begin(ResponseHead(200), std::nullopt);
      return;
    }
    if (target == "/hold") {
      const std::lock_guard lock(mutex_);
      held_.emplace(std::move(exchange));
      has_held_.set_value();
      return;
    }
    if (target == "/inject") {
      ResponseHead head(200);
      head.add("X-Name", "a\r\nX-Evil: b");
      return exchange.respond(std::move(head), "ok");
    }
    std::string answer(exchange.request().method);
    answer.append(" ").append(target);
    exchange.respond(ResponseHead(200), answer);
  }

  /// Waits for `/hold` and takes its exchange.
  Exchange take_held() {
    has_held_.get_future().wait();
    const std::lock_guard lock(mutex_);
    return std::move(*held_);
  }

 private:
  std::mutex mutex_;
  std::optional<Exchange> held_;
  std::promise<void> has_held_;
};

struct Stand {
  FakeClock clock;
  FakeRandom random;
  ScriptHandler handler;
  std::unique_ptr<Server> server;

  explicit Stand(Limits limits = {}, unsigned threads_count = 1) {
    ServerOptions options;
    options.limits = limits;
    options.threads_count = threads_count;
    server = std::move(Server::start(options, handler, clock, random).value());
  }
  [[nodiscard]] std::uint16_t port() const { return server->port(); }
};

std::string post(std::string_view target, std::string_view body) {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder_H1) {
  Stand stand;
  RawClient client(stand.port());
  client.say("GET /1 HTTP/1.1\r\n\r\n" + post("/echo", "two") + "GET /3 HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.hear_response(), HasSubstr("GET /1"));
  EXPECT_THAT(client.hear_response(), HasSubstr("\r\n\r\ntwo"));
  EXPECT_THAT(client.hear_response(), HasSubstr("GET /3"));
}

TEST(HttpServer, ServesManyConnectionsOnSeveralThreads_H1) {
  Stand stand({}, 3);
  for (int i = 0; i < 9; ++i) {
    RawClient client(stand.port());
    client.say("GET /a HTTP/1.1\r\n\r\n");
    EXPECT_THAT(client.hear_response(), HasSubstr("GET /a"));
  }
}

TEST(HttpServer, ReadsChunkedBodiesAndDropsTheirTrailers) {
  Stand stand;
  RawClient client(stand.port());
  client.say("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.say("3;ext=1\r\nabc\r\n").say("2\r\nde\r\n").say("0\r\nX-Trailer: 1\r\n\r\n");
  EXPECT_THAT(client.hear_response(), HasSubstr("\r\n\r\nabcde"));
}

TEST(HttpServer, ReadsTinyChunksWithoutRecursion) {
  Stand stand;
  RawClient client(stand.port());
  std::string request = "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 50'000; ++i) request += "1\r\nx\r\n";
  client.say(request + "0\r\n\r\n");
  EXPECT_THAT(client.hear_response(), HasSubstr("Content-Length: 50000\r\n"));
}

TEST(HttpServer, SaysContinueOnlyWhenTheBodyIsWanted) {
  Stand stand;
  RawClient wanted(stand.port());
  wanted.say("POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_THAT(wanted.hear_until("\r\n\r\n"), StartsWith("HTTP/1.1 100 Continue"));
  wanted.say("ok");
  EXPECT_THAT(wanted.hear_response(), HasSubstr("\r\n\r\nok"));

  RawClient refused(stand.port());
  refused.say("POST /no HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  const std::string answer = refused.hear_all();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
}

// A client that expects it must not see a final answer first on a connection that stays open.
TEST(HttpServer, SaysContinueForAnEmptyBodyToo) {
  Stand stand;
  RawClient wanted(stand.port());
  wanted.say("POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(wanted.hear_until("\r\n\r\n"), StartsWith("HTTP/1.1 100 Continue"));
  EXPECT_THAT(wanted.hear_response(), StartsWith("HTTP/1.1 200"));
  wanted.say(post("/echo", "more"));
  EXPECT_THAT(wanted.hear_response(), HasSubstr("\r\n\r\nmore"));

  RawClient refused(stand.port());
  refused.say("POST /no HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(refused.hear_all(), HasSubstr("Connection: close"));
}

TEST(HttpServer, DropsAnUnwantedSmallBodyAndGoesOn) {
  Stand stand;
  RawClient client(stand.port());
  client.say(post("/no", std::string(100'000, 'x')) + "GET /next HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.hear_response(), HasSubstr("POST /no"));
  EXPECT_THAT(client.hear_response(), HasSubstr("GET /next"));
}

TEST(HttpServer, ClosesAfterAnUnwantedLargeBodyButTheAnswerArrives) {
  Stand stand;
  RawClient client(stand.port());
  client.say(post("/no", std::string(3'000'000, 'x')));
  client.end_sending();
  EXPECT_THAT(client.hear_all(), HasSubstr("POST /no"));
}

TEST(HttpServer, RefusesAmbiguousBodies_H2) {
  Stand stand;
  for (const std::string fields : {
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
           "Content-Length: 5\r\nContent-Length: 6\r\n",
           "Content-Length: +5\r\n",
           "Content-Length: 5x\r\n",
           "Transfer-Encoding: gzip\r\n",
           "Transfer-Encoding: chunked, gzip\r\n",
           "Transfer-Encoding : chunked\r\n",
       }) {
    RawClient client(stand.port());
    client.say("POST /echo HTTP/1.1\r\n" + fields + "\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n");
    client.end_sending();
    const std::string answer = client.hear_all();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400")) << fields;
    EXPECT_THAT(answer, Not(HasSubstr("smuggled"))) << fields;
  }
}

TEST(HttpServer, RefusesBrokenChunks_H2) {
  Stand stand;
  for (const std::string body :
       {"zz\r\nab\r\n", "2\r\nabc\r\n0\r\n\r\n", "-1\r\n", "11111111111111111\r\n"}) {
    RawClient client(stand.port());
    client.say("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
    client.end_sending();
    EXPECT_THAT(client.hear_all(), HasSubstr("MALFORMED")) << body;
  }
}

TEST(HttpServer, BoundsHeads_H3) {
  Limits limits;
  limits.header_bytes_max = 2'000;
  limits.fields_count_max = 10;
  Stand stand(limits);
  RawClient large(stand.port());
  large.say("GET / HTTP/1.1\r\nA: " + std::string(3'000, 'a') + "\r\n\r\n");
  EXPECT_THAT(large.hear_all(), StartsWith("HTTP/1.1 431"));
  RawClient many(stand.port());
  std::string fields;
  for (int i = 0; i < 11; ++i) fields += "A: b\r\n";
  many.say("GET / HTTP/1.1\r\n" + fields + "\r\n");
  EXPECT_THAT(many.hear_all(), StartsWith("HTTP/1.1 431"));
}

TEST(HttpServer, BoundsBodies_H3) {
  Limits limits;
  limits.body_bytes_max = 10;
  Stand stand(limits);
  RawClient sized(stand.port());
  sized.say(post("/echo", "12345678901"));
  EXPECT_THAT(sized.hear_all(), StartsWith("HTTP/1.1 413"));
  RawClient chunked(stand.port());
  chunked.say("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n");
  EXPECT_THAT(chunked.hear_all(), HasSubstr("TOO_LARGE"));
}

TEST(HttpServer, BoundsConnections_H3) {
  Limits limits;
  limits.connections_count_max = 1;
  Stand stand(limits);
  RawClient first(stand.port());
  first.say("GET /1 HTTP/1.1\r\n\r\n");
  EXPECT_THAT(first.hear_response(), HasSubstr("GET /1"));
  RawClient second(stand.port());
  second.say("GET /2 HTTP/1.1\r\n\r\n");
  EXPECT_THAT(second.hear_all(), StartsWith("HTTP/1.1 503"));
}

TEST(HttpServer, GivesSlowHeadsUp_H3) {
  Stand stand;
  RawClient client(stand.port());
  client.say("GET / HT");
  // The first bytes must have been seen before time passes; a whole request proves that they were.
  RawClient other(stand.port());
  other.say("GET /1 HTTP/1.1\r\n\r\n");
  EXPECT_THAT(other.hear_response(), HasSubstr("GET /1"));
  stand.clock.advance(std::chrono::seconds(20));
  EXPECT_THAT(client.hear_all(), ::testing::AnyOf(StartsWith("HTTP/1.1 408"), ""));
}

TEST(HttpServer, ClosesIdleConnections_H3) {
  Stand stand;
  RawClient client(stand.port());
  client.say("GET /1 HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.hear_response(), HasSubstr("GET /1"));
  stand.clock.advance(std::chrono::seconds(80));
  EXPECT_EQ(client.hear_all(), "");
}

TEST(HttpServer, TellsTheReaderOfATruncatedBody_X1) {
  Stand stand;
  RawClient client(stand.port());
  client.say("POST /echo HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
  client.end_sending();
  EXPECT_THAT(client.hear_all(), HasSubstr("BODY_TOO_SHORT"));
}

TEST(HttpServer, AnswersHeadWithTheSizeAndNoBody) {
  Stand stand;
  RawClient client(stand.port());
  client.say("HEAD /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.hear_head(), HasSubstr("Content-Length: 7"));
  EXPECT_THAT(client.hear_response(), HasSubstr("GET /b"));
  client.say("HEAD /sized HTTP/1.1\r\n\r\nHEAD /stream HTTP/1.1\r\n\r\nGET /c HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.hear_head(), HasSubstr("Content-Length: 1000000"));
  EXPECT_THAT(client.hear_head(), HasSubstr("Transfer-Encoding: chunked"));
  EXPECT_THAT(client.hear_response(), HasSubstr("GET /c"));
}

TEST(HttpServer, StreamsSizedAndChunkedAnswers) {
  Stand stand;
  RawClient client(stand.port());
  client.say("GET /sized HTTP/1.1\r\n\r\n");
  const std::string sized = client.hear_response();
  EXPECT_EQ(sized.size() - sized.find("\r\n\r\n") - 4, 1'000'000U);
  client.say("GET /stream HTTP/1.1\r\n\r\n");
  const std::string chunked = client.hear_response();
  EXPECT_THAT(chunked, HasSubstr("\r\n\r\n186a0\r\naaaa"));
  EXPECT_THAT(chunked, HasSubstr("jjjj\r\n0\r\n\r\n"));
}

TEST(HttpServer, EndsUnsizedAnswersToHttp10ByClosing) {
  Stand stand;
  RawClient client(stand.port());
  client.say("GET /stream HTTP/1.0\r\n\r\n");
  const std::string answer = client.hear_all();
  EXPECT_THAT(answer, Not(HasSubstr("chunked")));
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 1'000'000U);
}

TEST(HttpServer, AnswersADroppedExchange_X3) {
  Stand stand;
  RawClient client(stand.port());
  client.say("GET /drop HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.hear_all(), StartsWith("HTTP/1.1 500"));
  RawClient begun(stand.port());
  begun.say("GET /break HTTP/1.1\r\n\r\n");
  EXPECT_THAT(begun.hear_all(), Not(HasSubstr("0\r\n\r\n")));
}

TEST(HttpServer, NeverCompletesAShortAnswer_X3) {
  Stand stand;
  RawClient client(stand.port());
  client.say("GET /short HTTP/1.1\r\n\r\n");
  const std::string answer = client.hear_all();
  EXPECT_THAT(answer, HasSubstr("Content-Length: 1000001"));
  EXPECT_LT(answer.size() - answer.find("\r\n\r\n") - 4, 1'000'001U);
}

TEST(HttpServer, TakesAnswersFromAnyThread) {
  Stand stand;
  RawClient client(stand.port());
  client.say("GET /hold HTTP/1.1\r\n\r\n");
  std::thread([&] { stand.handler.take_held().respond(ResponseHead(200), "held"); }).join();
  EXPECT_THAT(client.hear_response(), HasSubstr("\r\n\r\nheld"));
}

TEST(HttpServer, ReadsNothingAheadOfTheReader_X2) {
  Stand stand;
  RawClient client(stand.port());
  client.say("POST /hold HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n");
  Exchange held = stand.handler.take_held();
  // The kernel's buffers fill up, and then the client is stuck: nobody reads.
  EXPECT_LT(client.say_without_waiting(std::string(100'000'000, 'x')), 100'000'000U);
  held.abort();
}

TEST(HttpServer, LetsNoValueEndItsField) {
  Stand stand;
  RawClient client(stand.port());
  client.say("GET /inject HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.hear_response(), HasSubstr("X-Name: a  X-Evil: b\r\n"));
}

TEST(HttpServer, FinishesWhatIsInProgressWhenItStops_H4) {
  Stand stand;
  RawClient idle(stand.port());
  idle.say("GET /1 HTTP/1.1\r\n\r\n");
  EXPECT_THAT(idle.hear_response(), HasSubstr("GET /1"));
  RawClient busy(stand.port());
  busy.say("GET /hold HTTP/1.1\r\n\r\n");
  Exchange held = stand.handler.take_held();
  std::thread stopper([&] { stand.server->stop(std::chrono::seconds(60)); });
  EXPECT_EQ(idle.hear_all(), "");
  held.respond(ResponseHead(200), "late");
  const std::string answer = busy.hear_all();
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  EXPECT_THAT(answer, HasSubstr("late"));
  stopper.join();
  EXPECT_FALSE(RawClient(stand.port()).is_connected());
}

TEST(HttpServer, OutlivesExchangesThatOutliveIt_H4) {
  Stand stand;
  RawClient client(stand.port());
  client.say("GET /hold HTTP/1.1\r\n\r\n");
  Exchange held = stand.handler.take_held();
  stand.server->stop(Duration::zero());
  stand.server.reset();
  bool was_told = false;
  held.read([&](Result<ByteView> piece) { was_told = !piece; });
  EXPECT_TRUE(was_told);
  held.respond(ResponseHead(200), "nobody hears this");
  EXPECT_EQ(client.hear_all(), "");
}

TEST(HttpServer, SaysWhyItCannotListen) {
  Stand stand;
  ServerOptions options;
  options.port = stand.port();
  const auto taken = Server::start(options, stand.handler, stand.clock, stand.random);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().reason(), reason::port_in_use);
  options.address = "localhost";
  const auto named = Server::start(options, stand.handler, stand.clock, stand.random);
  ASSERT_FALSE(named);
  EXPECT_EQ(named.error().reason(), reason::bad_argument);
}

}  // namespace
}  // namespace oort::http
