// SPDX-License-Identifier: Apache-2.0
#include "oort/s3/sigv4.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "oort/core/reasons.hpp"
#include "oort/http/date.hpp"

namespace oort::s3 {
namespace {

// The credentials, time and bucket of every example in AWS' documentation of SigV4 for S3.
const Credentials example = {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                             "us-east-1"};
const WallTime example_time = *http::from_basic_date("20130524T000000Z");

Unsigned example_request(std::string method, std::string_view target,
                         std::vector<http::Parameter> fields, std::string_view hash) {
  fields.insert(fields.begin(), {"host", "examplebucket.s3.amazonaws.com"});
  return {std::move(method), http::parse_target(target).value(), std::move(fields),
          std::string(hash)};
}

std::string signature_of(Unsigned request) { return sign_request(request, example, example_time); }

TEST(SigV4, SignsAwsExampleGetObject) {
  EXPECT_EQ(signature_of(
                example_request("GET", "/test.txt", {{"range", "bytes=0-9"}}, empty_payload_hash)),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(SigV4, SignsAwsExamplePutObject) {
  EXPECT_EQ(signature_of(example_request("PUT", "/test$file.text",
                                         {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                                          {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                                         crypto::sha256(as_bytes("Welcome to Amazon S3.")).hex())),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(SigV4, SignsAwsExampleGetBucketLifecycle) {
  EXPECT_EQ(signature_of(example_request("GET", "/?lifecycle", {}, empty_payload_hash)),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST(SigV4, SignsAwsExampleListObjects) {
  EXPECT_EQ(signature_of(example_request("GET", "/?max-keys=2&prefix=J", {}, empty_payload_hash)),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(SigV4, PresignsAwsExample) {
  const std::string url = presign(example_request("GET", "/test.txt", {}, unsigned_payload),
                                  example, example_time, 86'400);
  EXPECT_THAT(url, ::testing::HasSubstr("X-Amz-Signature="
                                        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f6"
                                        "04d404"));
}

TEST(SigV4, SignsAwsExampleChunks) {
  Unsigned request = {"PUT",
                      http::parse_target("/examplebucket/chunkObject.txt").value(),
                      {{"host", "s3.amazonaws.com"},
                       {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
                       {"content-encoding", "aws-chunked"},
                       {"x-amz-decoded-content-length", "66560"},
                       {"content-length", "66824"}},
                      "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"};
  const std::string seed = sign_request(request, example, example_time);
  EXPECT_EQ(seed, "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
  const CredentialScope scope = {"20130524", "us-east-1", "s3"};
  ChunkSigner signer(signing_key(example.secret, scope), example_time, scope, seed);
  const auto hash_of = [](std::size_t count) {
    return crypto::sha256(as_bytes(std::string(count, 'a')));
  };
  EXPECT_EQ(signer.next_chunk(hash_of(65'536)),
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
  EXPECT_EQ(signer.next_chunk(hash_of(1'024)),
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497");
  EXPECT_EQ(signer.next_chunk(hash_of(0)),
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");
}

struct Parsed {
  std::vector<http::Field> fields;
  http::Target target;
  Result<std::optional<Authorization>> run() {
    http::Request request;
    request.method = "GET";
    request.fields = fields;
    return parse_authorization(request, target);
  }
};

std::string header_with(std::string_view credential, std::string_view headers = "host;x-amz-date",
                        std::string_view signature = "") {
  return "AWS4-HMAC-SHA256 Credential=" + std::string(credential) +
         ",SignedHeaders=" + std::string(headers) +
         ", Signature=" + (signature.empty() ? std::string(64, 'a') : std::string(signature));
}

const std::string good_credential = "KEY/20130524/us-east-1/s3/aws4_request";

Result<std::optional<Authorization>> parse_header_text(const std::string& header) {
  Parsed parsed;
  parsed.fields = {{"host", "h"},
                   {"x-amz-date", "20130524T000000Z"},
                   {"x-amz-content-sha256", unsigned_payload},
                   {"authorization", header}};
  return parsed.run();
}

TEST(SigV4, ReadsTheHeaderForm) {
  const auto parsed = parse_header_text(header_with("A/B/20130524/eu/s3/aws4_request"));
  ASSERT_TRUE(parsed) << parsed.error().to_string();
  const Authorization& authorization = **parsed;
  EXPECT_EQ(authorization.access_key_id, "A/B");
  EXPECT_EQ(authorization.scope.text(), "20130524/eu/s3/aws4_request");
  EXPECT_EQ(authorization.signed_headers, (std::vector<std::string>{"host", "x-amz-date"}));
  EXPECT_EQ(authorization.time, example_time);
  EXPECT_FALSE(authorization.is_presigned());
}

TEST(SigV4, RefusesMalformedHeaders) {
  const std::vector<std::string> broken = {
      header_with("KEY/20130524/us-east-1/s3"),
      header_with("/20130524/us-east-1/s3/aws4_request"),
      header_with("KEY/2013052/us-east-1/s3/aws4_request"),
      header_with("KEY/20130524/us-east-1/ec2/aws4_request"),
      header_with("KEY/20130525/us-east-1/s3/aws4_request"),
      header_with(good_credential, "x-amz-date"),
      header_with(good_credential, "host;x-amz-date", "abc"),
      header_with(good_credential, "host;x-amz-date", std::string(64, 'A')),
      "AWS4-HMAC-SHA256 Credential",
      "AWS4-HMAC-SHA256 ",
  };
  for (const std::string& header : broken) {
    const auto parsed = parse_header_text(header);
    ASSERT_FALSE(parsed) << header;
    EXPECT_EQ(parsed.error().reason(), reason::malformed_authorization) << header;
  }
  EXPECT_EQ(parse_header_text("AWS KEY:sig").error().reason(), reason::bad_request);
  EXPECT_EQ(parse_header_text("Basic abc").error().reason(), reason::bad_argument);
}

TEST(SigV4, RefusesAmazonHeadersThatAreNotSigned) {
  Parsed parsed;
  const std::string header = header_with(good_credential);
  parsed.fields = {{"host", "h"},
                   {"x-amz-date", "20130524T000000Z"},
                   {"x-amz-content-sha256", unsigned_payload},
                   {"x-amz-meta-added", "on the way"},
                   {"authorization", header}};
  const auto result = parsed.run();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason(), reason::not_allowed);
}

TEST(SigV4, RefusesMalformedPresignedUrls) {
  const std::string good =
      presign(example_request("GET", "/a", {}, unsigned_payload), example, example_time, 60);
  const auto parse = [](const std::string& url) {
    Parsed parsed;
    parsed.target = http::parse_target(url).value();
    return parsed.run();
  };
  ASSERT_TRUE(parse(good)) << parse(good).error().to_string();
  EXPECT_EQ((*parse(good))->expires_seconds, 60U);
  const auto changed = [&](std::string_view from, std::string_view to) {
    std::string url = good;
    return url.replace(url.find(from), from.size(), to);
  };
  for (const std::string& url :
       {changed("Expires=60", "Expires=0"), changed("Expires=60", "Expires=604801"),
        changed("Expires=60", "Expires=-1"), changed("Expires=60", "Expires=x"),
        changed("X-Amz-Date=2", "X-Amz-Date=x"), changed("HMAC-SHA256", "HMAC-SHA1"),
        changed("X-Amz-Signature", "X-Amz-Signatur"), changed("=host", "=date")}) {
    const auto parsed = parse(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_EQ(parsed.error().reason(), reason::malformed_presigned) << url;
  }
}

TEST(SigV4, KnowsTheKindsOfPayload) {
  EXPECT_EQ(payload_kind_of("UNSIGNED-PAYLOAD").value(), PayloadKind::Unsigned);
  EXPECT_EQ(payload_kind_of(empty_payload_hash).value(), PayloadKind::Hashed);
  EXPECT_EQ(payload_kind_of("STREAMING-UNSIGNED-PAYLOAD-TRAILER").value(),
            PayloadKind::UnsignedChunksTrailer);
  EXPECT_EQ(payload_kind_of("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD").error().reason(),
            reason::not_supported);
  EXPECT_EQ(payload_kind_of("").error().reason(), reason::bad_argument);
}

}  // namespace
}  // namespace oort::s3
