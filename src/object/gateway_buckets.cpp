// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "dataset_reads.hpp"
#include "gateway_core.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/ledger/access_records.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/receipt.hpp"
#include "oort/ledger/rejection.hpp"
#include "oort/ledger/view.hpp"

namespace oort::object {
namespace {

constexpr std::size_t buckets_max = 10'000;
/// Of one owner.
constexpr std::size_t grants_read_max = 1024;

BucketSummary summary_of(const ledger::Bucket& bucket, const std::string& region) {
  BucketSummary summary;
  summary.id = bucket.id;
  summary.name = bucket.name;
  summary.owner = bucket.owner;
  summary.created = WallTime{bucket.created_ms};
  summary.versioning = static_cast<Versioning>(bucket.versioning);
  summary.region = region;
  return summary;
}

bool covers(const ledger::GatewayGrant& grant, std::optional<BucketId> bucket) {
  if (grant.buckets.empty()) return true;
  return bucket && std::ranges::find(grant.buckets, *bucket) != grant.buckets.end();
}

/// Those that hold a grant of the owner, for this bucket or, without one, for all; ascending.
std::vector<NodeId> gateways_of(const LedgerSnapshot& now, const AccountId& owner,
                                std::optional<BucketId> bucket) {
  const ledger::View view(*now.state);
  std::vector<NodeId> gateways;
  for (const ledger::GatewayGrant& grant : view.grants_of(owner, grants_read_max)) {
    const bool is_over = grant.expires_ms != 0 && grant.expires_ms <= now.time_ms;
    if (is_over || !covers(grant, bucket)) continue;
    const auto node = view.node_of(grant.gateway);
    if (node) gateways.push_back(*node);
  }
  std::ranges::sort(gateways);
  const auto doubles = std::ranges::unique(gateways);
  gateways.erase(doubles.begin(), doubles.end());
  if (gateways.size() > ledger::key_seals_max) gateways.resize(ledger::key_seals_max);
  return gateways;
}

std::vector<ledger::KeySeal> seal_to(const std::vector<NodeId>& gateways,
                                     const BucketSecret& secret) {
  std::vector<ledger::KeySeal> seals;
  for (const NodeId& gateway : gateways) {
    auto sealed = seal_bucket_secret(crypto::key_of(gateway), secret);
    if (sealed) seals.push_back({gateway, std::move(*sealed)});
  }
  return seals;
}

Callback<Result<Ordered>> succeeding(Callback<Result<void>> done) {
  return [done = std::move(done)](Result<Ordered> ordered) mutable {
    if (!ordered) {
      done(fail(std::move(ordered).error()));
    } else if (ordered->receipt.rejection != ledger::Rejection::None) {
      done(fail(error_of_rejection(ordered->receipt.rejection)));
    } else {
      done({});
    }
  };
}

}  // namespace

void GatewayCore::create_bucket(const Caller& caller, const std::string& name,
                                Callback<Result<BucketSummary>> done) {
  const LedgerSnapshot now = snapshot();
  const ledger::View view(*now.state);
  if (const auto taken = view.bucket(std::string_view(name))) {
    const bool is_own = taken->owner == caller.account;
    done(fail(ErrorCode::AlreadyExists,
              is_own ? reason::bucket_already_owned : reason::bucket_already_exists,
              "bucket " + name + " exists"));
    return;
  }
  ledger::BucketCreate create;
  auto authority = authority_for(*env_, now, caller, caller.account, std::nullopt,
                                 ledger::GrantedOperation::CreateBucket);
  if (!authority) {
    done(fail(std::move(authority).error()));
    return;
  }
  create.owner = caller.account;
  create.name = name;
  create.authority = *authority;
  const BucketSecret secret = BucketSecret::generate(env_->parts.random);
  auto gateways = gateways_of(now, caller.account, std::nullopt);
  const NodeId self = env_->parts.keys.node_id();
  if (!std::ranges::binary_search(gateways, self)) {
    if (gateways.size() == ledger::key_seals_max) gateways.pop_back();
    gateways.insert(std::ranges::lower_bound(gateways, self), self);
  }
  create.seals = seal_to(gateways, secret);
  submit_one({std::move(create), {}}, [self = shared_from_this(), name,
                                       done = std::move(done)](Result<Ordered> ordered) mutable {
    if (!ordered) {
      done(fail(std::move(ordered).error()));
      return;
    }
    const auto event = event_of<ledger::BucketChanged>(ordered->receipt);
    if (!event) {
      done(fail(event.error()));
      return;
    }
    const LedgerSnapshot after = self->snapshot();
    const auto bucket = ledger::View(*after.state).bucket(event->bucket);
    if (bucket) {
      done(summary_of(*bucket, self->env_->options.region));
    } else {
      done(fail(ErrorCode::NotFound, reason::no_such_bucket, "bucket " + name + " is gone again"));
    }
  });
}

void GatewayCore::delete_bucket(const Caller& caller, const std::string& name,
                                Callback<Result<void>> done) {
  with_bucket(name, [self = shared_from_this(), caller, name,
                     done = std::move(done)](const LedgerSnapshot& now) mutable {
    const auto bucket = self->open(now, caller, name, ledger::GrantedOperation::DeleteBucket);
    if (!bucket) {
      done(fail(bucket.error()));
      return;
    }
    self->submit_one({ledger::BucketDelete{bucket->record.id, bucket->authority}, {}},
                     succeeding(std::move(done)));
  });
}

Result<std::vector<BucketSummary>> GatewayCore::list_buckets(const Caller& caller) {
  const LedgerSnapshot now = snapshot();
  std::vector<BucketSummary> buckets;
  for (const ledger::Bucket& bucket :
       ledger::View(*now.state).buckets_of(caller.account, BucketId(), buckets_max)) {
    buckets.push_back(summary_of(bucket, env_->options.region));
  }
  std::ranges::sort(buckets, {}, &BucketSummary::name);
  return buckets;
}

Result<BucketSummary> GatewayCore::head_bucket(const Caller& caller, const std::string& name) {
  OORT_TRY(const OpenBucket bucket,
           open(snapshot(), caller, name, ledger::GrantedOperation::ReadObject));
  return summary_of(bucket.record, env_->options.region);
}

Result<BucketKeySeals> GatewayCore::seal_bucket_keys(const std::string& name) {
  const LedgerSnapshot now = snapshot();
  const ledger::View view(*now.state);
  const auto bucket = view.bucket(std::string_view(name));
  if (!bucket) {
    return fail(absent(now, reason::no_such_bucket, "bucket " + name + " does not exist"));
  }
  OORT_TRY(const BucketSecret secret, keyring_->bucket(view, bucket->id));
  BucketKeySeals keys;
  keys.bucket = bucket->id;
  keys.owner = bucket->owner;
  keys.epoch = view.bucket_keys(bucket->id).value_or(ledger::BucketKeys{}).epoch + 1;
  auto gateways = gateways_of(now, bucket->owner, bucket->id);
  const NodeId self = env_->parts.keys.node_id();
  // An owner who is a gateway needs no grant of its own.
  const bool is_own = bucket->owner == env_->account;
  if (is_own && !std::ranges::binary_search(gateways, self)) {
    gateways.insert(std::ranges::lower_bound(gateways, self), self);
  }
  keys.seals = seal_to(gateways, secret);
  return keys;
}

void GatewayCore::set_versioning(const Caller& caller, const std::string& name,
                                 Versioning versioning, Callback<Result<void>> done) {
  with_bucket(name, [self = shared_from_this(), caller, name, versioning,
                     done = std::move(done)](const LedgerSnapshot& now) mutable {
    const auto bucket = self->open(now, caller, name, ledger::GrantedOperation::ConfigureBucket);
    if (!bucket) {
      done(fail(bucket.error()));
      return;
    }
    ledger::BucketSetVersioning set;
    set.bucket = bucket->record.id;
    set.versioning = static_cast<ledger::Versioning>(versioning);
    set.authority = bucket->authority;
    self->submit_one({set, {}}, succeeding(std::move(done)));
  });
}

namespace {

/// Reads the index on the pool, from a snapshot that shows what was applied before.
template <class Value, class Read>
void read_index(const EnvPtr& env, Callback<Result<Value>> done, Read read) {
  // Shared with the pool's task.
  std::shared_ptr<env::KvReader> index = env->parts.index.snapshot();
  env->parts.pool.post(
      [env, index = std::move(index), done = std::move(done), read = std::move(read)]() mutable {
        auto value = read(*index);
        index.reset();
        env->parts.strand.post([done = std::move(done), value = std::move(value)]() mutable {
          done(std::move(value));
        });
      });
}

}  // namespace

template <class Value, class Request>
void GatewayCore::list_by(ListFunction<Value, Request> read, Request request,
                          Callback<Result<Value>> done) {
  with_current([self = shared_from_this(), read, request = std::move(request),
                done = std::move(done)](const LedgerSnapshot& now) mutable {
    const auto bucket = self->open_for(now, request);
    if (!bucket) {
      done(fail(bucket.error()));
      return;
    }
    read_index<Value>(
        self->env_, std::move(done),
        [read, id = bucket->record.id, owner = bucket->record.owner, request = std::move(request)](
            const env::KvReader& index) { return read(index, id, owner, request); });
  });
}

Result<OpenBucket> GatewayCore::open_for(const LedgerSnapshot& now, const ListRequest& request) {
  return open_to_read(*env_, *keyring_, now, request.caller, request.bucket, request.prefix);
}

Result<OpenBucket> GatewayCore::open_for(const LedgerSnapshot& now,
                                         const ListVersionsRequest& request) {
  return open(now, request.caller, request.bucket, ledger::GrantedOperation::ReadObject);
}

void GatewayCore::list(ListRequest request, Callback<Result<ListResult>> done) {
  list_by<ListResult, ListRequest>(list_index, std::move(request), std::move(done));
}

void GatewayCore::list_versions(ListVersionsRequest request,
                                Callback<Result<ListVersionsResult>> done) {
  list_by<ListVersionsResult, ListVersionsRequest>(list_index_versions, std::move(request),
                                                   std::move(done));
}

}  // namespace oort::object
