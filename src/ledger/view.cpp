// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/view.hpp"

#include "stored.hpp"

namespace oort::ledger {
namespace {

/// Up to `count_max` records whose keys begin with `prefix`, from `from` on.
template <Record T>
std::vector<T> list(const StateReader& state, ByteView prefix, ByteView from,
                    std::size_t count_max) {
  std::vector<T> found;
  if (count_max == 0) return found;
  state.scan(prefix, from, [&](ByteView, ByteView value) {
    found.push_back(stored<T>(value));
    return found.size() < count_max;
  });
  return found;
}

/// The values of an index below `prefix`: what the last bytes of its keys name.
std::vector<Bytes> tails(const StateReader& state, ByteView prefix, ByteView from,
                         std::size_t count_max) {
  std::vector<Bytes> found;
  if (count_max == 0) return found;
  state.scan(prefix, from, [&](ByteView key, ByteView) {
    found.push_back(to_bytes(key.subspan(prefix.size())));
    return found.size() < count_max;
  });
  return found;
}

std::uint64_t big_endian(ByteView bytes) noexcept {
  std::uint64_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | std::to_integer<std::uint8_t>(byte);
  return value;
}

/// The first key after `key` that is not longer.
Bytes after_key(Bytes key) {
  key.push_back(std::byte{0});
  return key;
}

std::vector<Escrow> escrows_below(const StateReader& state, ByteView prefix, ByteView from,
                                  std::size_t count_max) {
  std::vector<Escrow> escrows;
  for (const Bytes& tail : tails(state, prefix, from, count_max)) {
    if (auto escrow = load<Escrow>(state, keys::escrow(EscrowId(big_endian(tail))))) {
      escrows.push_back(*std::move(escrow));
    }
  }
  return escrows;
}

std::vector<GatewayGrant> grants_below(const StateReader& state, ByteView prefix,
                                       std::size_t count_max) {
  std::vector<GatewayGrant> grants;
  for (const Bytes& tail : tails(state, prefix, prefix, count_max)) {
    if (auto grant = load<GatewayGrant>(state, keys::grant(GrantId(big_endian(tail))))) {
      grants.push_back(*std::move(grant));
    }
  }
  return grants;
}

}  // namespace

Account View::account(const AccountId& id) const {
  return load<Account>(*state_, keys::account(id)).value_or(Account{});
}
Oort View::pot(Pot pot) const {
  return load<PotBalance>(*state_, keys::pot(pot)).value_or(PotBalance{}).balance;
}
Credits View::credits(const AccountId& id) const {
  return load<CreditBalance>(*state_, keys::credits(id)).value_or(CreditBalance{}).balance;
}
CreditSupply View::credit_supply() const {
  return load<CreditSupply>(*state_, keys::credit_supply()).value_or(CreditSupply{});
}
std::optional<MarketParams> View::market_params() const {
  return load<MarketParams>(*state_, keys::market_params());
}
std::optional<RateState> View::rate_state() const {
  return load<RateState>(*state_, keys::rate_state());
}
std::optional<Escrow> View::escrow(EscrowId id) const {
  return load<Escrow>(*state_, keys::escrow(id));
}
std::vector<Escrow> View::escrows_of(const AccountId& payer, EscrowId from,
                                     std::size_t count_max) const {
  return escrows_below(*state_, keys::escrow_payer(payer), keys::escrow_payer(payer, from),
                       count_max);
}
std::vector<Escrow> View::escrows_for(const AccountId& earner, EscrowId from,
                                      std::size_t count_max) const {
  return escrows_below(*state_, keys::escrow_earner(earner), keys::escrow_earner(earner, from),
                       count_max);
}
Supply View::supply() const { return load<Supply>(*state_, keys::supply()).value_or(Supply{}); }
Params View::params() const { return load<Params>(*state_, keys::params()).value_or(Params{}); }
std::optional<ChainId> View::chain() const {
  const auto value = state_->get(keys::chain());
  if (!value) return std::nullopt;
  return ChainId::from(*value);
}
std::optional<ValidatorSet> View::validator_set(Epoch epoch) const {
  return load<ValidatorSet>(*state_, keys::validator_set(epoch));
}
std::optional<Beacon> View::beacon() const { return load<Beacon>(*state_, keys::beacon()); }
std::optional<Beacon> View::epoch_seed(Epoch epoch) const {
  return load<Beacon>(*state_, keys::epoch_seed(epoch));
}
std::optional<Evidence> View::evidence(const Bytes32& id) const {
  return load<Evidence>(*state_, keys::evidence(id));
}
std::vector<Evidence> View::faults(const Bytes32& from, std::size_t count_max) const {
  return list<Evidence>(*state_, keys::prefix(Module::Evidence, table::evidence),
                        keys::evidence(from), count_max);
}

std::optional<Node> View::node(const NodeId& id) const {
  return load<Node>(*state_, keys::node(id));
}
std::optional<NodeId> View::node_of(const AccountId& account) const {
  const auto value = state_->get(keys::node_account(account));
  if (!value) return std::nullopt;
  return NodeId::from(*value);
}
std::vector<Node> View::nodes(const NodeId& from, std::size_t count_max) const {
  return list<Node>(*state_, keys::prefix(Module::Nodes, table::node), keys::node(from), count_max);
}

std::optional<Bucket> View::bucket(BucketId id) const {
  return load<Bucket>(*state_, keys::bucket(id));
}
std::optional<BucketId> View::bucket_id(std::string_view name) const {
  const auto value = state_->get(keys::bucket_name(name));
  if (!value) return std::nullopt;
  return BucketId(big_endian(*value));
}
std::optional<Bucket> View::bucket(std::string_view name) const {
  const auto id = bucket_id(name);
  if (!id) return std::nullopt;
  return bucket(*id);
}
std::optional<BucketKeys> View::bucket_keys(BucketId id) const {
  return load<BucketKeys>(*state_, keys::bucket_keys(id));
}
std::optional<Bytes> View::policy(BucketId id) const { return state_->get(keys::policy_body(id)); }
std::vector<Bucket> View::buckets_of(const AccountId& owner, BucketId from,
                                     std::size_t count_max) const {
  std::vector<Bucket> found;
  const Bytes prefix = keys::bucket_owner(owner);
  for (const Bytes& tail : tails(*state_, prefix, keys::bucket_owner(owner, from), count_max)) {
    if (auto record = bucket(BucketId(big_endian(tail)))) found.push_back(*std::move(record));
  }
  return found;
}
std::vector<Bucket> View::buckets(BucketId from, std::size_t count_max) const {
  return list<Bucket>(*state_, keys::prefix(Module::Objects, table::bucket), keys::bucket(from),
                      count_max);
}

std::optional<Object> View::newest(BucketId bucket, const NameHash& name) const {
  return first<Object>(*state_, keys::object(bucket, name));
}
std::optional<Object> View::null_version(BucketId bucket, const NameHash& name) const {
  auto candidate = newest(bucket, name);
  if (!candidate || candidate->is_null_version) return candidate;
  const auto version = state_->get(keys::null_version(bucket, name));
  if (!version) return std::nullopt;
  return object({bucket, name, *ObjectVersionId::from(*version)});
}
std::optional<Object> View::object(const ObjectVersionRef& ref) const {
  return load<Object>(*state_, keys::object(ref));
}
std::optional<Bytes> View::object_body(const ObjectVersionRef& ref) const {
  return state_->get(keys::object_body(ref));
}
std::optional<RemovedObject> View::removed(const ObjectVersionRef& ref) const {
  return load<RemovedObject>(*state_, keys::removed(ref));
}
std::vector<Object> View::versions(BucketId bucket, const NameHash& name,
                                   std::optional<ObjectVersionId> after,
                                   std::size_t count_max) const {
  const Bytes prefix = keys::object(bucket, name);
  const Bytes from = after ? after_key(keys::object({bucket, name, *after})) : prefix;
  return list<Object>(*state_, prefix, from, count_max);
}
std::vector<Object> View::objects(BucketId bucket, std::optional<ObjectVersionRef> after,
                                  std::size_t count_max) const {
  const Bytes prefix = keys::object(bucket);
  const Bytes from = after ? after_key(keys::object(*after)) : prefix;
  return list<Object>(*state_, prefix, from, count_max);
}

std::optional<Segment> View::segment(const SegmentId& id) const {
  return load<Segment>(*state_, keys::segment(id));
}
std::vector<std::pair<SegmentId, Segment>> View::segments(const SegmentId& from,
                                                          std::size_t count_max) const {
  std::vector<std::pair<SegmentId, Segment>> found;
  if (count_max == 0) return found;
  const Bytes prefix = keys::prefix(Module::Objects, table::segment);
  state_->scan(prefix, keys::segment(from), [&](ByteView key, ByteView value) {
    found.emplace_back(*SegmentId::from(key.subspan(prefix.size())), stored<Segment>(value));
    return found.size() < count_max;
  });
  return found;
}

std::optional<Multipart> View::upload(BucketId bucket, const NameHash& name,
                                      const UploadId& id) const {
  return load<Multipart>(*state_, keys::multipart(bucket, name, id));
}
std::optional<Bytes> View::upload_body(BucketId bucket, const NameHash& name,
                                       const UploadId& id) const {
  return state_->get(keys::multipart_body(bucket, name, id));
}
std::vector<Multipart> View::uploads(BucketId bucket,
                                     std::optional<std::pair<NameHash, UploadId>> after,
                                     std::size_t count_max) const {
  const Bytes prefix = keys::multipart(bucket);
  const Bytes from =
      after ? after_key(keys::multipart(bucket, after->first, after->second)) : prefix;
  return list<Multipart>(*state_, prefix, from, count_max);
}
std::optional<Part> View::part(BucketId bucket, const UploadId& upload,
                               std::uint16_t number) const {
  return load<Part>(*state_, keys::part(bucket, upload, number));
}
std::optional<Bytes> View::part_body(BucketId bucket, const UploadId& upload,
                                     std::uint16_t number) const {
  return state_->get(keys::part_body(bucket, upload, number));
}
std::vector<Part> View::parts(BucketId bucket, const UploadId& upload, std::uint16_t from,
                              std::size_t count_max) const {
  return list<Part>(*state_, keys::part(bucket, upload), keys::part(bucket, upload, from),
                    count_max);
}

std::optional<AccessKey> View::access_key(std::string_view id) const {
  return load<AccessKey>(*state_, keys::access_key(id));
}
std::vector<AccessKey> View::access_keys_of(const AccountId& owner, std::size_t count_max) const {
  std::vector<AccessKey> found;
  const Bytes prefix = keys::access_key_owner(owner);
  for (const Bytes& tail : tails(*state_, prefix, prefix, count_max)) {
    if (auto key = access_key(as_text(tail))) found.push_back(*std::move(key));
  }
  return found;
}
std::optional<GatewayGrant> View::grant(GrantId id) const {
  return load<GatewayGrant>(*state_, keys::grant(id));
}
std::vector<GatewayGrant> View::grants_to(const AccountId& gateway, std::size_t count_max) const {
  return grants_below(*state_, keys::grant_gateway(gateway), count_max);
}
std::vector<GatewayGrant> View::grants_of(const AccountId& owner, std::size_t count_max) const {
  return grants_below(*state_, keys::grant_owner(owner), count_max);
}

}  // namespace oort::ledger
