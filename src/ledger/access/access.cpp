// SPDX-License-Identifier: Apache-2.0
#include "access/access.hpp"

#include <algorithm>

namespace oort::ledger {
namespace {

bool ascends_by_id(const std::vector<BucketId>& buckets) {
  return ascends(buckets, [](BucketId id) { return id; });
}

bool is_key_character(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

/// Whether the grant covers the intent at this moment, limits aside.
Rejection covers(const Call& call, const GatewayGrant& grant, const Intent& intent) {
  if (grant.gateway != call.sender || grant.owner != intent.owner) return Rejection::GrantNotYours;
  if (grant.expires_ms != 0 && grant.expires_ms <= call.block.header.time_ms) {
    return Rejection::GrantExpired;
  }
  if ((grant.operations & static_cast<std::uint32_t>(intent.operation)) == 0) {
    return Rejection::GrantOperationDenied;
  }
  if (grant.buckets.empty()) return Rejection::None;
  if (!intent.bucket || !std::ranges::binary_search(grant.buckets, *intent.bucket)) {
    return Rejection::GrantBucketDenied;
  }
  return Rejection::None;
}

/// Adds `bytes` and one operation's fee to what was used.
Rejection use(GatewayGrant& grant, std::uint64_t bytes, Oort fee) {
  if (grant.bytes_max != 0 && bytes > grant.bytes_max - grant.bytes_used) {
    return Rejection::GrantBytesExceeded;
  }
  const auto spend = grant.spend_used.plus(fee);
  if (!spend || (!grant.spend_max.is_zero() && grant.spend_max < *spend)) {
    return Rejection::GrantSpendExceeded;
  }
  // Without a limit the count stands still at the end of its range.
  grant.bytes_used = std::max(grant.bytes_used + bytes, grant.bytes_used);
  grant.spend_used = *spend;
  return Rejection::None;
}

}  // namespace

Rejection authorize(Call& call, const Authority& authority, const Intent& intent) {
  if (!authority.grant) {
    return call.sender == intent.owner ? Rejection::None : Rejection::NotPermitted;
  }
  auto grant = call.view().grant(*authority.grant);
  if (!grant) return Rejection::GrantUnknown;
  if (const Rejection rejection = covers(call, *grant, intent); rejection != Rejection::None) {
    return rejection;
  }
  const Rejection rejection = use(*grant, intent.bytes, call.params().fee_operation);
  if (rejection == Rejection::None) save(call.state(), keys::grant(grant->id), *grant);
  return rejection;
}

bool is_possible(const AccessKey& key) {
  return key.id.size() >= access_key_id_bytes_min && key.id.size() <= access_key_id_bytes_max &&
         std::ranges::all_of(key.id, is_key_character) && ascends(key.secrets) &&
         ascends_by_id(key.buckets) && (key.operations & ~granted_operations_all) == 0;
}

bool is_possible(const GatewayGrant& grant) {
  return ascends_by_id(grant.buckets) && grant.operations != 0 &&
         (grant.operations & ~granted_operations_all) == 0 && grant.gateway != grant.owner;
}

void enter(Overlay& state, const AccessKey& key) {
  save(state, keys::access_key(key.id), key);
  state.put(keys::access_key_owner(key.owner, key.id), {});
}

void enter(Overlay& state, const GatewayGrant& grant) {
  save(state, keys::grant(grant.id), grant);
  state.put(keys::grant_gateway(grant.gateway, grant.id), {});
  state.put(keys::grant_owner(grant.owner, grant.id), {});
}

Rejection apply(Call& call, const AccessKeyCreate& operation) {
  const AccessKey key{.id = operation.id,
                      .owner = call.sender,
                      .secrets = operation.secrets,
                      .buckets = operation.buckets,
                      .operations = operation.operations,
                      .expires_ms = operation.expires_ms,
                      .created_ms = call.block.header.time_ms};
  if (!is_possible(key)) return Rejection::AccessKeyInvalid;
  if (call.state().get(keys::access_key(key.id))) return Rejection::AccessKeyExists;
  enter(call.state(), key);
  call.events.emplace_back(AccessKeyChanged{key.id, key.owner, false});
  return Rejection::None;
}

Rejection apply(Call& call, const AccessKeyDelete& operation) {
  const auto key = call.view().access_key(operation.id);
  if (!key) return Rejection::AccessKeyUnknown;
  if (key->owner != call.sender) return Rejection::AccessKeyNotYours;
  call.state().erase(keys::access_key(key->id));
  call.state().erase(keys::access_key_owner(key->owner, key->id));
  call.events.emplace_back(AccessKeyChanged{key->id, key->owner, true});
  return Rejection::None;
}

Rejection apply(Call& call, const GrantCreate& operation) {
  GatewayGrant grant{.id = GrantId(),
                     .owner = call.sender,
                     .gateway = operation.gateway,
                     .buckets = operation.buckets,
                     .operations = operation.operations,
                     .bytes_max = operation.bytes_max,
                     .bytes_used = 0,
                     .spend_max = operation.spend_max,
                     .spend_used = Oort(),
                     .expires_ms = operation.expires_ms};
  if (!is_possible(grant)) return Rejection::GrantInvalid;
  grant.id = GrantId(take_number(call.state(), keys::grant_next()));
  enter(call.state(), grant);
  call.events.emplace_back(GrantChanged{grant.id, grant.owner, grant.gateway, false});
  return Rejection::None;
}

Rejection apply(Call& call, const GrantRevoke& operation) {
  const auto grant = call.view().grant(operation.grant);
  if (!grant) return Rejection::GrantUnknown;
  if (grant->owner != call.sender) return Rejection::GrantNotYours;
  call.state().erase(keys::grant(grant->id));
  call.state().erase(keys::grant_gateway(grant->gateway, grant->id));
  call.state().erase(keys::grant_owner(grant->owner, grant->id));
  call.events.emplace_back(GrantChanged{grant->id, grant->owner, grant->gateway, true});
  return Rejection::None;
}

}  // namespace oort::ledger
