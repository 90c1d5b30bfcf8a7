// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "gateway_env.hpp"
#include "oort/ledger/transaction.hpp"
#include "oort/object/sealing.hpp"

namespace oort::object {

/// The bucket secrets and access keys that this gateway may open, opened once.
/// Threads: any; a leaf under one mutex.
class Keyring {
 public:
  explicit Keyring(const crypto::KeyPair& keys) : keys_(keys), gateway_(keys.node_id()) {}

  /// Fails with NOT_ALLOWED when the owner did not choose this gateway.
  [[nodiscard]] Result<BucketSecret> bucket(const ledger::View& view, BucketId bucket);
  /// Fails with NOT_FOUND for an id that is unknown or not sealed to this gateway.
  [[nodiscard]] Result<AccessKey> access_key(const ledger::View& view, const std::string& id);

 private:
  struct Secret {
    Bytes sealed;
    std::string secret;
  };
  struct OpenedSecret {
    Bytes sealed;
    BucketSecret secret;
  };
  static constexpr std::size_t cached_max = 10'000;

  crypto::KeyPair keys_;
  NodeId gateway_;
  std::mutex mutex_;
  std::map<BucketId, OpenedSecret> buckets_;
  std::map<std::string, Secret> access_keys_;
};

/// A bucket that the caller may use in one way, as one snapshot has it.
struct OpenBucket {
  ledger::Bucket record;
  BucketSecret secret;
  ledger::Authority authority;
};

/// The right by which this gateway's account does `operation` for `caller` on buckets of `owner`:
/// within the caller's access key and within what the owner granted. Fails with NOT_ALLOWED.
[[nodiscard]] Result<ledger::Authority> authority_for(const GatewayEnv& env,
                                                      const LedgerSnapshot& now,
                                                      const Caller& caller, const AccountId& owner,
                                                      std::optional<BucketId> bucket,
                                                      ledger::GrantedOperation operation);
/// For what `now` lacks: not there where it is current; else NO_QUORUM, since who was told that it
/// was stored must not hear that it is not.
[[nodiscard]] Error absent(const LedgerSnapshot& now, std::string_view reason,
                           const std::string& text);
/// The caller's bucket of this name, opened. Fails with NO_SUCH_BUCKET or NOT_ALLOWED.
[[nodiscard]] Result<OpenBucket> open_bucket(const GatewayEnv& env, Keyring& keyring,
                                             const LedgerSnapshot& now, const Caller& caller,
                                             const std::string& name,
                                             ledger::GrantedOperation operation);
/// Whoever owns it. Requires: the caller was found to have the right. Fails with NOT_ALLOWED.
[[nodiscard]] Result<OpenBucket> open_record(const GatewayEnv& env, Keyring& keyring,
                                             const LedgerSnapshot& now, const Caller& caller,
                                             const ledger::Bucket& record,
                                             ledger::GrantedOperation operation);

/// What a refused operation means to who asked for it.
[[nodiscard]] Error error_of_rejection(ledger::Rejection rejection);
/// The one event that a successful operation must have; fails with what its rejection means.
template <class T>
[[nodiscard]] Result<T> event_of(const ledger::OperationReceipt& receipt) {
  if (receipt.rejection != ledger::Rejection::None) {
    return fail(error_of_rejection(receipt.rejection));
  }
  const T* event = ledger::find_event<T>(receipt);
  if (event == nullptr) {
    return fail(ErrorCode::Internal, "INTERNAL", "the ledger's receipt lacks the expected event");
  }
  return *event;
}

}  // namespace oort::object
