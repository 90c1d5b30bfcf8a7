// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "kit.hpp"

namespace oort::ledger::test {
namespace {

std::vector<ObjectChange> changes_of(const OperationReceipt& receipt) {
  std::vector<ObjectChange> changes;
  for (const Event& event : receipt.events) {
    if (const auto* changed = std::get_if<ObjectChanged>(&event))
      changes.push_back(changed->change);
  }
  return changes;
}

ObjectDelete delete_of(BucketId bucket, std::string_view name) {
  ObjectDelete operation;
  operation.bucket = bucket;
  operation.name_hash = name_hash(name);
  return operation;
}

/// A ledger with a bucket and a segment of the owner's own.
struct Shop {
  TestLedger ledger;
  BucketId bucket = ledger.make_bucket("photos");
  SegmentId segment = ledger.store_segment(ledger.owner, 1);

  Rejection commit(const ObjectCommit& operation) {
    return ledger.send(ledger.owner, operation, "body");
  }
  OperationReceipt remove(std::string_view name) {
    return ledger.run(ledger.owner, delete_of(bucket, name));
  }
  void versioning(Versioning versioning) {
    EXPECT_EQ(ledger.send(ledger.owner, BucketSetVersioning{bucket, versioning, {}}),
              Rejection::None);
  }
  std::size_t versions(std::string_view name) {
    return ledger.view().versions(bucket, name_hash(name), {}, 100).size();
  }
};

TEST(Bucket, IsFoundByNameOwnerAndId) {
  TestLedger ledger;
  const BucketId id = ledger.make_bucket("photos");
  const auto bucket = ledger.view().bucket("photos");
  ASSERT_TRUE(bucket);
  EXPECT_EQ(bucket->id, id);
  EXPECT_EQ(bucket->created_ms, ledger.time_ms);
  EXPECT_EQ(ledger.view().buckets_of(account_of(ledger.owner), BucketId(), 10).size(), 1U);
  EXPECT_EQ(ledger.view().bucket_keys(id)->epoch, 1U);
  EXPECT_NE(ledger.make_bucket("videos"), id);
}

TEST(Bucket, NamesFollowTheRulesOfS3AndAreUnique) {
  TestLedger ledger;
  const auto create = [&](std::string name) {
    return ledger.send(ledger.owner, BucketCreate{account_of(ledger.owner), name, {}, {}, {}});
  };
  for (const char* name :
       {"ab", "Photos", "-photos", "photos-", "a..b", "10.0.0.1", "a_b", "a b"}) {
    EXPECT_EQ(create(name), Rejection::BucketNameInvalid) << name;
  }
  EXPECT_EQ(create("a.b-c9"), Rejection::None);
  EXPECT_EQ(create("a.b-c9"), Rejection::BucketNameTaken);
  EXPECT_EQ(create(std::string(63, 'a')), Rejection::None);
}

TEST(Bucket, KeySealsAscendAndEpochsFollowEachOther) {
  TestLedger ledger;
  const KeySeal one{NodeId(TestLedger::node(1).node_id()), to_bytes("x")};
  const KeySeal two{NodeId(TestLedger::node(2).node_id()), to_bytes("y")};
  const auto low = one.gateway < two.gateway ? one : two;
  const auto high = one.gateway < two.gateway ? two : one;
  BucketCreate create{account_of(ledger.owner), "photos", {}, {high, low}, {}};
  EXPECT_EQ(ledger.send(ledger.owner, create), Rejection::KeySealsInvalid);
  create.seals = {low, high};
  EXPECT_EQ(ledger.send(ledger.owner, create), Rejection::None);
  const BucketId id = *ledger.view().bucket_id("photos");
  EXPECT_EQ(ledger.view().bucket_keys(id)->seals, create.seals);
  EXPECT_EQ(ledger.send(ledger.owner, BucketSetKeys{id, 3, {low}}), Rejection::KeyEpochInvalid);
  EXPECT_EQ(ledger.send(ledger.owner, BucketSetKeys{id, 0, {low}}), Rejection::KeyEpochInvalid);
  EXPECT_EQ(ledger.send(ledger.owner, BucketSetKeys{id, 2, {low, low}}),
            Rejection::KeySealsInvalid);
  EXPECT_EQ(ledger.send(ledger.stranger, BucketSetKeys{id, 2, {low}}), Rejection::OwnerOnly);
  EXPECT_EQ(ledger.send(ledger.owner, BucketSetKeys{BucketId(9), 2, {low}}),
            Rejection::BucketUnknown);
  EXPECT_EQ(ledger.send(ledger.owner, BucketSetKeys{id, 2, {low}}), Rejection::None);
  EXPECT_EQ(ledger.view().bucket_keys(id)->epoch, 2U);
}

TEST(Bucket, IsDeletedOnlyWhenEmpty) {
  Shop shop;
  shop.ledger.put(shop.ledger.owner, shop.bucket, "a", shop.segment);
  const BucketDelete operation{shop.bucket, {}};
  EXPECT_EQ(shop.ledger.send(shop.ledger.owner, operation), Rejection::BucketNotEmpty);
  EXPECT_EQ(shop.remove("a").rejection, Rejection::None);
  EXPECT_EQ(
      shop.ledger.send(
          shop.ledger.owner,
          MultipartCreate{shop.bucket, name_hash("m"), {}, body_digest_of(as_bytes("body")), {}},
          "body"),
      Rejection::None);
  EXPECT_EQ(shop.ledger.send(shop.ledger.owner, operation), Rejection::BucketNotEmpty);
  const auto upload = shop.ledger.view().uploads(shop.bucket, {}, 1).at(0);
  EXPECT_EQ(shop.ledger.send(shop.ledger.owner,
                             MultipartAbort{shop.bucket, name_hash("m"), upload.id, {}}),
            Rejection::None);
  EXPECT_EQ(shop.ledger.send(shop.ledger.stranger, operation), Rejection::NotPermitted);
  EXPECT_EQ(shop.ledger.send(shop.ledger.owner, operation), Rejection::None);
  EXPECT_FALSE(shop.ledger.view().bucket("photos"));
  EXPECT_EQ(shop.ledger.send(shop.ledger.owner, operation), Rejection::BucketUnknown);
  // The removed version outlives its bucket by the undo window, and is then purged.
  shop.ledger.pass(25);
  EXPECT_FALSE(shop.ledger.view().segment(shop.segment));
}

TEST(Bucket, PolicyIsABodyOfItsOwn) {
  Shop shop;
  const Bytes32 digest = body_digest_of(as_bytes("{}"));
  EXPECT_EQ(shop.ledger.send(shop.ledger.owner, BucketSetPolicy{shop.bucket, digest, {}}, "{}"),
            Rejection::None);
  EXPECT_EQ(shop.ledger.view().policy(shop.bucket), to_bytes("{}"));
  EXPECT_EQ(shop.ledger.view().bucket(shop.bucket)->policy_digest, digest);
  EXPECT_EQ(shop.ledger.send(shop.ledger.owner, BucketSetPolicy{shop.bucket, {}, {}}),
            Rejection::None);
  EXPECT_FALSE(shop.ledger.view().policy(shop.bucket));
  EXPECT_EQ(shop.ledger.send(shop.ledger.owner,
                             BucketSetVersioning{shop.bucket, Versioning::Disabled, {}}),
            Rejection::VersioningInvalid);
}

TEST(Version, CommitRecordsWhatWasStored) {
  Shop shop;
  const ObjectVersionId version =
      shop.ledger.put(shop.ledger.owner, shop.bucket, "a", shop.segment);
  const auto object = shop.ledger.view().object({shop.bucket, name_hash("a"), version});
  ASSERT_TRUE(object);
  EXPECT_EQ(object->size, 90U);
  EXPECT_EQ(object->sealed_size, 100U);
  EXPECT_EQ(object->tolerance, 2);
  EXPECT_FALSE(object->is_degraded);
  EXPECT_TRUE(object->is_null_version);
  EXPECT_EQ(object->time_ms, shop.ledger.time_ms);
  EXPECT_EQ(version, keys::version_id(shop.ledger.height(), 0, 0));
  EXPECT_EQ(shop.ledger.view().object_body({shop.bucket, name_hash("a"), version}),
            to_bytes("body"));
  EXPECT_EQ(shop.ledger.view().segment(shop.segment)->references, 1U);
}

TEST(Version, CommitIsRefusedForEachReason) {
  Shop shop;
  const ObjectCommit good = commit_of(shop.bucket, "a", shop.segment);
  const auto with = [&](auto change) {
    ObjectCommit operation = good;
    change(operation);
    return shop.ledger.send(shop.ledger.owner, operation,
                            operation.body_digest.is_zero() ? "" : "body");
  };
  EXPECT_EQ(with([](auto& o) { o.bucket = BucketId(9); }), Rejection::BucketUnknown);
  EXPECT_EQ(with([](auto& o) { o.body_digest = {}; }), Rejection::BodyMissing);
  EXPECT_EQ(with([](auto& o) { o.storage_class = StorageClass::Glacier; }),
            Rejection::ClassUnknown);
  EXPECT_EQ(with([](auto& o) { o.extents[0].slot.segment = SegmentId(); }),
            Rejection::SegmentUnknown);
  EXPECT_EQ(with([](auto& o) { o.extents[0].offset = 901; }), Rejection::ExtentInvalid);
  EXPECT_EQ(with([](auto& o) { o.extents[0].offset = ~std::uint64_t{0}; }),
            Rejection::ExtentInvalid);
  EXPECT_EQ(with([](auto& o) { o.extents[0].length = 0; }), Rejection::ExtentInvalid);
  EXPECT_EQ(with([](auto& o) { o.extents[0].length = ~std::uint64_t{0}; }),
            Rejection::ExtentInvalid);
  EXPECT_EQ(with([](auto& o) { o.size = 101; }), Rejection::SizeInvalid);
  EXPECT_EQ(with([](auto& o) { o.precondition.kind = Precondition::Kind::Present; }),
            Rejection::PreconditionFailed);
  EXPECT_EQ(shop.ledger.send(shop.ledger.stranger, good, "body"), Rejection::NotPermitted);
  const SegmentId foreign = shop.ledger.store_segment(shop.ledger.stranger, 1);
  EXPECT_EQ(with([&](auto& o) { o.extents[0].slot.segment = foreign; }),
            Rejection::SegmentNotYours);
  EXPECT_EQ(with([](auto&) {}), Rejection::None);
}

TEST(Version, PreconditionsLookAtTheNewest) {
  Shop shop;
  ObjectCommit operation = commit_of(shop.bucket, "a", shop.segment);
  operation.precondition.kind = Precondition::Kind::Absent;
  EXPECT_EQ(shop.commit(operation), Rejection::None);
  EXPECT_EQ(shop.commit(operation), Rejection::PreconditionFailed);
  const auto version = shop.ledger.view().newest(shop.bucket, name_hash("a"))->version;
  operation.precondition = {Precondition::Kind::Match, version};
  EXPECT_EQ(shop.commit(operation), Rejection::None);
  EXPECT_EQ(shop.commit(operation), Rejection::PreconditionFailed);
  operation.precondition = {Precondition::Kind::Present, {}};
  EXPECT_EQ(shop.commit(operation), Rejection::None);
  // A delete marker is no live object.
  shop.versioning(Versioning::Enabled);
  EXPECT_EQ(shop.remove("a").rejection, Rejection::None);
  EXPECT_EQ(shop.commit(operation), Rejection::PreconditionFailed);
  operation.precondition = {Precondition::Kind::Absent, {}};
  EXPECT_EQ(shop.commit(operation), Rejection::None);
  ObjectDelete deletion = delete_of(shop.bucket, "a");
  deletion.precondition = {Precondition::Kind::Match, version};
  EXPECT_EQ(shop.ledger.send(shop.ledger.owner, deletion), Rejection::PreconditionFailed);
}

TEST(Version, UnversionedBucketKeepsOneAndCanUndo_L7) {
  Shop shop;
  const auto first = shop.ledger.put(shop.ledger.owner, shop.bucket, "a", shop.segment);
  const auto second =
      shop.ledger.run(shop.ledger.owner, commit_of(shop.bucket, "a", shop.segment), "body");
  EXPECT_EQ(changes_of(second), (std::vector{ObjectChange::Removed, ObjectChange::Put}));
  EXPECT_EQ(shop.versions("a"), 1U);
  EXPECT_EQ(shop.ledger.view().segment(shop.segment)->references, 2U);
  const ObjectVersionRef ref{shop.bucket, name_hash("a"), first};
  EXPECT_TRUE(shop.ledger.view().removed(ref));
  EXPECT_TRUE(shop.ledger.view().object_body(ref));

  EXPECT_EQ(shop.ledger.send(shop.ledger.stranger, ObjectRestore{ref}), Rejection::OwnerOnly);
  EXPECT_EQ(shop.ledger.send(shop.ledger.owner, ObjectRestore{ref}), Rejection::None);
  EXPECT_EQ(shop.ledger.view().newest(shop.bucket, name_hash("a"))->version, first);
  EXPECT_EQ(shop.versions("a"), 1U);
  EXPECT_EQ(shop.ledger.send(shop.ledger.owner, ObjectRestore{ref}), Rejection::VersionUnknown);
  EXPECT_EQ(shop.ledger.send(shop.ledger.owner, ObjectRestore{{BucketId(9), {}, {}}}),
            Rejection::BucketUnknown);

  // After the window the other one is gone for good; what was restored is not.
  shop.ledger.pass(25);
  EXPECT_EQ(shop.ledger.view().segment(shop.segment)->references, 1U);
  EXPECT_TRUE(shop.ledger.view().object(ref));
  EXPECT_TRUE(shop.ledger.view().object_body(ref));
}

TEST(Version, PurgesAfterTheWindowAndDropsTheSegment_L7) {
  Shop shop;
  const auto version = shop.ledger.put(shop.ledger.owner, shop.bucket, "a", shop.segment);
  EXPECT_EQ(changes_of(shop.remove("a")), std::vector{ObjectChange::Removed});
  EXPECT_TRUE(shop.remove("a").events.empty());
  shop.ledger.pass(18);
  EXPECT_TRUE(shop.ledger.view().segment(shop.segment));
  shop.ledger.pass(1);
  const ObjectVersionRef ref{shop.bucket, name_hash("a"), version};
  ASSERT_EQ(shop.ledger.last().block_events.size(), 2U);
  EXPECT_EQ(std::get<SegmentChanged>(shop.ledger.last().block_events[0]).kind,
            SegmentChanged::Kind::Released);
  EXPECT_EQ(std::get<ObjectPurged>(shop.ledger.last().block_events[1]).object, ref);
  EXPECT_FALSE(shop.ledger.view().segment(shop.segment));
  EXPECT_FALSE(shop.ledger.view().removed(ref));
  EXPECT_FALSE(shop.ledger.view().object_body(ref));
}

TEST(Version, EnabledKeepsAllNewestFirstAndMarksDeletes) {
  Shop shop;
  shop.versioning(Versioning::Enabled);
  const auto one = shop.ledger.put(shop.ledger.owner, shop.bucket, "a", shop.segment);
  const auto two = shop.ledger.put(shop.ledger.owner, shop.bucket, "a", shop.segment);
  EXPECT_EQ(changes_of(shop.remove("a")), std::vector{ObjectChange::Marker});
  const auto versions = shop.ledger.view().versions(shop.bucket, name_hash("a"), {}, 100);
  ASSERT_EQ(versions.size(), 3U);
  EXPECT_TRUE(versions[0].is_delete_marker);
  EXPECT_EQ(versions[1].version, two);
  EXPECT_EQ(versions[2].version, one);
  EXPECT_FALSE(versions[2].is_null_version);
  EXPECT_EQ(shop.ledger.view().versions(shop.bucket, name_hash("a"), two, 100).size(), 1U);

  ObjectDelete exact = delete_of(shop.bucket, "a");
  exact.target = ObjectDelete::Target::Version;
  exact.version = versions[0].version;
  EXPECT_EQ(shop.ledger.send(shop.ledger.owner, exact), Rejection::None);
  EXPECT_EQ(shop.ledger.view().newest(shop.bucket, name_hash("a"))->version, two);
  EXPECT_EQ(shop.ledger.send(shop.ledger.owner, exact), Rejection::VersionUnknown);
  exact.target = ObjectDelete::Target::Null;
  exact.version = {};
  EXPECT_EQ(shop.ledger.send(shop.ledger.owner, exact), Rejection::VersionUnknown);
}

TEST(Version, ANameHasOneNullVersionWhateverItsPlace) {
  Shop shop;
  const auto null_one = shop.ledger.put(shop.ledger.owner, shop.bucket, "a", shop.segment);
  shop.versioning(Versioning::Enabled);
  const auto kept = shop.ledger.put(shop.ledger.owner, shop.bucket, "a", shop.segment);
  EXPECT_EQ(shop.ledger.view().null_version(shop.bucket, name_hash("a"))->version, null_one);
  shop.versioning(Versioning::Suspended);
  const auto null_two = shop.ledger.put(shop.ledger.owner, shop.bucket, "a", shop.segment);
  EXPECT_EQ(shop.versions("a"), 2U);
  EXPECT_EQ(shop.ledger.view().null_version(shop.bucket, name_hash("a"))->version, null_two);
  shop.versioning(Versioning::Enabled);
  const auto last = shop.ledger.put(shop.ledger.owner, shop.bucket, "a", shop.segment);
  EXPECT_EQ(shop.versions("a"), 3U);

  // The older null version comes back in its place, and the other one leaves.
  const ObjectVersionRef ref{shop.bucket, name_hash("a"), null_one};
  EXPECT_EQ(shop.ledger.send(shop.ledger.owner, ObjectRestore{ref}), Rejection::None);
  const auto versions = shop.ledger.view().versions(shop.bucket, name_hash("a"), {}, 100);
  ASSERT_EQ(versions.size(), 3U);
  EXPECT_EQ(versions[0].version, last);
  EXPECT_EQ(versions[1].version, kept);
  EXPECT_EQ(versions[2].version, null_one);
  EXPECT_EQ(shop.ledger.view().null_version(shop.bucket, name_hash("a"))->version, null_one);

  ObjectDelete exact = delete_of(shop.bucket, "a");
  exact.target = ObjectDelete::Target::Null;
  EXPECT_EQ(shop.ledger.send(shop.ledger.owner, exact), Rejection::None);
  EXPECT_FALSE(shop.ledger.view().null_version(shop.bucket, name_hash("a")));
  // Suspended: a delete leaves a marker that is the null version.
  shop.versioning(Versioning::Suspended);
  EXPECT_EQ(changes_of(shop.remove("a")), std::vector{ObjectChange::Marker});
  EXPECT_EQ(changes_of(shop.remove("a")),
            (std::vector{ObjectChange::Removed, ObjectChange::Marker}));
  EXPECT_TRUE(shop.ledger.view().newest(shop.bucket, name_hash("a"))->is_null_version);
}

TEST(Version, CopySharesTheCiphertext_L7) {
  Shop shop;
  const auto version = shop.ledger.put(shop.ledger.owner, shop.bucket, "a", shop.segment);
  const BucketId other = shop.ledger.make_bucket("other");
  ObjectCommit copy = commit_of(other, "b", shop.segment);
  copy.extents.clear();
  copy.copy_source = {shop.bucket, name_hash("a"), version};
  EXPECT_EQ(shop.commit(copy), Rejection::None);
  EXPECT_EQ(shop.ledger.view().newest(other, name_hash("b"))->extents,
            shop.ledger.view().newest(shop.bucket, name_hash("a"))->extents);
  EXPECT_EQ(shop.ledger.view().segment(shop.segment)->references, 2U);

  ObjectCommit bad = copy;
  bad.extents = {extent_of(shop.segment)};
  EXPECT_EQ(shop.commit(bad), Rejection::CopySourceInvalid);
  bad = copy;
  bad.copy_source->version = {};
  EXPECT_EQ(shop.commit(bad), Rejection::CopySourceInvalid);
  // Another owner's bucket is out of reach.
  EXPECT_EQ(shop.ledger.send(shop.ledger.stranger,
                             BucketCreate{account_of(shop.ledger.stranger), "theirs", {}, {}, {}}),
            Rejection::None);
  bad = copy;
  bad.bucket = *shop.ledger.view().bucket_id("theirs");
  EXPECT_EQ(shop.ledger.send(shop.ledger.stranger, bad, "body"), Rejection::NotPermitted);
}

TEST(Version, AnEmptyObjectNeedsNoSegment) {
  Shop shop;
  ObjectCommit operation = commit_of(shop.bucket, "empty", shop.segment);
  operation.extents.clear();
  EXPECT_EQ(shop.commit(operation), Rejection::SizeInvalid);
  operation.size = 0;
  EXPECT_EQ(shop.commit(operation), Rejection::None);
  EXPECT_EQ(shop.ledger.view().newest(shop.bucket, name_hash("empty"))->tolerance, 2);
}

TEST(Version, TheChangeLogProvesWhatHappened) {
  Shop shop;
  Bytes32 head;
  std::uint64_t count = 0;
  const auto follow = [&](const OperationReceipt& receipt) {
    for (const Event& event : receipt.events) {
      const auto* changed = std::get_if<ObjectChanged>(&event);
      if (changed == nullptr) continue;
      head = next_change_head(head, changed->change, changed->name_hash, changed->version,
                              changed->body_digest);
      EXPECT_EQ(changed->change_head, head);
      EXPECT_EQ(changed->changes_count, ++count);
    }
  };
  const ObjectCommit operation = commit_of(shop.bucket, "a", shop.segment);
  follow(shop.ledger.run(shop.ledger.owner, operation, "body"));
  follow(shop.ledger.run(shop.ledger.owner, operation, "body"));
  follow(shop.remove("a"));
  shop.versioning(Versioning::Enabled);
  follow(shop.remove("a"));
  EXPECT_EQ(shop.ledger.view().bucket(shop.bucket)->change_head, head);
  EXPECT_EQ(count, 5U);
}

TEST(Version, ABucketIsOneRangeByNameAndNewestFirst) {
  Shop shop;
  shop.versioning(Versioning::Enabled);
  for (const char* name : {"a", "b", "a", "c"}) {
    shop.ledger.put(shop.ledger.owner, shop.bucket, name, shop.segment);
  }
  const auto objects = shop.ledger.view().objects(shop.bucket, {}, 100);
  ASSERT_EQ(objects.size(), 4U);
  for (std::size_t i = 1; i < objects.size(); ++i) {
    const auto& before = objects[i - 1];
    EXPECT_TRUE(before.name_hash < objects[i].name_hash ||
                (before.name_hash == objects[i].name_hash && before.version > objects[i].version));
  }
  const ObjectVersionRef second{shop.bucket, objects[1].name_hash, objects[1].version};
  const auto rest = shop.ledger.view().objects(shop.bucket, second, 100);
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_EQ(rest[0], objects[2]);
}

}  // namespace
}  // namespace oort::ledger::test
