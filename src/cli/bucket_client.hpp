// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"
#include "oort/env/clock.hpp"
#include "oort/http/client.hpp"
#include "oort/s3/sigv4.hpp"
#include "session.hpp"

namespace oort::cli {

/// One bucket of a network, through the S3 door of a gateway. Requests are signed and their bodies
/// hashed; what a busy gateway puts off is sent again a few times. Calls block.
class BucketClient {
 public:
  BucketClient(http::Origin origin, s3::Credentials credentials, const env::Clock& clock,
               std::string bucket)
      : origin_(std::move(origin)),
        credentials_(std::move(credentials)),
        clock_(&clock),
        bucket_(std::move(bucket)) {}

  [[nodiscard]] const std::string& bucket() const noexcept { return bucket_; }

  /// Makes the bucket where there is none of that name. Fails as `put`.
  [[nodiscard]] Result<void> create_if_missing() const;
  /// Fails with NO_SUCH_BUCKET, NOT_ALLOWED, REMOTE_ERROR or as http::send; the detail holds the
  /// gateway's own word.
  [[nodiscard]] Result<void> put(const std::string& key, const Bytes& body) const;
  /// Fails also with NO_SUCH_KEY.
  [[nodiscard]] Result<Bytes> get(const std::string& key) const;
  /// A URL that lets whoever has it read this object for so long. At most a week.
  [[nodiscard]] std::string link(const std::string& key, std::uint64_t seconds) const;

 private:
  [[nodiscard]] Result<Bytes> ask(const std::string& method, const std::string& key,
                                  const Bytes& body) const;
  [[nodiscard]] Result<Bytes> ask_once(const std::string& method, const std::string& key,
                                       const Bytes& body) const;
  [[nodiscard]] std::string path_of(const std::string& key) const;

  http::Origin origin_;
  s3::Credentials credentials_;
  const env::Clock* clock_;
  std::string bucket_;
};

/// With endpoint and access key from AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
/// AWS_DEFAULT_REGION, as AWS tools read them, or of the local network in --dir. Fails with
/// BAD_ARGUMENT that says what is missing.
[[nodiscard]] Result<BucketClient> open_bucket(const Session& session, const std::string& bucket);

}  // namespace oort::cli
