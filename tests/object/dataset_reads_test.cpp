// SPDX-License-Identifier: Apache-2.0
#include "dataset_reads.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "cluster.hpp"
#include "oort/core/reasons.hpp"
#include "oort/ledger/dataset_records.hpp"

namespace oort::object {
namespace {

using test::Cluster;
using test::ClusterOptions;
using test::id_of;
using test::noise;

const DatasetId signs = id_of<DatasetId>(0xab);
const std::string prefix = "datasets/" + signs.hex() + "/";

ClusterOptions with_datasets() {
  ClusterOptions options;
  options.has_datasets = true;
  return options;
}

/// A dataset of the owner, stored beside other things, which the stranger wants.
class Shop {
 public:
  explicit Shop(const ClusterOptions& options = with_datasets()) : cluster(options) {
    EXPECT_TRUE(cluster.create_bucket(0, "bucket"));
    for (const std::string& name :
         {prefix + "manifest.json", prefix + "files/a", prefix + "files/b"}) {
      EXPECT_TRUE(cluster.put(0, name, content)) << name;
    }
    ledger::DatasetSeal seal;
    seal.root = signs;
    seal.name = "signs";
    seal.version = {1, 0, 0};
    seal.manifest = seal.card = seal.samples = id_of<Bytes32>(1);
    seal.samples_count = 1;
    seal.licence = "CC-BY-4.0";
    seal.not_before = id_of<BlockId>(1);
    EXPECT_EQ(cluster.order(seal), ledger::Rejection::None);
  }

  void offer(ledger::DatasetAccess access, std::uint64_t grant_ms = 0) {
    const Oort price = access == ledger::DatasetAccess::Sold ? Oort(1) : Oort();
    EXPECT_EQ(cluster.order(ledger::DatasetOffer{signs, access, price, grant_ms}),
              ledger::Rejection::None);
  }
  ledger::Rejection ask(ledger::Operation operation) {
    return cluster.order_as(cluster.stranger(), std::move(operation));
  }
  void open() {
    EXPECT_EQ(ask(ledger::DatasetRequest{signs, Oort(1)}), ledger::Rejection::None);
    EXPECT_EQ(ask(ledger::DatasetOpen{signs}), ledger::Rejection::None);
  }
  Caller stranger() const {
    Caller caller;
    caller.account = crypto::account_of(cluster.stranger().public_key());
    return caller;
  }
  ObjectRef ref(const std::string& name, const Caller& caller) const {
    ObjectRef ref = cluster.ref(name);
    ref.caller = caller;
    return ref;
  }
  ObjectRef ref(const std::string& name) const { return ref(name, stranger()); }
  Result<Bytes> get(const std::string& name) { return cluster.get(1, ref(name)); }
  Result<ListResult> list(const std::string& under, ListRequest request = {}) {
    request.caller = stranger();
    request.bucket = "bucket";
    request.prefix = under;
    return cluster.wait<ListResult>(
        [&](auto done) { cluster.gateway(1).list(request, std::move(done)); });
  }
  /// What the gateway says to who reads a file of the dataset; empty: it gives the bytes.
  std::string refusal(const Caller& caller, std::size_t via = 1) {
    const auto got = cluster.get(via, ref(prefix + "files/a", caller));
    if (got) {
      EXPECT_EQ(*got, content);
      return "";
    }
    EXPECT_EQ(got.error().reason(), reason::not_allowed) << got.error().to_string();
    return got.error().detail();
  }
  std::string refusal() { return refusal(stranger()); }

  /// Why the call failed; a call that succeeds fails the test.
  template <class T, class Begin>
  std::string_view denied(Begin begin) {
    const auto result = cluster.wait<T>(begin);
    EXPECT_FALSE(result);
    return result ? std::string_view() : result.error().reason();
  }

  Cluster cluster;
  Bytes content = noise(7, 300'000);
};

TEST(DatasetReads, KnowADatasetsObjectsByTheirNames) {
  EXPECT_EQ(dataset_of(prefix + "manifest.json"), signs);
  EXPECT_EQ(dataset_of(prefix), signs);
  const std::string digits = signs.hex();
  std::string upper = digits;
  for (char& c : upper) c = c == 'a' ? 'A' : c;
  for (const std::string& name :
       {std::string(), std::string("datasets/"), "datasets/" + digits, "models/" + digits + "/x",
        "/datasets/" + digits + "/x", "datasets//" + digits + "/x", "datasets/" + upper + "/x",
        "datasets/" + digits.substr(1) + "/x", "datasets/" + digits + "0/x",
        "datasets/" + std::string(64, 'g') + "/x"}) {
    EXPECT_FALSE(dataset_of(name)) << name;
  }
}

TEST(DatasetReads, WhoHasADatasetOpenReadsAndListsIt_G6) {
  Shop shop;
  EXPECT_NE(shop.refusal().find("dataset request " + signs.hex()), std::string::npos);
  EXPECT_EQ(shop.list(prefix).error().reason(), reason::not_allowed);
  shop.offer(ledger::DatasetAccess::Sold);
  EXPECT_EQ(shop.ask(ledger::DatasetRequest{signs, Oort(1)}), ledger::Rejection::None);
  // A grant is not enough: no use was counted yet.
  const std::string closed = shop.refusal();
  EXPECT_EQ(closed.find("dataset request"), std::string::npos) << closed;
  EXPECT_NE(closed.find("dataset open " + signs.hex()), std::string::npos) << closed;
  EXPECT_EQ(shop.ask(ledger::DatasetOpen{signs}), ledger::Rejection::None);
  // Through every gateway of the owner, whatever the reader has granted.
  for (std::size_t via = 0; via < 4; ++via) EXPECT_EQ(shop.refusal(shop.stranger(), via), "");
  const auto part = shop.cluster.get(2, shop.ref(prefix + "files/b"), ByteRange{99'999, 1'000});
  ASSERT_TRUE(part) << part.error().to_string();
  EXPECT_EQ(*part, to_bytes(ByteView(shop.content).subspan(99'999, 1'000)));
  const auto meta = shop.cluster.wait<ObjectMeta>([&](auto done) {
    shop.cluster.gateway(3).head(shop.ref(prefix + "manifest.json"), std::move(done));
  });
  ASSERT_TRUE(meta) << meta.error().to_string();
  EXPECT_EQ(meta->size, shop.content.size());
  EXPECT_EQ(shop.get(prefix + "files/c").error().reason(), reason::no_such_key);
  const auto all = shop.list(prefix);
  ASSERT_TRUE(all) << all.error().to_string();
  EXPECT_EQ(all->objects.size(), 3U);
  ListRequest folded;
  folded.delimiter = "/";
  const auto top = shop.list(prefix, folded);
  ASSERT_TRUE(top) << top.error().to_string();
  EXPECT_EQ(top->common_prefixes, std::vector<std::string>{prefix + "files/"});
  EXPECT_EQ(shop.list(prefix + "files/")->objects.size(), 2U);
}

TEST(DatasetReads, AnOpenDatasetShowsNothingBesideIt_G6) {
  Shop shop;
  const std::string other = "datasets/" + id_of<DatasetId>(0xac).hex() + "/";
  for (const std::string& name : {std::string("private"), "datasets/" + signs.hex(), other + "x",
                                  "datasets/" + signs.hex() + "0/x"}) {
    ASSERT_TRUE(shop.cluster.put(0, name, shop.content)) << name;
  }
  shop.offer(ledger::DatasetAccess::Open);
  shop.open();
  ASSERT_EQ(shop.refusal(), "");
  for (const std::string& name :
       {std::string("private"), "datasets/" + signs.hex(), other + "x",
        "datasets/" + signs.hex() + "0/x", "datasets/" + signs.hex() + "/../../private"}) {
    const auto got = shop.get(name);
    ASSERT_FALSE(got) << name;
    const bool is_below = name.starts_with(prefix);
    EXPECT_EQ(got.error().reason(), is_below ? reason::no_such_key : reason::not_allowed) << name;
  }
  for (const std::string& under :
       {std::string(), std::string("datasets/"), "datasets/" + signs.hex(), other}) {
    EXPECT_EQ(shop.list(under).error().reason(), reason::not_allowed) << under;
  }
  // From outside the prefix on is from its beginning; beyond it there is nothing.
  ListRequest from;
  from.after = "a";
  EXPECT_EQ(shop.list(prefix, from)->objects.size(), 3U);
  from.after = "z";
  EXPECT_TRUE(shop.list(prefix, from)->objects.empty());
}

TEST(DatasetReads, AVersionByItsIdIsTheOwners_G6) {
  Shop shop;
  Caller owner = shop.cluster.owner();
  const auto enabled = shop.cluster.wait<void>([&](auto done) {
    shop.cluster.gateway(0).set_versioning(owner, "bucket", Versioning::Enabled, std::move(done));
  });
  ASSERT_TRUE(enabled) << enabled.error().to_string();
  const auto old = shop.cluster.put(0, prefix + "files/c", noise(8, 100));
  ASSERT_TRUE(old) << old.error().to_string();
  ASSERT_TRUE(shop.cluster.put(0, prefix + "files/c", noise(9, 100)));
  shop.offer(ledger::DatasetAccess::Open);
  shop.open();
  EXPECT_EQ(*shop.get(prefix + "files/c"), noise(9, 100));
  ObjectRef ref = shop.ref(prefix + "files/c");
  ref.version = old->version;
  EXPECT_EQ(shop.cluster.get(1, ref).error().reason(), reason::not_allowed);
  ref.caller = owner;
  EXPECT_EQ(*shop.cluster.get(1, ref), noise(8, 100));
  ObjectRef null = shop.ref(prefix + "files/a");
  null.wants_null_version = true;
  EXPECT_EQ(shop.cluster.get(1, null).error().reason(), reason::not_allowed);
  ListVersionsRequest versions;
  versions.caller = shop.stranger();
  versions.bucket = "bucket";
  versions.prefix = prefix;
  EXPECT_EQ(shop.denied<ListVersionsResult>([&](auto done) {
    shop.cluster.gateway(1).list_versions(versions, std::move(done));
  }),
            reason::not_allowed);
  // What the owner takes away is gone, though its versions are kept.
  ASSERT_TRUE(shop.cluster.remove(0, prefix + "files/c"));
  EXPECT_EQ(shop.get(prefix + "files/c").error().reason(), reason::no_such_key);
}

TEST(DatasetReads, AnOpenDatasetIsNotWrittenNorCopied_G6) {
  Shop shop;
  shop.offer(ledger::DatasetAccess::Open);
  shop.open();
  ASSERT_EQ(shop.refusal(), "");
  Gateway& gateway = shop.cluster.gateway(1);
  const auto forbidden = reason::not_allowed;
  const std::string name = prefix + "files/a";
  PutRequest put = shop.cluster.put_request(name);
  put.caller = shop.stranger();
  EXPECT_EQ(shop.denied<std::unique_ptr<ObjectWriter>>(
                [&](auto done) { gateway.put(put, std::move(done)); }),
            forbidden);
  EXPECT_EQ(shop.denied<DeleteResult>(
                [&](auto done) { gateway.remove(shop.ref(name), std::move(done)); }),
            forbidden);
  EXPECT_EQ(shop.denied<void>([&](auto done) {
    gateway.set_tags(shop.ref(name), {{"a", "b"}}, std::move(done));
  }),
            forbidden);
  CreateUploadRequest upload;
  upload.caller = shop.stranger();
  upload.bucket = "bucket";
  upload.name = prefix + "files/d";
  EXPECT_EQ(shop.denied<UploadSummary>(
                [&](auto done) { gateway.create_upload(upload, std::move(done)); }),
            forbidden);
  ListUploadsRequest uploads;
  uploads.caller = shop.stranger();
  uploads.bucket = "bucket";
  uploads.prefix = prefix;
  EXPECT_EQ(shop.denied<ListUploadsResult>(
                [&](auto done) { gateway.list_uploads(uploads, std::move(done)); }),
            forbidden);
  EXPECT_EQ(shop.denied<BucketSummary>([&](auto done) {
    gateway.head_bucket(shop.stranger(), "bucket", std::move(done));
  }),
            forbidden);
  EXPECT_EQ(shop.denied<void>([&](auto done) {
    gateway.delete_bucket(shop.stranger(), "bucket", std::move(done));
  }),
            forbidden);
  ASSERT_EQ(shop.refusal(), "");
}

/// A copy shares the ciphertext of its source, and outlives it: that is more than reading.
TEST(DatasetReads, AnOpenDatasetIsNoSourceOfCopies_G6) {
  Shop shop;
  shop.offer(ledger::DatasetAccess::Open);
  // A gateway's own account needs no grant to have a bucket there.
  const crypto::KeyPair& reader = shop.cluster.keys(1);
  Caller caller;
  caller.account = crypto::account_of(reader.public_key());
  EXPECT_EQ(shop.cluster.order_as(reader, ledger::DatasetRequest{signs, {}}),
            ledger::Rejection::None);
  EXPECT_EQ(shop.cluster.order_as(reader, ledger::DatasetOpen{signs}), ledger::Rejection::None);
  Gateway& gateway = shop.cluster.gateway(1);
  ASSERT_TRUE(shop.cluster.wait<BucketSummary>(
      [&](auto done) { gateway.create_bucket(caller, "copies", std::move(done)); }));
  ASSERT_EQ(shop.refusal(caller), "");
  CopyRequest copy;
  copy.source = shop.ref(prefix + "files/a", caller);
  copy.bucket = "copies";
  copy.name = "a";
  EXPECT_EQ(shop.denied<PutResult>([&](auto done) { gateway.copy(copy, std::move(done)); }),
            reason::not_allowed);
  CreateUploadRequest create;
  create.caller = caller;
  create.bucket = "copies";
  create.name = "parts";
  const auto upload = shop.cluster.wait<UploadSummary>(
      [&](auto done) { gateway.create_upload(create, std::move(done)); });
  ASSERT_TRUE(upload) << upload.error().to_string();
  CopyPartRequest part;
  part.upload = {caller, "copies", "parts", upload->id};
  part.number = 1;
  part.source = copy.source;
  EXPECT_EQ(shop.denied<PartMeta>([&](auto done) { gateway.copy_part(part, std::move(done)); }),
            reason::not_allowed);
  // Nor is a bucket read that has the dataset's names and another owner.
  PutRequest put;
  put.caller = caller;
  put.bucket = "copies";
  put.name = prefix + "files/a";
  ASSERT_TRUE(shop.cluster.put(1, put, shop.content));
  shop.open();
  ObjectRef foreign = shop.ref(put.name);
  foreign.bucket = "copies";
  EXPECT_EQ(shop.cluster.get(1, foreign).error().reason(), reason::not_allowed);
}

TEST(DatasetReads, AnOpeningEndsAtOnce_G6) {
  Shop shop;
  shop.offer(ledger::DatasetAccess::Open, 60'000);
  shop.open();
  EXPECT_EQ(shop.refusal(), "");
  // By itself, with its grant.
  shop.cluster.run(std::chrono::seconds(61));
  EXPECT_NE(shop.refusal().find("dataset request"), std::string::npos);
  // By the owner's word.
  shop.open();
  EXPECT_EQ(shop.refusal(), "");
  const AccountId reader = shop.stranger().account;
  Caller other;
  other.account = id_of<AccountId>(9);
  EXPECT_EQ(shop.cluster.order(ledger::DatasetDecide{signs, reader, false, 0}),
            ledger::Rejection::None);
  EXPECT_NE(shop.refusal().find("dataset request"), std::string::npos);
  EXPECT_EQ(shop.cluster.order(ledger::DatasetDecide{signs, reader, true, 0}),
            ledger::Rejection::None);
  EXPECT_NE(shop.refusal().find("dataset open"), std::string::npos);
  EXPECT_EQ(shop.ask(ledger::DatasetOpen{signs}), ledger::Rejection::None);
  EXPECT_EQ(shop.refusal(), "");
  // What is not seen is not denied before a quorum has spoken; what was seen is served.
  shop.cluster.ledger().answers_barriers = false;
  EXPECT_EQ(shop.refusal(), "");
  EXPECT_EQ(shop.cluster.get(1, shop.ref(prefix + "files/a", other)).error().reason(),
            reason::no_quorum);
  shop.cluster.ledger().answers_barriers = true;
  EXPECT_EQ(shop.cluster.get(1, shop.ref(prefix + "files/a", other)).error().reason(),
            reason::not_allowed);
  // With its dataset.
  EXPECT_EQ(shop.cluster.order(ledger::DatasetTakeDown{signs, id_of<Bytes32>(1)}),
            ledger::Rejection::None);
  EXPECT_NE(shop.refusal().find("was taken down"), std::string::npos);
  EXPECT_EQ(shop.list(prefix).error().reason(), reason::not_allowed);
  EXPECT_EQ(*shop.cluster.get(1, prefix + "files/a"), shop.content);
}

TEST(DatasetReads, AnAccessKeyReadsNoMoreThanItIsFor_G6) {
  Shop shop;
  shop.offer(ledger::DatasetAccess::Open);
  shop.open();
  const BucketId bucket = shop.cluster.view().bucket(std::string_view("bucket"))->id;
  ASSERT_TRUE(shop.cluster.create_bucket(0, "other"));
  const BucketId other = shop.cluster.view().bucket(std::string_view("other"))->id;
  constexpr auto all = ledger::granted_operations_all;
  constexpr auto reads = static_cast<std::uint32_t>(ledger::GrantedOperation::ReadObject);
  const std::uint64_t now = shop.cluster.ledger().snapshot().time_ms;
  struct Case {
    ledger::AccessKeyCreate key;
    std::string refusal;
  };
  for (Case& one : std::vector<Case>{
           {{"KEY-all", {}, {}, all, 0}, ""},
           {{"KEY-reads", {}, {}, reads, 0}, ""},
           {{"KEY-here", {}, {bucket}, all, 0}, ""},
           {{"KEY-elsewhere", {}, {other}, all, 0}, "the access key does not cover this bucket"},
           {{"KEY-writes", {}, {}, all & ~reads, 0},
            "the access key does not cover this operation"},
           {{"KEY-past", {}, {}, all, now}, "the access key has expired"}}) {
    EXPECT_EQ(shop.ask(one.key), ledger::Rejection::None) << one.key.id;
    Caller caller = shop.stranger();
    caller.access_key_id = one.key.id;
    EXPECT_EQ(shop.refusal(caller), one.refusal) << one.key.id;
  }
  Caller scoped = shop.stranger();
  scoped.bucket_scope = "other";
  EXPECT_EQ(shop.refusal(scoped), "the access key does not cover this bucket");
  // A key of another account opens nothing that this one has open.
  Caller usurper = shop.stranger();
  usurper.account = id_of<AccountId>(9);
  usurper.access_key_id = "KEY-all";
  EXPECT_NE(shop.refusal(usurper), "");
}

TEST(DatasetReads, AGatewayWithoutTheOwnersGrantServesNothing_G6) {
  ClusterOptions options = with_datasets();
  options.granted = 1;
  Shop shop(options);
  shop.offer(ledger::DatasetAccess::Open);
  shop.open();
  std::size_t served = 0;
  for (std::size_t via = 0; via < 4; ++via) {
    if (shop.refusal(shop.stranger(), via).empty()) ++served;
  }
  EXPECT_EQ(served, 1U);
  // A grant that ended is none, though the gateway has the bucket's key.
  EXPECT_EQ(shop.cluster.order(ledger::GrantRevoke{ledger::GrantId(1)}), ledger::Rejection::None);
  EXPECT_EQ(shop.refusal(shop.stranger(), 0),
            "the owner has not granted this operation to this gateway");
}

}  // namespace
}  // namespace oort::object
