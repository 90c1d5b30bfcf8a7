// SPDX-License-Identifier: Apache-2.0
#include "oort/object/gateway.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "cluster.hpp"
#include "oort/core/reasons.hpp"

namespace oort::object {
namespace {

using namespace std::chrono_literals;
using test::Cluster;
using test::ClusterOptions;
using test::noise;

std::vector<std::string> names_of(const ListResult& list) {
  std::vector<std::string> names;
  for (const ObjectMeta& meta : list.objects) names.push_back(meta.name);
  return names;
}

TEST(Gateway, BytesOfEverySizeReadBack_G1_G2) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  for (const std::size_t size :
       {0U, 1U, 4096U, 8192U, 8193U, 65'536U, 65'537U, 262'144U, 262'145U, 1'500'000U}) {
    const Bytes content = noise(size, size);
    const std::string name = "object-" + std::to_string(size);
    const auto put = cluster.put(size % 4, name, content);
    ASSERT_TRUE(put) << size << ": " << put.error().to_string();
    EXPECT_EQ(put->tolerance, size == 0 ? put->tolerance : 2U) << size;
    EXPECT_FALSE(put->is_degraded);
    for (const std::size_t via : {0U, 3U}) {
      const auto got = cluster.get(via, name);
      ASSERT_TRUE(got) << size << ": " << got.error().to_string();
      EXPECT_EQ(*got, content);
    }
  }
}

TEST(Gateway, RangesReadBack_G2) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  const Bytes content = noise(1, 700'000);
  ASSERT_TRUE(cluster.put(0, "large", content));
  ASSERT_TRUE(cluster.put(0, "small", to_bytes(ByteView(content).first(5000))));
  sim::Generator random(3);
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t first = random.below(content.size());
    const std::uint64_t size = random.below(content.size() - first) + 1;
    const auto got = cluster.get(1, "large", ByteRange{first, size});
    ASSERT_TRUE(got) << got.error().to_string();
    ASSERT_EQ(*got, to_bytes(ByteView(content).subspan(first, size)));
  }
  EXPECT_EQ(*cluster.get(1, "small", ByteRange{4000, 1000}),
            to_bytes(ByteView(content).subspan(4000, 1000)));
  EXPECT_EQ(cluster.get(1, "small", ByteRange{4000, 1001}).error().reason(), reason::invalid_range);
}

TEST(Gateway, ARangeCostsTheLeavesThatItTouches_D2) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  const Bytes content = noise(1, 700'000);
  ASSERT_TRUE(cluster.put(0, "large", content));
  auto bytes = std::make_shared<std::uint64_t>(0);
  cluster.network().set_filter([bytes](const sim::FrameOnWire& frame) {
    *bytes += frame.payload.size();
    return true;
  });
  std::uint64_t all = 0;
  for (std::uint64_t first = 1000; first < content.size(); first += 100'000) {
    *bytes = 0;
    const auto got = cluster.get(1, "large", ByteRange{first, 100});
    ASSERT_TRUE(got) << got.error().to_string();
    EXPECT_EQ(*got, to_bytes(ByteView(content).subspan(first, 100)));
    // One sealed frame of 64 KiB in whole leaves, and the values of its shard's other leaves.
    EXPECT_LT(*bytes, 80'000U) << first;
    all += *bytes;
  }
  EXPECT_GT(all, 0U);
}

TEST(Gateway, AStreamThatCannotDrainMakesItsWriterWait_G5) {
  ClusterOptions options;
  options.gateway.coding_bytes_max = 512 * 1024;
  Cluster cluster(options);
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  auto writer = cluster.wait<std::unique_ptr<ObjectWriter>>(
      [&](auto done) { cluster.gateway(0).put(cluster.put_request("large"), std::move(done)); });
  ASSERT_TRUE(writer) << writer.error().to_string();
  // What other nodes are given to store never arrives.
  cluster.network().set_filter(
      [](const sim::FrameOnWire& frame) { return frame.type != AppendShard::type; });
  constexpr std::size_t piece = 64 * 1024;
  std::size_t taken = 0;
  auto is_taken = std::make_shared<bool>(true);
  while (*is_taken && taken < 8 * options.gateway.coding_bytes_max) {
    *is_taken = false;
    (*writer)->write(noise(taken, piece),
                     [is_taken](Result<void> result) { *is_taken = result.has_value(); });
    cluster.run(20ms);
    if (*is_taken) taken += piece;
  }
  // The budget of all streams, and what one stream gathers for its next segment.
  EXPECT_LE(taken, options.gateway.coding_bytes_max + 2 * options.gateway.segment_plain_bytes);
  EXPECT_GE(taken, options.gateway.segment_plain_bytes);
}

TEST(Gateway, ListsWhatWasAcknowledged_G3_X3) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  for (const char* name : {"b", "a/1", "a/2", "c/x/1", "a!", "d"}) {
    ASSERT_TRUE(cluster.put(0, name, noise(1, 10)));
  }
  EXPECT_EQ(names_of(*cluster.list(0)),
            (std::vector<std::string>{"a!", "a/1", "a/2", "b", "c/x/1", "d"}));
  ListRequest request;
  request.delimiter = "/";
  auto folders = *cluster.list(2, request);
  EXPECT_EQ(names_of(folders), (std::vector<std::string>{"a!", "b", "d"}));
  EXPECT_EQ(folders.common_prefixes, (std::vector<std::string>{"a/", "c/"}));
  request.prefix = "a/";
  EXPECT_EQ(names_of(*cluster.list(1, request)), (std::vector<std::string>{"a/1", "a/2"}));
  // Pages of one give the same, in order.
  request = {};
  request.delimiter = "/";
  request.count_max = 1;
  std::vector<std::string> all;
  for (;;) {
    const auto page = *cluster.list(0, request);
    for (const auto& name : names_of(page)) all.push_back(name);
    for (const auto& prefix : page.common_prefixes) all.push_back(prefix);
    if (!page.is_truncated) break;
    request.after = page.next_after;
  }
  EXPECT_EQ(all, (std::vector<std::string>{"a!", "a/", "b", "c/", "d"}));
  ASSERT_TRUE(cluster.remove(0, "b"));
  EXPECT_EQ(cluster.get(1, "b").error().reason(), reason::no_such_key);
  EXPECT_EQ(cluster.list(1)->objects.size(), 5U);
}

TEST(Gateway, PreconditionsAndMissingThingsAreTold) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  EXPECT_EQ(cluster.create_bucket(1, "bucket").error().reason(), reason::bucket_already_owned);
  EXPECT_EQ(cluster.get(0, "none").error().reason(), reason::no_such_key);
  PutRequest request = cluster.put_request("once");
  request.precondition.if_none_match_any = true;
  const auto first = cluster.put(0, request, noise(1, 100));
  ASSERT_TRUE(first);
  EXPECT_EQ(cluster.put(1, request, noise(2, 100)).error().reason(), reason::precondition_failed);
  request.precondition = {};
  request.precondition.if_match = "0123";
  EXPECT_EQ(cluster.put(1, request, noise(2, 100)).error().reason(), reason::precondition_failed);
  request.precondition.if_match = first->etag;
  EXPECT_TRUE(cluster.put(1, request, noise(2, 100)));
  EXPECT_EQ(*cluster.get(0, "once"), noise(2, 100));
  const auto removed = cluster.wait<void>([&](auto done) {
    cluster.gateway(0).delete_bucket(cluster.owner(), "bucket", std::move(done));
  });
  EXPECT_EQ(removed.error().reason(), reason::bucket_not_empty);
  ObjectRef elsewhere = cluster.ref("once");
  elsewhere.bucket = "nowhere";
  EXPECT_EQ(cluster.get(0, elsewhere).error().reason(), reason::no_such_bucket);
}

TEST(Gateway, OverwriteShowsTheNewBytesEverywhere_G2) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  for (std::uint64_t i = 0; i < 5; ++i) {
    ASSERT_TRUE(cluster.put(i % 4, "same", noise(i, 1000 + i * 100'000)));
    EXPECT_EQ(*cluster.get((i + 1) % 4, "same"), noise(i, 1000 + i * 100'000));
  }
  EXPECT_EQ(cluster.list(2)->objects.size(), 1U);
}

TEST(Gateway, VersionsAndMarkersAreKept_X1) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  ASSERT_TRUE(cluster.put(0, "v", noise(1, 10)));
  ASSERT_TRUE(cluster.wait<void>([&](auto done) {
    cluster.gateway(0).set_versioning(cluster.owner(), "bucket", Versioning::Enabled,
                                      std::move(done));
  }));
  const auto second = cluster.put(1, "v", noise(2, 20));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->versioning, Versioning::Enabled);
  const auto marker = cluster.remove(2, "v");
  ASSERT_TRUE(marker);
  EXPECT_TRUE(marker->is_delete_marker);
  EXPECT_EQ(cluster.get(0, "v").error().reason(), reason::no_such_key);
  ObjectRef ref = cluster.ref("v");
  ref.version = second->version;
  EXPECT_EQ(*cluster.get(3, ref), noise(2, 20));
  ref.version.reset();
  ref.wants_null_version = true;
  EXPECT_EQ(*cluster.get(3, ref), noise(1, 10));
  ListVersionsRequest request;
  request.caller = cluster.owner();
  request.bucket = "bucket";
  const auto versions = cluster.wait<ListVersionsResult>(
      [&](auto done) { cluster.gateway(1).list_versions(request, std::move(done)); });
  ASSERT_TRUE(versions);
  ASSERT_EQ(versions->versions.size(), 3U);
  EXPECT_TRUE(versions->versions[0].is_delete_marker);
  EXPECT_TRUE(versions->versions[0].is_latest);
  EXPECT_EQ(versions->versions[1].version, second->version);
  EXPECT_TRUE(versions->versions[2].is_null_version);
  ObjectRef marker_ref = cluster.ref("v");
  marker_ref.version = marker->version;
  EXPECT_EQ(cluster.get(0, marker_ref).error().reason(), reason::method_not_allowed);
  ASSERT_TRUE(cluster.wait<DeleteResult>(
      [&](auto done) { cluster.gateway(0).remove(marker_ref, std::move(done)); }));
  EXPECT_EQ(*cluster.get(0, "v"), noise(2, 20));
}

TEST(Gateway, ManySmallPutsShareGroupCommits_G1) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  std::size_t done_count = 0;
  for (int i = 0; i < 200; ++i) {
    cluster.gateway(0).put(
        cluster.put_request("k" + std::to_string(i)),
        [&, i](Result<std::unique_ptr<ObjectWriter>> writer) {
          ASSERT_TRUE(writer) << writer.error().to_string();
          auto shared = std::make_shared<std::unique_ptr<ObjectWriter>>(std::move(*writer));
          (*shared)->write(noise(static_cast<std::uint64_t>(i), 500),
                           [&, shared](Result<void> written) {
                             ASSERT_TRUE(written);
                             (*shared)->finish({}, [&, shared](auto put) {
                               ASSERT_TRUE(put) << put.error().to_string();
                               ++done_count;
                             });
                           });
        });
  }
  const std::uint64_t before = cluster.ledger().snapshot().height.value();
  ASSERT_TRUE(cluster.world().run_until_holds([&] { return done_count == 200; }, 20s));
  EXPECT_LT(cluster.ledger().snapshot().height.value() - before, 20U);
  EXPECT_EQ(cluster.view().segments({}, 100).size(), 1U);
  EXPECT_EQ(*cluster.get(2, "k77"), noise(77, 500));
  // The rested segment is sealed and coded, and reads the same.
  cluster.run(15s);
  const auto segments = cluster.view().segments({}, 100);
  ASSERT_EQ(segments.size(), 1U);
  EXPECT_EQ(segments[0].second.state, ledger::SegmentState::Sealed);
  EXPECT_EQ(segments[0].second.shards.size(), 4U);
  for (const std::uint64_t i : {0U, 99U, 199U}) {
    EXPECT_EQ(*cluster.get(1, "k" + std::to_string(i)), noise(i, 500));
  }
}

TEST(Gateway, CopySharesBytesAndOutlivesItsSource) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  const Bytes content = noise(4, 400'000);
  ASSERT_TRUE(cluster.put(0, "source", content));
  const std::size_t segments = cluster.view().segments({}, 100).size();
  CopyRequest request;
  request.source = cluster.ref("source");
  request.bucket = "bucket";
  request.name = "copy";
  request.headers = Headers{{"content-type", "text/plain"}};
  const auto copied = cluster.wait<PutResult>(
      [&](auto done) { cluster.gateway(1).copy(request, std::move(done)); });
  ASSERT_TRUE(copied) << copied.error().to_string();
  EXPECT_EQ(cluster.view().segments({}, 100).size(), segments);
  ASSERT_TRUE(cluster.remove(2, "source"));
  cluster.run(60s);
  EXPECT_EQ(*cluster.get(3, "copy"), content);
  // Asking for a checksum that the source lacks makes a real copy.
  request.source = cluster.ref("copy");
  request.name = "third";
  request.checksums = {crypto::Digest::Crc32c};
  const auto third = cluster.wait<PutResult>(
      [&](auto done) { cluster.gateway(1).copy(request, std::move(done)); });
  ASSERT_TRUE(third) << third.error().to_string();
  ASSERT_EQ(third->checksums.size(), 1U);
  EXPECT_EQ(*cluster.get(3, "third"), content);
}

TEST(Gateway, MultipartMakesOneObject) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  CreateUploadRequest create;
  create.caller = cluster.owner();
  create.bucket = "bucket";
  create.name = "parts";
  create.headers = {{"content-type", "x/y"}};
  create.checksum = crypto::Digest::Crc64Nvme;
  create.checksum_type = ChecksumType::FullObject;
  const auto upload = cluster.wait<UploadSummary>(
      [&](auto done) { cluster.gateway(0).create_upload(create, std::move(done)); });
  ASSERT_TRUE(upload) << upload.error().to_string();
  const UploadRef ref{cluster.owner(), "bucket", "parts", upload->id};
  Bytes whole;
  CompleteRequest complete;
  complete.upload = ref;
  for (const std::uint32_t number : {1U, 2U, 5U}) {
    const Bytes content = noise(number, number == 5 ? 1000 : 5 << 20);
    whole.insert(whole.end(), content.begin(), content.end());
    PartRequest part;
    part.upload = ref;
    part.number = number;
    auto writer = cluster.wait<std::unique_ptr<ObjectWriter>>(
        [&](auto done) { cluster.gateway(number % 4).put_part(part, std::move(done)); });
    ASSERT_TRUE(writer) << writer.error().to_string();
    const auto put = cluster.write_all(std::move(*writer), content, 1 << 20);
    ASSERT_TRUE(put) << put.error().to_string();
    complete.parts.push_back({number, put->etag, put->checksums});
  }
  const auto parts = cluster.wait<ListPartsResult>(
      [&](auto done) { cluster.gateway(1).list_parts({ref, 0, 1000}, std::move(done)); });
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->parts.size(), 3U);
  crypto::StreamDigest crc(crypto::Digest::Crc64Nvme);
  crc.update(whole);
  complete.expected = Checksum{crypto::Digest::Crc64Nvme, ChecksumType::FullObject, crc.finish()};
  const auto done = cluster.wait<PutResult>(
      [&](auto callback) { cluster.gateway(2).complete_upload(complete, std::move(callback)); });
  ASSERT_TRUE(done) << done.error().to_string();
  EXPECT_TRUE(done->etag.ends_with("-3"));
  EXPECT_EQ(*cluster.get(3, "parts"), whole);
  const auto meta = cluster.wait<ObjectMeta>(
      [&](auto callback) { cluster.gateway(3).head(cluster.ref("parts"), std::move(callback)); });
  ASSERT_TRUE(meta);
  EXPECT_EQ(meta->parts_count, 3U);
  EXPECT_EQ(meta->part_sizes, (std::vector<std::uint64_t>{5 << 20, 5 << 20, 1000}));
  EXPECT_EQ(meta->headers, create.headers);
}

TEST(Gateway, ChecksumsAndSizesAreEnforced) {
  Cluster cluster;
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  const auto begin = [&](PutRequest request) {
    return *cluster.wait<std::unique_ptr<ObjectWriter>>(
        [&](auto done) { cluster.gateway(0).put(std::move(request), std::move(done)); });
  };
  PutRequest request = cluster.put_request("x");
  request.size = 100;
  EXPECT_EQ(cluster.write_all(begin(request), noise(1, 99), 50).error().reason(),
            reason::body_too_short);
  EXPECT_EQ(cluster.write_all(begin(request), noise(1, 101), 50).error().reason(),
            reason::too_large);
  request.checksums = {crypto::Digest::Sha256};
  PutEnd end;
  end.expected = {{crypto::Digest::Sha256, ChecksumType::FullObject, Bytes(32)}};
  EXPECT_EQ(cluster.write_all(begin(request), noise(1, 100), 50, end).error().reason(),
            reason::checksum_mismatch);
  end.expected[0].value = to_bytes(crypto::sha256(noise(1, 100)).view());
  const auto put = cluster.write_all(begin(request), noise(1, 100), 50, end);
  ASSERT_TRUE(put) << put.error().to_string();
  EXPECT_EQ(put->checksums, end.expected);
}

Result<BucketKeySeals> seal_keys(Cluster& cluster, std::size_t via) {
  return cluster.wait<BucketKeySeals>(
      [&](auto done) { cluster.gateway(via).seal_bucket_keys("bucket", std::move(done)); });
}

TEST(Gateway, AGatewayGrantedLaterOpensTheBucketOnceItsKeyWasShared) {
  test::ClusterOptions options;
  options.granted = 3;
  constexpr std::size_t late = 3;
  Cluster cluster(options);
  ASSERT_TRUE(cluster.create_bucket(0, "bucket"));
  for (const std::size_t size : {10U, 90'000U}) {
    ASSERT_TRUE(cluster.put(0, "o" + std::to_string(size), noise(size, size)));
  }
  const NodeId id = cluster.keys(late).node_id();
  EXPECT_EQ(cluster.get(late, "o10").error().reason(), reason::not_allowed);
  const auto before = seal_keys(cluster, 0);
  ASSERT_TRUE(before);
  EXPECT_EQ(std::ranges::find(before->seals, id, &ledger::KeySeal::gateway), before->seals.end());

  ledger::GrantCreate grant;
  grant.gateway = crypto::account_of(cluster.keys(late).public_key());
  grant.operations = ledger::granted_operations_all;
  ASSERT_EQ(cluster.order(grant), ledger::Rejection::None);
  EXPECT_EQ(cluster.get(late, "o10").error().reason(), reason::not_allowed);
  EXPECT_EQ(seal_keys(cluster, late).error().reason(), reason::not_allowed);

  const auto keys = seal_keys(cluster, 1);
  ASSERT_TRUE(keys) << keys.error().to_string();
  EXPECT_EQ(keys->seals.size(), 4U);
  EXPECT_TRUE(std::ranges::is_sorted(keys->seals, {}, &ledger::KeySeal::gateway));
  EXPECT_EQ(keys->owner, cluster.owner().account);
  ASSERT_EQ(cluster.order(ledger::BucketSetKeys{keys->bucket, keys->epoch, keys->seals}),
            ledger::Rejection::None);
  cluster.run(1s);

  EXPECT_EQ(*cluster.get(late, "o10"), noise(10, 10));
  EXPECT_EQ(*cluster.get(late, "o90000"), noise(90'000, 90'000));
  EXPECT_EQ(names_of(*cluster.list(late)), names_of(*cluster.list(0)));
  ASSERT_TRUE(cluster.put(late, "late", noise(5, 500)));
  for (std::size_t via = 0; via < 4; ++via) EXPECT_EQ(*cluster.get(via, "late"), noise(5, 500));
  EXPECT_EQ(names_of(*cluster.list(2)), names_of(*cluster.list(late)));
}

TEST(Gateway, KeysOfNoBucketCannotBeShared) {
  Cluster cluster;
  EXPECT_EQ(seal_keys(cluster, 0).error().reason(), reason::no_such_bucket);
}

}  // namespace
}  // namespace oort::object
