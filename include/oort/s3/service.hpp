// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "oort/core/time.hpp"
#include "oort/env/clock.hpp"
#include "oort/http/exchange.hpp"
#include "oort/object/object_store.hpp"

namespace oort::s3 {

struct Options {
  /// Domains under which a host name begins with the bucket: "s3.example.org" makes
  /// "photos.s3.example.org" the bucket photos. Path style always works.
  std::vector<std::string> base_domains;
  /// What buckets answer as their location, and what signatures must name. With an empty one every
  /// region's name is accepted.
  std::string region;
  /// How far a request's time may be from ours.
  Duration clock_skew_max = std::chrono::minutes(15);
  /// How long an access key is believed before it is asked for again.
  Duration access_key_ttl = std::chrono::seconds(10);
  /// Origins whose browsers may call: "*" means all. Empty: none.
  std::vector<std::string> cors_origins;
};

/// The S3 API over an object store: authenticates, parses, calls, and says it in S3's words.
///
/// Invariants
///   S1  Nothing but an OPTIONS request reaches the store before its signature was verified.
///   S2  What is not supported answers NotImplemented and changes nothing.
///   S3  An object becomes visible only after its whole body passed every check that the client
///       asked for: length, hash, chunk signatures, checksums.
///   S4  Every answer carries x-amz-request-id; every error to a method with a body is S3's XML.
/// Threads: `handle` on any; requests in progress own what they need, so the service may be
/// destroyed before the last of them ends. Requires: `store` and `clock` outlive those.
[[nodiscard]] std::unique_ptr<http::Handler> make_service(Options options,
                                                          object::ObjectStore& store,
                                                          env::Clock& clock);

}  // namespace oort::s3
