// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "oort/ledger/keys.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/state.hpp"

namespace oort::ledger {

/// The records of a state by their types. Borrows the state. Lists come in the order of the keys
/// and are bounded by `count_max`; to go on, pass the place after the last one.
class View {
 public:
  explicit View(const StateReader& state) noexcept : state_(&state) {}

  [[nodiscard]] const StateReader& state() const noexcept { return *state_; }

  /// An account that was never used is an empty one.
  [[nodiscard]] Account account(const AccountId& id) const;
  [[nodiscard]] Supply supply() const;
  /// Empty is zero.
  [[nodiscard]] Oort pot(Pot pot) const;
  /// None is zero.
  [[nodiscard]] Credits credits(const AccountId& id) const;
  [[nodiscard]] CreditSupply credit_supply() const;
  /// Empty where the network has no market, as all of the market is.
  [[nodiscard]] std::optional<MarketParams> market_params() const;
  [[nodiscard]] std::optional<RateState> rate_state() const;
  [[nodiscard]] std::optional<Escrow> escrow(EscrowId id) const;
  /// Escrows that the account pays for, or earns from, with id at least `from`.
  [[nodiscard]] std::vector<Escrow> escrows_of(const AccountId& payer, EscrowId from,
                                               std::size_t count_max) const;
  [[nodiscard]] std::vector<Escrow> escrows_for(const AccountId& earner, EscrowId from,
                                                std::size_t count_max) const;
  [[nodiscard]] Params params() const;
  [[nodiscard]] std::optional<ChainId> chain() const;
  [[nodiscard]] std::optional<ValidatorSet> validator_set(Epoch epoch) const;
  [[nodiscard]] std::optional<Beacon> beacon() const;
  /// The beacon's value as the epoch began.
  [[nodiscard]] std::optional<Beacon> epoch_seed(Epoch epoch) const;
  [[nodiscard]] std::optional<Evidence> evidence(const Bytes32& id) const;
  /// Proven faults with id at least `from`.
  [[nodiscard]] std::vector<Evidence> faults(const Bytes32& from, std::size_t count_max) const;

  [[nodiscard]] std::optional<Node> node(const NodeId& id) const;
  /// The node that signs transactions with this account.
  [[nodiscard]] std::optional<NodeId> node_of(const AccountId& account) const;
  [[nodiscard]] std::vector<Node> nodes(const NodeId& from, std::size_t count_max) const;

  [[nodiscard]] std::optional<Bucket> bucket(BucketId id) const;
  [[nodiscard]] std::optional<BucketId> bucket_id(std::string_view name) const;
  [[nodiscard]] std::optional<Bucket> bucket(std::string_view name) const;
  [[nodiscard]] std::optional<BucketKeys> bucket_keys(BucketId id) const;
  [[nodiscard]] std::optional<Bytes> policy(BucketId id) const;
  /// Buckets of an owner with id at least `from`.
  [[nodiscard]] std::vector<Bucket> buckets_of(const AccountId& owner, BucketId from,
                                               std::size_t count_max) const;
  /// All buckets with id at least `from`.
  [[nodiscard]] std::vector<Bucket> buckets(BucketId from, std::size_t count_max) const;

  /// The newest version, delete marker or not.
  [[nodiscard]] std::optional<Object> newest(BucketId bucket, const NameHash& name) const;
  [[nodiscard]] std::optional<Object> null_version(BucketId bucket, const NameHash& name) const;
  [[nodiscard]] std::optional<Object> object(const ObjectVersionRef& ref) const;
  /// The sealed body of a live or removed version; empty where history forgot it.
  [[nodiscard]] std::optional<Bytes> object_body(const ObjectVersionRef& ref) const;
  [[nodiscard]] std::optional<RemovedObject> removed(const ObjectVersionRef& ref) const;
  /// Versions of one name, newest first, strictly older than `after`.
  [[nodiscard]] std::vector<Object> versions(BucketId bucket, const NameHash& name,
                                             std::optional<ObjectVersionId> after,
                                             std::size_t count_max) const;
  /// Every version in the bucket, by name hash and newest first, beginning after `after`.
  [[nodiscard]] std::vector<Object> objects(BucketId bucket, std::optional<ObjectVersionRef> after,
                                            std::size_t count_max) const;

  [[nodiscard]] std::optional<Segment> segment(const SegmentId& id) const;
  /// Segments with id at least `from`.
  [[nodiscard]] std::vector<std::pair<SegmentId, Segment>> segments(const SegmentId& from,
                                                                    std::size_t count_max) const;

  [[nodiscard]] std::optional<Multipart> upload(BucketId bucket, const NameHash& name,
                                                const UploadId& id) const;
  [[nodiscard]] std::optional<Bytes> upload_body(BucketId bucket, const NameHash& name,
                                                 const UploadId& id) const;
  /// Uploads of a bucket by name hash and id, beginning after the last one seen.
  [[nodiscard]] std::vector<Multipart> uploads(BucketId bucket,
                                               std::optional<std::pair<NameHash, UploadId>> after,
                                               std::size_t count_max) const;
  [[nodiscard]] std::optional<Part> part(BucketId bucket, const UploadId& upload,
                                         std::uint16_t number) const;
  [[nodiscard]] std::optional<Bytes> part_body(BucketId bucket, const UploadId& upload,
                                               std::uint16_t number) const;
  /// Parts with a number of at least `from`, ascending.
  [[nodiscard]] std::vector<Part> parts(BucketId bucket, const UploadId& upload, std::uint16_t from,
                                        std::size_t count_max) const;

  [[nodiscard]] std::optional<AccessKey> access_key(std::string_view id) const;
  [[nodiscard]] std::vector<AccessKey> access_keys_of(const AccountId& owner,
                                                      std::size_t count_max) const;
  [[nodiscard]] std::optional<GatewayGrant> grant(GrantId id) const;
  [[nodiscard]] std::vector<GatewayGrant> grants_to(const AccountId& gateway,
                                                    std::size_t count_max) const;
  [[nodiscard]] std::vector<GatewayGrant> grants_of(const AccountId& owner,
                                                    std::size_t count_max) const;

 private:
  const StateReader* state_;
};

}  // namespace oort::ledger
