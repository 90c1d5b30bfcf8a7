// SPDX-License-Identifier: Apache-2.0
#include "oort/s3/service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_store.hpp"
#include "fakes.hpp"
#include "http_client.hpp"
#include "oort/core/reasons.hpp"
#include "oort/http/server.hpp"
#include "oort/s3/base64.hpp"
#include "oort/s3/sigv4.hpp"

namespace oort::s3 {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Answer {
  unsigned status = 0;
  std::string head;
  std::string body;
};

Answer parse_answer(const std::string& text) {
  Answer answer;
  if (text.size() < 12) return answer;
  answer.status = static_cast<unsigned>(std::stoul(text.substr(9, 3)));
  const std::size_t end = text.find("\r\n\r\n");
  answer.head = text.substr(0, end);
  answer.body = text.substr(end + 4);
  return answer;
}

using Fields = std::vector<http::Parameter>;

/// A service over the store in memory, and a client that signs.
struct Stand {
  http::test::FakeClock clock;
  http::test::FakeRandom random;
  test::FakeStore store{clock};
  std::unique_ptr<http::Handler> service;
  std::unique_ptr<http::Server> server;
  Credentials credentials{"KEY", "secret", "us-east-1"};

  explicit Stand(Options options = {}) {
    store.add_key("KEY", "secret");
    store.add_key("OTHER", "other", 2);
    store.add_key("READER", "reader", 1, true);
    service = make_service(std::move(options), store, clock);
    server = http::Server::start({}, *service, clock, random).value();
  }

  [[nodiscard]] Unsigned make(const std::string& method, const std::string& target,
                              const Fields& fields, std::string hash) const {
    Unsigned request{method, http::parse_target(target).value(), fields, std::move(hash)};
    request.fields.push_back({"host", "localhost"});
    return request;
  }
  /// Sends a signed request as it is.
  Answer send(const Unsigned& request, const std::string& target, std::string_view body) const {
    std::string text = request.method + " " + target + " HTTP/1.1\r\n";
    for (const auto& field : request.fields) text += field.name + ": " + field.value + "\r\n";
    text += "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
    http::test::RawClient client(server->port());
    client.say(text);
    return parse_answer(request.method == "HEAD" ? client.hear_head() : client.hear_response());
  }
  /// Signs and sends.
  Answer ask(const std::string& method, const std::string& target, std::string_view body = "",
             const Fields& fields = {}) const {
    Unsigned request = make(method, target, fields, crypto::sha256(as_bytes(body)).hex());
    sign_request(request, credentials, clock.now_wall());
    return send(request, target, body);
  }
};

TEST(S3Service, StoresAndReads) {
  Stand stand;
  EXPECT_EQ(stand.ask("PUT", "/photos").status, 200U);
  const Answer put = stand.ask("PUT", "/photos/a%20b", "hello", {{"x-amz-meta-k", "v"}});
  EXPECT_EQ(put.status, 200U) << put.body;
  EXPECT_THAT(put.head, HasSubstr("ETag: \"5d41402abc4b2a76b9719d911017c592\""));
  const Answer get = stand.ask("GET", "/photos/a%20b");
  EXPECT_EQ(get.status, 200U);
  EXPECT_EQ(get.body, "hello");
  EXPECT_THAT(get.head, HasSubstr("x-amz-meta-k: v"));
  EXPECT_THAT(get.head, HasSubstr("content-type: binary/octet-stream"));
  const Answer head = stand.ask("HEAD", "/photos/a%20b");
  EXPECT_THAT(head.head, HasSubstr("Content-Length: 5"));
  EXPECT_EQ(stand.ask("DELETE", "/photos/a%20b").status, 204U);
  EXPECT_EQ(stand.ask("GET", "/photos/a%20b").status, 404U);
  EXPECT_EQ(stand.ask("DELETE", "/photos").status, 204U);
}

TEST(S3Service, RefusesWhoeverHasNoKey_S1) {
  Stand stand;
  EXPECT_EQ(stand.ask("PUT", "/photos").status, 200U);
  const Answer anonymous = stand.send(stand.make("GET", "/photos", {}, ""), "/photos", "");
  EXPECT_EQ(anonymous.status, 403U);
  EXPECT_THAT(anonymous.body, HasSubstr("<Code>AccessDenied</Code>"));
  stand.credentials.access_key_id = "NOBODY";
  EXPECT_THAT(stand.ask("DELETE", "/photos").body, HasSubstr("InvalidAccessKeyId"));
  stand.credentials = {"KEY", "wrong", "us-east-1"};
  EXPECT_THAT(stand.ask("DELETE", "/photos").body, HasSubstr("SignatureDoesNotMatch"));
  stand.credentials = {"OTHER", "other", "us-east-1"};
  EXPECT_THAT(stand.ask("DELETE", "/photos").body, HasSubstr("AccessDenied"));
  stand.credentials = {"READER", "reader", "us-east-1"};
  EXPECT_THAT(stand.ask("DELETE", "/photos").body, HasSubstr("AccessDenied"));
  EXPECT_EQ(stand.ask("HEAD", "/photos").status, 200U);
}

TEST(S3Service, RefusesARequestOfWhichAnythingChanged_S1) {
  Stand stand;
  EXPECT_EQ(stand.ask("PUT", "/photos").status, 200U);
  const std::string target = "/photos/a?x-id=PutObject";
  Unsigned request = stand.make("PUT", target, {{"content-type", "text/plain"}},
                                crypto::sha256(as_bytes("hello")).hex());
  sign_request(request, stand.credentials, stand.clock.now_wall());
  const auto changed = [&](auto change) {
    Unsigned copy = request;
    change(copy);
    return stand.send(copy, target, "hello").status;
  };
  EXPECT_EQ(changed([](Unsigned& r) { r.method = "POST"; }), 403U);
  EXPECT_EQ(changed([](Unsigned& r) { r.fields[0].value = "text/html"; }), 403U);
  EXPECT_EQ(changed([](Unsigned& r) { r.fields[1].value = "otherhost"; }), 403U);
  EXPECT_EQ(changed([](Unsigned& r) { r.fields.push_back({"x-amz-meta-a", "b"}); }), 403U);
  EXPECT_EQ(stand.send(request, "/photos/b?x-id=PutObject", "hello").status, 403U);
  EXPECT_EQ(stand.send(request, "/photos/a?x-id=PutObject&acl", "hello").status, 403U);
  EXPECT_EQ(stand.store.bytes_of("photos", "a"), std::nullopt);
  EXPECT_EQ(stand.send(request, target, "hello").status, 200U);
}

TEST(S3Service, RefusesOldRequestsAndUrls_S1) {
  Stand stand;
  EXPECT_EQ(stand.ask("PUT", "/photos").status, 200U);
  EXPECT_EQ(stand.ask("PUT", "/photos/a", "hello").status, 200U);
  Unsigned request = stand.make("GET", "/photos/a", {}, std::string(empty_payload_hash));
  sign_request(request, stand.credentials, stand.clock.now_wall());
  Unsigned plain = stand.make("GET", "/photos/a", {}, std::string(unsigned_payload));
  const std::string url = presign(plain, stand.credentials, stand.clock.now_wall(), 3'600);
  EXPECT_EQ(stand.send(plain, url, "").body, "hello");
  stand.clock.advance(std::chrono::minutes(16));
  EXPECT_THAT(stand.send(request, "/photos/a", "").body, HasSubstr("RequestTimeTooSkewed"));
  EXPECT_EQ(stand.send(plain, url, "").body, "hello");
  stand.clock.advance(std::chrono::minutes(45));
  const Answer expired = stand.send(plain, url, "");
  EXPECT_EQ(expired.status, 403U);
  EXPECT_THAT(expired.body, HasSubstr("Request has expired"));
}

TEST(S3Service, AsksForAKeyOnceInAWhile) {
  Stand stand;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(stand.ask("GET", "/").status, 200U);
  EXPECT_EQ(stand.store.key_lookups_count(), 1);
  stand.clock.advance(std::chrono::seconds(11));
  EXPECT_EQ(stand.ask("GET", "/").status, 200U);
  EXPECT_EQ(stand.store.key_lookups_count(), 2);
}

TEST(S3Service, ChangesNothingForWhatItDoesNotSupport_S2) {
  Stand stand;
  EXPECT_EQ(stand.ask("PUT", "/photos").status, 200U);
  for (const std::string parameter :
       {"policy", "cors", "lifecycle", "tagging", "website", "encryption", "replication",
        "publicAccessBlock", "ownershipControls", "inventory", "metadataTable"}) {
    EXPECT_EQ(stand.ask("DELETE", "/photos?" + parameter).status, 501U) << parameter;
    EXPECT_EQ(stand.ask("PUT", "/photos?" + parameter, "<x/>").status, 501U) << parameter;
  }
  EXPECT_EQ(stand.ask("HEAD", "/photos").status, 200U);
  for (const Fields& fields : std::vector<Fields>{
           {{"x-amz-acl", "public-read"}},
           {{"x-amz-server-side-encryption", "aws:kms"}},
           {{"x-amz-server-side-encryption-customer-algorithm", "AES256"}},
           {{"x-amz-object-lock-mode", "GOVERNANCE"}},
           {{"x-amz-website-redirect-location", "/x"}},
           {{"x-amz-grant-read", "id=x"}},
           {{"if-none-match", "\"abc\""}},
       }) {
    EXPECT_EQ(stand.ask("PUT", "/photos/a", "x", fields).status, 501U) << fields[0].name;
  }
  EXPECT_EQ(stand.ask("PUT", "/photos/a?retention", "x").status, 501U);
  EXPECT_EQ(stand.ask("POST", "/photos/a?select&select-type=2", "x").status, 501U);
  EXPECT_EQ(stand.store.bytes_of("photos", "a"), std::nullopt);
  EXPECT_EQ(stand.ask("PUT", "/photos/a", "x").status, 200U);
  EXPECT_EQ(stand.ask("DELETE", "/photos/a?retention").status, 501U);
  EXPECT_EQ(stand.ask("DELETE", "/photos/a", "", {{"if-match", "x"}}).status, 501U);
  EXPECT_EQ(stand.store.bytes_of("photos", "a"), "x");
}

TEST(S3Service, KeepsNothingOfABrokenBody_S3) {
  Stand stand;
  EXPECT_EQ(stand.ask("PUT", "/photos").status, 200U);
  const auto code_of = [&](const std::string& hash, std::string_view body, Fields fields) {
    Unsigned request = stand.make("PUT", "/photos/a", fields, hash);
    sign_request(request, stand.credentials, stand.clock.now_wall());
    const std::string text = stand.send(request, "/photos/a", body).body;
    const std::size_t at = text.find("<Code>");
    return at == std::string::npos ? "none" : text.substr(at + 6, text.find("</Code>") - at - 6);
  };
  const std::string hash = crypto::sha256(as_bytes("hello")).hex();
  EXPECT_EQ(code_of(hash, "hellO", {}), "XAmzContentSHA256Mismatch");
  EXPECT_EQ(code_of(hash, "hello", {{"content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="}}), "BadDigest");
  EXPECT_EQ(code_of(hash, "hello", {{"content-md5", "x"}}), "InvalidDigest");
  EXPECT_EQ(code_of(hash, "hello", {{"x-amz-checksum-crc32", "AAAAAA=="}}), "BadDigest");
  EXPECT_EQ(code_of(hash, "hello", {{"x-amz-checksum-crc32", "AAAA"}}), "InvalidDigest");
  const std::string streaming = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
  EXPECT_EQ(code_of(streaming, "5\r\nhello\r\n0\r\n\r\n", {}), "MissingContentLength");
  const Fields announced = {{"x-amz-decoded-content-length", "5"},
                            {"x-amz-trailer", "x-amz-checksum-crc32"},
                            {"content-encoding", "aws-chunked"}};
  EXPECT_EQ(code_of(streaming, "5\r\nhello\r\n0\r\n\r\n", announced), "MalformedTrailerError");
  EXPECT_EQ(
      code_of(streaming, "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", announced),
      "BadDigest");
  EXPECT_EQ(code_of(streaming, "5\r\nhel", announced), "IncompleteBody");
  EXPECT_EQ(code_of(streaming, "hello\r\n", announced), "InvalidRequest");
  EXPECT_EQ(code_of("STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
                    "5;chunk-signature=" + std::string(64, '0') + "\r\nhello\r\n0\r\n\r\n",
                    {{"x-amz-decoded-content-length", "5"}}),
            "SignatureDoesNotMatch");
  EXPECT_EQ(stand.store.bytes_of("photos", "a"), std::nullopt);
}

TEST(S3Service, NeverStoresTheFraming_S3) {
  Stand stand;
  EXPECT_EQ(stand.ask("PUT", "/photos").status, 200U);
  Unsigned request = stand.make("PUT", "/photos/a",
                                {{"x-amz-decoded-content-length", "5"},
                                 {"x-amz-trailer", "x-amz-checksum-crc32"},
                                 {"content-encoding", "aws-chunked,gzip"}},
                                "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
  sign_request(request, stand.credentials, stand.clock.now_wall());
  const Answer put = stand.send(
      request, "/photos/a", "2\r\nhe\r\n3\r\nllo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n");
  EXPECT_EQ(put.status, 200U) << put.body;
  EXPECT_THAT(put.head, HasSubstr("x-amz-checksum-crc32: NhCmhg=="));
  EXPECT_EQ(stand.store.bytes_of("photos", "a"), "hello");
  const Answer get = stand.ask("GET", "/photos/a", "", {{"x-amz-checksum-mode", "ENABLED"}});
  EXPECT_THAT(get.head, HasSubstr("content-encoding: gzip\r\n"));
  EXPECT_THAT(get.head, HasSubstr("x-amz-checksum-crc32: NhCmhg=="));
  EXPECT_THAT(get.head, HasSubstr("x-amz-checksum-type: FULL_OBJECT"));
}

TEST(S3Service, StoresSignedChunks_S3) {
  Stand stand;
  EXPECT_EQ(stand.ask("PUT", "/photos").status, 200U);
  Unsigned request = stand.make("PUT", "/photos/a", {{"x-amz-decoded-content-length", "5"}},
                                "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
  const std::string seed = sign_request(request, stand.credentials, stand.clock.now_wall());
  const CredentialScope scope = {"20261122", "us-east-1", "s3"};
  ChunkSigner signer(signing_key("secret", scope), stand.clock.now_wall(), scope, seed);
  const auto chunk = [&](const std::string& bytes) {
    return (bytes.empty() ? "0" : "5") +
           (";chunk-signature=" + signer.next_chunk(crypto::sha256(as_bytes(bytes)))) + "\r\n" +
           bytes + "\r\n";
  };
  std::string body = chunk("hello");
  body += chunk("");
  const Answer put = stand.send(request, "/photos/a", body);
  EXPECT_EQ(put.status, 200U) << put.body << body;
  EXPECT_EQ(stand.store.bytes_of("photos", "a"), "hello");
}

TEST(S3Service, NamesEveryRequestAndExplainsEveryError_S4) {
  Stand stand;
  const Answer missing = stand.ask("GET", "/nobucket/key");
  EXPECT_EQ(missing.status, 404U);
  EXPECT_THAT(missing.head, HasSubstr("Content-Type: application/xml"));
  const std::size_t at = missing.head.find("x-amz-request-id: ") + 18;
  const std::string id = missing.head.substr(at, 16);
  EXPECT_THAT(missing.body, HasSubstr("<Error><Code>NoSuchBucket</Code>"));
  EXPECT_THAT(missing.body, HasSubstr("<Resource>/nobucket/key</Resource>"));
  EXPECT_THAT(missing.body, HasSubstr("<RequestId>" + id + "</RequestId><HostId>oortd</HostId>"));
  const Answer head = stand.ask("HEAD", "/nobucket/key");
  EXPECT_EQ(head.status, 404U);
  EXPECT_THAT(head.head, HasSubstr("x-amz-request-id: "));
  EXPECT_EQ(stand.send(stand.make("GET", "/", {}, ""), "/%zz", "").status, 400U);
}

TEST(S3Service, SaysWhatTheNetworkLacks) {
  Stand stand;
  EXPECT_EQ(stand.ask("PUT", "/photos").status, 200U);
  EXPECT_EQ(stand.ask("PUT", "/photos/a", "hello").status, 200U);
  stand.store.become_stale(17);
  EXPECT_THAT(stand.ask("GET", "/photos/a").head, HasSubstr("x-oort-height: 17"));
  stand.store.fail_writes(Error(ErrorCode::Unavailable, reason::no_quorum,
                                "the ledger has 2 of the 3 validators it needs"));
  const Answer no_quorum = stand.ask("PUT", "/photos/b", "x");
  EXPECT_EQ(no_quorum.status, 503U);
  EXPECT_THAT(no_quorum.body, HasSubstr("<Code>ServiceUnavailable</Code>"));
  EXPECT_THAT(no_quorum.body, HasSubstr("2 of the 3 validators"));
  EXPECT_THAT(no_quorum.head, HasSubstr("Retry-After: "));
  stand.store.fail_writes(
      Error(ErrorCode::Unavailable, reason::not_enough_nodes, "2 of 3 nodes live"));
  const Answer nodes = stand.ask("PUT", "/photos/b", "x");
  EXPECT_EQ(nodes.status, 503U);
  EXPECT_THAT(nodes.body, HasSubstr("<Code>SlowDown</Code>"));
}

TEST(S3Service, SaysWhenAWriteIsDegraded) {
  Stand stand;
  EXPECT_EQ(stand.ask("PUT", "/photos").status, 200U);
  EXPECT_THAT(stand.ask("PUT", "/photos/a", "x").head, Not(HasSubstr("x-oort-durability")));
  stand.store.degrade();
  EXPECT_THAT(stand.ask("PUT", "/photos/a", "x").head, HasSubstr("x-oort-durability: degraded"));
}

TEST(S3Service, NeverPassesAHalfObjectAsAWholeOne) {
  Stand stand;
  EXPECT_EQ(stand.ask("PUT", "/photos").status, 200U);
  EXPECT_EQ(stand.ask("PUT", "/photos/a", std::string(1'000'000, 'x')).status, 200U);
  stand.store.break_reads_after(300'000);
  const Answer cut = stand.ask("GET", "/photos/a");
  EXPECT_THAT(cut.head, HasSubstr("Content-Length: 1000000"));
  EXPECT_LT(cut.body.size(), 1'000'000U);
  stand.store.break_reads_after(0);
  const Answer early = stand.ask("GET", "/photos/a");
  EXPECT_EQ(early.status, 503U);
  EXPECT_THAT(early.body, HasSubstr("ServiceUnavailable"));
}

TEST(S3Service, JudgesConditionsAndRanges) {
  Stand stand;
  EXPECT_EQ(stand.ask("PUT", "/photos").status, 200U);
  const std::string etag = "\"5d41402abc4b2a76b9719d911017c592\"";
  EXPECT_EQ(stand.ask("PUT", "/photos/a", "hello").status, 200U);
  const auto get = [&](const Fields& fields) { return stand.ask("GET", "/photos/a", "", fields); };
  EXPECT_EQ(get({{"if-none-match", etag}}).status, 304U);
  EXPECT_EQ(get({{"if-match", "\"x\""}}).status, 412U);
  const Answer part = get({{"range", "bytes=1-3"}});
  EXPECT_EQ(part.status, 206U);
  EXPECT_EQ(part.body, "ell");
  EXPECT_THAT(part.head, HasSubstr("Content-Range: bytes 1-3/5"));
  const Answer beyond = get({{"range", "bytes=5-"}});
  EXPECT_EQ(beyond.status, 416U);
  EXPECT_THAT(beyond.head, HasSubstr("Content-Range: bytes */5"));
  EXPECT_EQ(get({{"range", "bytes=1-3"}, {"if-range", "\"x\""}}).body, "hello");
  EXPECT_EQ(stand.ask("PUT", "/photos/a", "again", {{"if-none-match", "*"}}).status, 412U);
  EXPECT_EQ(stand.ask("PUT", "/photos/a", "again", {{"if-match", "\"x\""}}).status, 412U);
  EXPECT_EQ(stand.ask("PUT", "/photos/a", "again", {{"if-match", etag}}).status, 200U);
  EXPECT_EQ(stand.store.bytes_of("photos", "a"), "again");
}

TEST(S3Service, FindsTheBucketInTheHostName) {
  Options options;
  options.base_domains = {"s3.example.org"};
  Stand stand(std::move(options));
  EXPECT_EQ(stand.ask("PUT", "/photos").status, 200U);
  Unsigned request = stand.make("PUT", "/a/b", {}, std::string(unsigned_payload));
  request.fields.back().value = "Photos.S3.example.org:9000";
  sign_request(request, stand.credentials, stand.clock.now_wall());
  EXPECT_EQ(stand.send(request, "/a/b", "x").status, 200U);
  EXPECT_EQ(stand.store.bytes_of("photos", "a/b"), "x");
}

TEST(S3Service, AnswersPreflightsOfAllowedOriginsOnly) {
  Options options;
  options.cors_origins = {"https://good.example"};
  Stand stand(std::move(options));
  const auto preflight = [&](const std::string& origin) {
    return stand.send(
        stand.make("OPTIONS", "/photos/a",
                   {{"origin", origin}, {"access-control-request-method", "PUT"}}, ""),
        "/photos/a", "");
  };
  const Answer good = preflight("https://good.example");
  EXPECT_EQ(good.status, 200U);
  EXPECT_THAT(good.head, HasSubstr("Access-Control-Allow-Origin: https://good.example"));
  EXPECT_EQ(preflight("https://bad.example").status, 403U);
}

TEST(S3Service, InsistsOnItsRegionWhenItHasOne) {
  Options options;
  options.region = "oort-1";
  Stand stand(std::move(options));
  EXPECT_THAT(stand.ask("GET", "/").body, HasSubstr("AuthorizationHeaderMalformed"));
  stand.credentials.region = "oort-1";
  EXPECT_EQ(stand.ask("GET", "/").status, 200U);
}

TEST(S3Service, RefusesBadNames) {
  Stand stand;
  for (const std::string name : {"ab", "Photos", "a_b", "-ab", "ab-", "a..b", "192.168.0.1"}) {
    EXPECT_THAT(stand.ask("PUT", "/" + name).body, HasSubstr("InvalidBucketName")) << name;
  }
  EXPECT_EQ(stand.ask("PUT", "/photos").status, 200U);
  EXPECT_THAT(stand.ask("PUT", "/photos").body, HasSubstr("BucketAlreadyOwnedByYou"));
  EXPECT_THAT(stand.ask("PUT", "/photos/" + std::string(1'025, 'k'), "x").body,
              HasSubstr("KeyTooLongError"));
  EXPECT_THAT(stand.ask("PUT", "/photos/%FF", "x").body, HasSubstr("InvalidURI"));
  EXPECT_THAT(stand.ask("PUT", "/photos/%00", "x").body, HasSubstr("InvalidURI"));
}

}  // namespace
}  // namespace oort::s3
