// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "oort/core/callback.hpp"
#include "oort/env/clock.hpp"
#include "oort/object/object_store.hpp"
#include "oort/s3/service.hpp"
#include "oort/s3/sigv4.hpp"

namespace oort::s3 {

/// A request whose signature is right.
struct Authenticated {
  object::Caller caller;
  Authorization authorization;
  /// From which a chunked body's signatures follow.
  Bytes32 signing_key;
};

/// Verifies signatures. Keeps access keys and the keys derived from them for a short while, since
/// deriving costs four HMACs and asking the store a hop. Threads: any.
class Authenticator : public std::enable_shared_from_this<Authenticator> {
 public:
  Authenticator(const Options& options, object::ObjectStore& store, env::Clock& clock);

  /// `request` must live until `done` ran. Fails as `parse_authorization`, and with NOT_ALLOWED
  /// (anonymous), CLOCK_SKEW, REQUEST_EXPIRED, UNKNOWN_ACCESS_KEY, SIGNATURE_MISMATCH.
  /// `done` runs inside the call when the key is at hand, on the store's strand otherwise.
  void authenticate(const http::Request& request, const http::Target& target,
                    Callback<Result<Authenticated>> done);

 private:
  struct CachedKey {
    object::AccessKey key;
    MonoTime good_until;
    CredentialScope scope;
    std::optional<Bytes32> signing_key;
  };

  [[nodiscard]] Result<void> check_time(const Authorization& authorization) const;
  [[nodiscard]] Result<void> check_scope(const Authorization& authorization) const;
  [[nodiscard]] std::optional<CachedKey> find_cached(const Authorization& authorization);
  void remember(const object::AccessKey& key);
  [[nodiscard]] Result<Authenticated> verify(const http::Request& request,
                                             const http::Target& target,
                                             Authorization authorization,
                                             const CachedKey& cached) const;

  const std::string region_;
  const Duration clock_skew_max_;
  const Duration access_key_ttl_;
  object::ObjectStore& store_;
  env::Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, CachedKey, std::less<>> cache_;  ///< Guarded by `mutex_`.
};

}  // namespace oort::s3
