// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>

#include "kit.hpp"

namespace oort::ledger::test {
namespace {

/// Random operations over few names, so that they meet: many succeed, many are refused.
class Chaos {
 public:
  Chaos(TestLedger& ledger, std::uint32_t seed) : ledger_(&ledger), random_(seed) {
    for (const char* name : {"one", "two"}) buckets_.push_back(ledger.make_bucket(name));
    const auto suspended = BucketSetVersioning{buckets_[1], Versioning::Enabled, {}};
    EXPECT_EQ(ledger.send(ledger.owner, suspended), Rejection::None);
    for (std::uint64_t nonce = 1; nonce <= 3; ++nonce) {
      segments_.push_back(ledger.store_segment(ledger.owner, nonce));
    }
  }

  Transaction next() {
    std::vector<SubmittedOperation> operations;
    const std::uint32_t count = 1 + pick(6);
    for (std::uint32_t i = 0; i < count; ++i) operations.push_back(operation());
    return ledger_->make(ledger_->owner, std::move(operations), pick(4) == 0 ? 1 : 0);
  }

 private:
  std::uint32_t pick(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }
  BucketId bucket() { return buckets_[pick(2)]; }
  NameHash name() { return name_hash(std::to_string(pick(3))); }
  SegmentId segment() { return segments_[pick(3)]; }
  Bytes body() { return to_bytes("body"); }
  Bytes32 digest() { return body_digest_of(as_bytes("body")); }

  ObjectVersionRef some_version(bool is_removed) {
    std::vector<ObjectVersionRef> found;
    const char table = is_removed ? table::removed : table::object;
    const Bytes prefix = keys::prefix(Module::Objects, table);
    ledger_->state().scan(prefix, prefix, [&](ByteView, ByteView value) {
      const Object object = is_removed ? codec::from_bytes<RemovedObject>(value)->object
                                       : *codec::from_bytes<Object>(value);
      found.push_back({object.bucket, object.name_hash, object.version});
      return true;
    });
    if (found.empty()) return {bucket(), name(), {}};
    return found[pick(static_cast<std::uint32_t>(found.size()))];
  }
  UploadId some_upload(BucketId in) {
    const auto uploads = ledger_->view().uploads(in, {}, 100);
    if (uploads.empty()) return {};
    return uploads[pick(static_cast<std::uint32_t>(uploads.size()))].id;
  }

  SubmittedOperation commit() {
    ObjectCommit operation = commit_of(bucket(), "", segment());
    operation.name_hash = name();
    operation.extents[0].offset = pick(950);
    if (pick(3) == 0) operation.extents.push_back(extent_of(segment(), pick(500), 10));
    if (pick(4) == 0) {
      operation.extents.clear();
      operation.copy_source = some_version(false);
      operation.size = 0;
    }
    operation.precondition.kind = static_cast<Precondition::Kind>(pick(3));
    return {operation, body()};
  }
  SubmittedOperation removal() {
    ObjectDelete operation;
    const ObjectVersionRef ref = some_version(false);
    operation.bucket = ref.bucket;
    operation.name_hash = ref.name_hash;
    operation.target = static_cast<ObjectDelete::Target>(pick(3));
    operation.version = ref.version;
    return {operation, {}};
  }
  SubmittedOperation upload() {
    const BucketId in = bucket();
    const NameHash what = name_hash("upload");
    switch (pick(5)) {
      case 0: return {MultipartCreate{in, what, {}, digest(), {}}, body()};
      case 1: return {MultipartComplete{in, what, some_upload(in), {1}, digest(), {}, {}}, body()};
      case 2: return {MultipartAbort{in, what, some_upload(in), {}}, {}};
      default: break;
    }
    const auto number = static_cast<std::uint16_t>(1 + pick(3));
    return {
        MultipartPart{in, what, some_upload(in), number, 5, digest(), {extent_of(segment())}, {}},
        body()};
  }
  SubmittedOperation operation() {
    switch (pick(8)) {
      case 0: return {Transfer{account_of(ledger_->stranger), Oort(random_() % 1'000'000)}, {}};
      case 1: return removal();
      case 2: return {ObjectRestore{some_version(true)}, {}};
      case 3:
      case 4: return upload();
      case 5:
        return {BucketSetVersioning{
                    buckets_[1], pick(2) == 0 ? Versioning::Enabled : Versioning::Suspended, {}},
                {}};
      default: return commit();
    }
  }

  TestLedger* ledger_;
  std::mt19937 random_;
  std::vector<BucketId> buckets_;
  std::vector<SegmentId> segments_;
};

struct Trace {
  std::vector<Bytes32> roots;
  std::size_t accepted = 0;
  std::size_t refused = 0;
};

Trace run_chaos(std::uint32_t seed) {
  TrustingVerifier trusting;
  TestLedger ledger(small_genesis(), trusting);
  Chaos chaos(ledger, seed);
  Trace trace;
  std::uint64_t sequence = 0;
  for (int i = 0; i < 150; ++i) {
    // The invariants L2 and L7 are looked at after every block.
    const auto& result = ledger.block({chaos.next()});
    const std::uint64_t now = next_sequence_of(ledger.view().account(account_of(ledger.owner)), 0);
    EXPECT_GT(now, sequence) << "L3";
    sequence = now;
    trace.roots.push_back(result.result_root);
    for (const auto& receipt : result.receipts.at(0).operations) {
      ++(receipt.rejection == Rejection::None ? trace.accepted : trace.refused);
    }
  }
  return trace;
}

TEST(Property, RandomOperationsKeepTheInvariants_L2_L3_L7) {
  for (std::uint32_t seed = 1; seed <= 6; ++seed) {
    const Trace trace = run_chaos(seed);
    EXPECT_GT(trace.accepted, 50U) << "seed " << seed;
    EXPECT_GT(trace.refused, 50U) << "seed " << seed;
    ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed;
  }
}

TEST(Property, ReplayGivesTheSameRoots_L1) {
  EXPECT_EQ(run_chaos(42).roots, run_chaos(42).roots);
  EXPECT_NE(run_chaos(42).roots, run_chaos(43).roots);
}

TEST(Property, AnOverlayReadsLikeTheStateThatItBecomes) {
  std::mt19937 random(7);
  const auto key_of = [&] {
    Bytes key = {std::byte{6}, static_cast<std::byte>('o')};
    const std::size_t size = random() % 3;
    for (std::size_t i = 0; i < size; ++i) key.push_back(static_cast<std::byte>(random() % 3));
    return key;
  };
  const auto contents = [](const StateReader& state, ByteView prefix, ByteView from) {
    std::vector<std::pair<Bytes, Bytes>> found;
    state.scan(prefix, from, [&](ByteView key, ByteView value) {
      found.emplace_back(to_bytes(key), to_bytes(value));
      return found.size() < 5;
    });
    return found;
  };
  for (int round = 0; round < 300; ++round) {
    MemoryState base;
    for (int i = 0; i < 5; ++i) base.apply(std::vector<StateWrite>{{key_of(), key_of()}});
    Overlay overlay(base);
    std::vector<StateWrite> writes;
    const auto change = [&](Overlay& state) {
      const Bytes key = key_of();
      if (random() % 3 == 0) {
        state.erase(key);
      } else {
        state.put(key, key_of());
      }
    };
    for (int i = 0; i < 5; ++i) change(overlay);
    const Overlay::Changes before = overlay.changes();
    const Overlay::Mark mark = overlay.mark();
    for (int i = 0; i < 5; ++i) change(overlay);
    overlay.rollback(mark);
    EXPECT_EQ(overlay.changes(), before);

    for (const auto& [key, value] : overlay.changes()) writes.push_back({key, value});
    const Overlay again(base, writes);
    MemoryState merged = base;
    merged.apply(writes);
    for (int i = 0; i < 10; ++i) {
      const Bytes prefix = key_of();
      const Bytes from = key_of();
      EXPECT_EQ(contents(overlay, prefix, from), contents(merged, prefix, from));
      EXPECT_EQ(contents(again, prefix, from), contents(merged, prefix, from));
      EXPECT_EQ(overlay.get(from), merged.get(from));
    }
  }
}

}  // namespace
}  // namespace oort::ledger::test
