// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "oort/http/exchange.hpp"
#include "oort/s3/aws_chunked.hpp"
#include "oort/s3/sigv4.hpp"

namespace oort::s3 {

/// What a request says about its body, after its head was verified.
struct PayloadPlan {
  PayloadKind kind = PayloadKind::Unsigned;
  /// Lower-case hexadecimal, for Hashed.
  std::string hash;
  /// For the chunked kinds.
  std::optional<ChunkedPlan> chunked;
  /// Size without framing; empty when nobody said.
  std::optional<std::uint64_t> size;
};

/// The body of a request without framing, checked against what the request said of it.
/// Lives beside the exchange that it reads; one call at a time.
class Payload {
 public:
  Payload(http::Exchange& exchange, PayloadPlan plan);

  [[nodiscard]] std::optional<std::uint64_t> size() const noexcept { return size_; }
  /// The next bytes; none at the end, and then every check has passed (S3).
  /// Fails as Exchange::read and AwsChunkedDecoder do, and with PAYLOAD_HASH_MISMATCH.
  void pull(Callback<Result<Bytes>> done);
  /// The whole body, if it is at most `bytes_max`. Fails with TOO_LARGE as well.
  void collect(std::size_t bytes_max, Callback<Result<std::string>> done);
  /// Requires: the end was reached.
  [[nodiscard]] const std::vector<http::Parameter>& trailers() const noexcept;

 private:
  [[nodiscard]] Result<Bytes> take(ByteView piece);
  [[nodiscard]] Result<void> check_end();
  void collect_more(std::size_t bytes_max, Callback<Result<std::string>> done);

  http::Exchange& exchange_;
  PayloadKind kind_;
  std::string expected_hash_;
  std::optional<std::uint64_t> size_;
  std::optional<AwsChunkedDecoder> decoder_;
  std::optional<crypto::StreamDigest> digest_;
  std::string collected_;
};

}  // namespace oort::s3
