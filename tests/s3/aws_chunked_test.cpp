// SPDX-License-Identifier: Apache-2.0
#include "oort/s3/aws_chunked.hpp"

#include <gtest/gtest.h>

#include "oort/core/reasons.hpp"
#include "oort/http/date.hpp"

namespace oort::s3 {
namespace {

struct Decoded {
  std::string payload;
  std::vector<http::Parameter> trailers;
};

/// Feeds `body` in pieces of `step` bytes.
Result<Decoded> decode(ChunkedPlan plan, std::string_view body, std::size_t step = 1'000'000) {
  AwsChunkedDecoder decoder(std::move(plan));
  Decoded out;
  while (!body.empty()) {
    ByteView piece = as_bytes(body.substr(0, step));
    body.remove_prefix(piece.size());
    while (!piece.empty()) {
      OORT_TRY(const auto taken, decoder.step(piece));
      EXPECT_GT(taken.used_bytes, 0U);
      out.payload.append(as_text(taken.payload));
      piece = piece.subspan(taken.used_bytes);
    }
  }
  OORT_TRY(decoder.end());
  out.trailers = decoder.trailers();
  return out;
}

ChunkedPlan unsigned_plan(std::uint64_t size, std::vector<std::string> announced = {}) {
  ChunkedPlan plan;
  plan.decoded_bytes = size;
  plan.has_trailers = true;
  plan.announced = std::move(announced);
  return plan;
}

ChunkSigner example_signer(const std::string& seed) {
  const CredentialScope scope = {"20130524", "us-east-1", "s3"};
  return {signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", scope),
          *http::from_basic_date("20130524T000000Z"), scope, seed};
}

/// AWS' example of a signed body with a trailer.
ChunkedPlan example_plan() {
  ChunkedPlan plan = unsigned_plan(66'560, {"x-amz-checksum-crc32c"});
  plan.signer = example_signer("106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
  return plan;
}
const std::string example_head =
    "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n" +
    std::string(65'536, 'a') +
    "\r\n400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n" +
    std::string(1'024, 'a') +
    "\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n";
const std::string example_trailer =
    "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:"
    "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";

TEST(AwsChunked, TakesTheFramingOff_A1) {
  const std::string body = "5\r\nhello\r\n7\r\n, world\r\n0\r\nx-amz-checksum-crc32: abc= \r\n\r\n";
  for (const std::size_t step : {1U, 2U, 3U, 7U, 1'000U}) {
    const auto decoded = decode(unsigned_plan(12, {"x-amz-checksum-crc32"}), body, step);
    ASSERT_TRUE(decoded) << decoded.error().to_string();
    EXPECT_EQ(decoded->payload, "hello, world");
    EXPECT_EQ(decoded->trailers, (std::vector<http::Parameter>{{"x-amz-checksum-crc32", "abc="}}));
  }
}

TEST(AwsChunked, DecodesTheSignedExampleOfAws_A2) {
  for (const std::size_t step : {1U, 1'000U, 100'000U}) {
    const auto decoded = decode(example_plan(), example_head + example_trailer, step);
    ASSERT_TRUE(decoded) << decoded.error().to_string();
    EXPECT_EQ(decoded->payload, std::string(66'560, 'a'));
  }
}

TEST(AwsChunked, RefusesEveryChangedByteOfASignedBody_A2) {
  const std::string body = example_head + example_trailer;
  // Every byte of framing and trailers, and some of the payload.
  for (std::size_t i = 0; i < body.size(); i += (i > 100 && i + 400 < body.size()) ? 4'999 : 1) {
    std::string changed = body;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(decode(example_plan(), changed)) << "at " << i;
  }
  for (std::size_t size = 0; size + 2 < body.size(); size += 97) {
    EXPECT_FALSE(decode(example_plan(), body.substr(0, size))) << "of " << size;
  }
}

TEST(AwsChunked, WantsTheTrailersThatWereAnnounced_A2) {
  const auto without = decode(unsigned_plan(1, {"x-amz-checksum-crc32"}), "1\r\na\r\n0\r\n\r\n");
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().reason(), reason::malformed_trailer);
  const auto other = decode(unsigned_plan(1, {"x-amz-checksum-crc32"}),
                            "1\r\na\r\n0\r\nx-amz-checksum-sha1:x\r\n\r\n");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().reason(), reason::malformed_trailer);
  const auto unsigned_trailer =
      decode(example_plan(), example_head + "x-amz-checksum-crc32c:sOO8/Q==\r\n\r\n");
  EXPECT_FALSE(unsigned_trailer);
}

TEST(AwsChunked, WantsExactlyThePromisedBytes_A2) {
  const std::string body = "5\r\nhello\r\n0\r\n\r\n";
  EXPECT_TRUE(decode(unsigned_plan(5), body));
  for (const std::uint64_t size : {0U, 4U, 6U}) {
    const auto decoded = decode(unsigned_plan(size), body);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().reason(), reason::body_too_short);
  }
}

TEST(AwsChunked, RefusesBrokenFraming_A1) {
  const std::vector<std::string> broken = {
      "",
      "5\r\nhello",
      "5\r\nhello\r\n",
      "5\nhello\r\n0\r\n\r\n",
      "5\r\nhello!\r\n0\r\n\r\n",
      "5\r\nhell\r\n0\r\n\r\n",
      "\r\nhello\r\n0\r\n\r\n",
      "0x5\r\nhello\r\n0\r\n\r\n",
      "-5\r\nhello\r\n0\r\n\r\n",
      "5 \r\nhello\r\n0\r\n\r\n",
      "10000000000000005\r\nhello\r\n0\r\n\r\n",
      "ffffffffffffffff\r\nhello\r\n0\r\n\r\n",
      "5;ext=1\r\nhello\r\n0\r\n\r\n",
      "5;chunk-signature=" + std::string(64, 'a') + "\r\nhello\r\n0\r\n\r\n",
      "5\r\nhello\r\n0\r\n\r\nmore",
      "5\r\nhello\r\n0\r\nno colon\r\n\r\n",
      std::string(5'000, '0') + "5\r\nhello\r\n0\r\n\r\n",
  };
  for (const std::string& body : broken) {
    for (const std::size_t step : {1U, 100U}) EXPECT_FALSE(decode(unsigned_plan(5), body, step));
  }
}

TEST(AwsChunked, BoundsItsTrailers_A3) {
  std::string body = "0\r\n";
  for (int i = 0; i < 300; ++i) body += "x-amz-a:" + std::string(100, 'b') + "\r\n";
  const auto decoded = decode(unsigned_plan(0), body);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().reason(), reason::malformed);
}

}  // namespace
}  // namespace oort::s3
