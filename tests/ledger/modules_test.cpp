// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "kit.hpp"

namespace oort::ledger::test {
namespace {

constexpr auto put_bit = static_cast<std::uint32_t>(GrantedOperation::PutObject);

Bytes32 digest() { return body_digest_of(as_bytes("body")); }

/// A bucket with an upload under way; the segment is the owner's.
struct Upload {
  TestLedger ledger;
  BucketId bucket = ledger.make_bucket("photos");
  SegmentId segment = ledger.store_segment(ledger.owner, 1);
  UploadId id = create();

  UploadId create() {
    const auto done = ledger.run(
        ledger.owner, MultipartCreate{bucket, name_hash("big"), {}, digest(), {}}, "body");
    EXPECT_EQ(done.rejection, Rejection::None);
    return find_event<MultipartChanged>(done)->upload;
  }
  MultipartPart part_of(std::uint16_t number) const {
    return {bucket, name_hash("big"), id, number, 90, digest(), {extent_of(segment)}, {}};
  }
  Rejection part(const MultipartPart& operation) {
    return ledger.send(ledger.owner, operation, operation.body_digest.is_zero() ? "" : "body");
  }
  MultipartComplete complete_of(std::vector<std::uint16_t> parts) const {
    return {bucket, name_hash("big"), id, std::move(parts), digest(), {}, {}};
  }
  Rejection complete(const MultipartComplete& operation) {
    return ledger.send(ledger.owner, operation, operation.body_digest.is_zero() ? "" : "body");
  }
};

TEST(Multipart, MakesOneVersionOfTheChosenParts_L7) {
  Upload upload;
  for (const std::uint16_t number : std::vector<std::uint16_t>{3, 1, 2}) {
    EXPECT_EQ(upload.part(upload.part_of(number)), Rejection::None);
  }
  EXPECT_EQ(upload.part(upload.part_of(2)), Rejection::None);
  EXPECT_EQ(upload.ledger.view().upload(upload.bucket, name_hash("big"), upload.id)->parts_count,
            3U);
  EXPECT_EQ(upload.ledger.view().parts(upload.bucket, upload.id, 2, 10).size(), 2U);
  EXPECT_EQ(upload.ledger.view().part_body(upload.bucket, upload.id, 2), to_bytes("body"));
  EXPECT_EQ(upload.ledger.view().segment(upload.segment)->references, 3U);
  EXPECT_EQ(upload.complete(upload.complete_of({1, 3})), Rejection::None);
  const auto object = upload.ledger.view().newest(upload.bucket, name_hash("big"));
  ASSERT_TRUE(object);
  EXPECT_EQ(object->size, 180U);
  EXPECT_EQ(object->sealed_size, 200U);
  EXPECT_EQ(object->extents.size(), 2U);
  EXPECT_EQ(object->tolerance, 2);
  EXPECT_EQ(upload.ledger.view().segment(upload.segment)->references, 2U);
  EXPECT_FALSE(upload.ledger.view().upload(upload.bucket, name_hash("big"), upload.id));
  EXPECT_FALSE(upload.ledger.view().part_body(upload.bucket, upload.id, 2));
  EXPECT_TRUE(upload.ledger.view().parts(upload.bucket, upload.id, 0, 10).empty());
}

TEST(Multipart, IsRefusedForEachReason) {
  Upload upload;
  MultipartCreate create{upload.bucket, name_hash("big"), {}, {}, {}};
  EXPECT_EQ(upload.ledger.send(upload.ledger.owner, create), Rejection::BodyMissing);
  create.body_digest = digest();
  create.storage_class = StorageClass::Glacier;
  EXPECT_EQ(upload.ledger.send(upload.ledger.owner, create, "body"), Rejection::ClassUnknown);

  const auto with = [&](auto change) {
    MultipartPart operation = upload.part_of(1);
    change(operation);
    return upload.part(operation);
  };
  EXPECT_EQ(with([](auto& o) { o.upload = {}; }), Rejection::UploadUnknown);
  EXPECT_EQ(with([](auto& o) { o.name_hash = name_hash("other"); }), Rejection::UploadUnknown);
  EXPECT_EQ(with([](auto& o) { o.number = 0; }), Rejection::PartNumberInvalid);
  EXPECT_EQ(with([](auto& o) { o.number = 10'001; }), Rejection::PartNumberInvalid);
  EXPECT_EQ(with([](auto& o) { o.body_digest = {}; }), Rejection::BodyMissing);
  EXPECT_EQ(with([](auto& o) { o.size = 101; }), Rejection::SizeInvalid);
  EXPECT_EQ(with([](auto& o) { o.extents[0].offset = 950; }), Rejection::ExtentInvalid);
  EXPECT_EQ(with([](auto&) {}), Rejection::None);

  EXPECT_EQ(upload.complete(upload.complete_of({})), Rejection::PartNumberInvalid);
  EXPECT_EQ(upload.complete(upload.complete_of({1, 1})), Rejection::PartNumberInvalid);
  EXPECT_EQ(upload.complete(upload.complete_of({1, 2})), Rejection::PartUnknown);
  MultipartComplete complete = upload.complete_of({1});
  complete.body_digest = {};
  EXPECT_EQ(upload.complete(complete), Rejection::BodyMissing);
  complete = upload.complete_of({1});
  complete.precondition.kind = Precondition::Kind::Present;
  EXPECT_EQ(upload.complete(complete), Rejection::PreconditionFailed);
  complete = upload.complete_of({1});
  complete.upload = {};
  EXPECT_EQ(upload.complete(complete), Rejection::UploadUnknown);
  EXPECT_EQ(upload.ledger.send(upload.ledger.owner,
                               MultipartAbort{upload.bucket, name_hash("big"), {}, {}}),
            Rejection::UploadUnknown);
}

TEST(Multipart, AnObjectHasABoundedNumberOfExtents) {
  TrustingVerifier trusting;
  TestLedger ledger(small_genesis(), trusting);
  const BucketId bucket = ledger.make_bucket("photos");
  const SegmentId segment = ledger.store_segment(ledger.owner, 1, 20'000);
  const auto done =
      ledger.run(ledger.owner, MultipartCreate{bucket, name_hash("big"), {}, digest(), {}}, "body");
  const UploadId id = find_event<MultipartChanged>(done)->upload;
  for (const std::uint16_t number : std::vector<std::uint16_t>{1, 2}) {
    MultipartPart part{bucket, name_hash("big"), id, number, 0, digest(), {}, {}};
    for (std::uint64_t i = 0; i < 5'001; ++i) part.extents.push_back(extent_of(segment, i, 1));
    ASSERT_EQ(ledger.send(ledger.owner, part, "body"), Rejection::None);
  }
  EXPECT_EQ(ledger.send(ledger.owner,
                        MultipartComplete{bucket, name_hash("big"), id, {1, 2}, digest(), {}, {}},
                        "body"),
            Rejection::TooManyExtents);
}

TEST(Multipart, AbortLetsGo_L7) {
  Upload upload;
  ASSERT_EQ(upload.part(upload.part_of(1)), Rejection::None);
  EXPECT_EQ(upload.ledger.send(upload.ledger.owner,
                               MultipartAbort{upload.bucket, name_hash("big"), upload.id, {}}),
            Rejection::None);
  EXPECT_FALSE(upload.ledger.view().segment(upload.segment));
  EXPECT_EQ(upload.ledger.view().bucket(upload.bucket)->uploads_count, 0U);
}

TEST(Grant, LetsAGatewayActWithinIt_L5) {
  TestLedger ledger;
  const crypto::KeyPair gateway = TestLedger::node(1);
  const BucketId bucket = ledger.make_bucket("photos");
  const BucketId other = ledger.make_bucket("other");
  const SegmentId segment = ledger.store_segment(gateway, 1);
  GrantCreate create{account_of(gateway), {bucket}, put_bit, 250, Oort(250), ledger.time_ms + 1000};
  const auto done = ledger.run(ledger.owner, create);
  const GrantId grant = find_event<GrantChanged>(done)->grant;
  EXPECT_EQ(ledger.view().grants_to(account_of(gateway), 10).size(), 1U);
  EXPECT_EQ(ledger.view().grants_of(account_of(ledger.owner), 10).size(), 1U);

  ObjectCommit commit = commit_of(bucket, "a", segment);
  EXPECT_EQ(ledger.send(gateway, commit, "body"), Rejection::NotPermitted);
  commit.authority.grant = GrantId(77);
  EXPECT_EQ(ledger.send(gateway, commit, "body"), Rejection::GrantUnknown);
  commit.authority.grant = grant;
  EXPECT_EQ(ledger.send(ledger.stranger, commit, "body"), Rejection::GrantNotYours);
  EXPECT_EQ(ledger.send(gateway, commit, "body"), Rejection::None);
  EXPECT_EQ(ledger.view().grant(grant)->bytes_used, 100U);
  EXPECT_EQ(ledger.view().grant(grant)->spend_used, Oort(100));

  commit.bucket = other;
  EXPECT_EQ(ledger.send(gateway, commit, "body"), Rejection::GrantBucketDenied);
  commit.bucket = bucket;
  ObjectDelete removal;
  removal.bucket = bucket;
  removal.name_hash = name_hash("a");
  removal.authority.grant = grant;
  EXPECT_EQ(ledger.send(gateway, removal), Rejection::GrantOperationDenied);
  EXPECT_EQ(
      ledger.send(gateway, BucketCreate{account_of(ledger.owner), "new", {}, {}, {grant, {}}}),
      Rejection::GrantOperationDenied);

  // A rejected operation uses nothing up.
  ObjectCommit bad = commit;
  bad.extents[0].offset = 999;
  EXPECT_EQ(ledger.send(gateway, bad, "body"), Rejection::ExtentInvalid);
  EXPECT_EQ(ledger.view().grant(grant)->bytes_used, 100U);
  EXPECT_EQ(ledger.send(gateway, commit, "body"), Rejection::None);
  EXPECT_EQ(ledger.send(gateway, commit, "body"), Rejection::GrantBytesExceeded);
  commit.extents.clear();
  commit.size = 0;
  EXPECT_EQ(ledger.send(gateway, commit, "body"), Rejection::GrantSpendExceeded);

  ledger.time_ms += 1000;
  EXPECT_EQ(ledger.send(gateway, commit, "body"), Rejection::GrantExpired);
  EXPECT_EQ(ledger.send(ledger.stranger, GrantRevoke{grant}), Rejection::GrantNotYours);
  EXPECT_EQ(ledger.send(ledger.owner, GrantRevoke{grant}), Rejection::None);
  EXPECT_EQ(ledger.send(ledger.owner, GrantRevoke{grant}), Rejection::GrantUnknown);
  EXPECT_EQ(ledger.send(gateway, commit, "body"), Rejection::GrantUnknown);
  EXPECT_TRUE(ledger.view().grants_to(account_of(gateway), 10).empty());
}

TEST(Grant, ForAllBucketsCoversNewOnes_L5) {
  TestLedger ledger;
  const crypto::KeyPair gateway = TestLedger::node(1);
  const GrantId grant = ledger.grant_to(gateway, granted_operations_all);
  const Authority authority{grant, {}};
  EXPECT_EQ(ledger.send(gateway, BucketCreate{account_of(ledger.owner), "new", {}, {}, authority}),
            Rejection::None);
  const BucketId bucket = *ledger.view().bucket_id("new");
  EXPECT_EQ(ledger.view().bucket(bucket)->owner, account_of(ledger.owner));
  EXPECT_EQ(ledger.send(gateway, BucketSetVersioning{bucket, Versioning::Enabled, authority}),
            Rejection::None);
  // Keys and the undo window stay the owner's alone.
  EXPECT_EQ(ledger.send(gateway, BucketSetKeys{bucket, 2, {}}), Rejection::OwnerOnly);
  const SegmentId segment = ledger.store_segment(gateway, 1);
  const auto version = ledger.put(gateway, bucket, "a", segment, authority);
  ObjectDelete removal;
  removal.bucket = bucket;
  removal.name_hash = name_hash("a");
  removal.target = ObjectDelete::Target::Version;
  removal.version = version;
  removal.authority = authority;
  EXPECT_EQ(ledger.send(gateway, removal), Rejection::None);
  EXPECT_EQ(ledger.send(gateway, ObjectRestore{{bucket, name_hash("a"), version}}),
            Rejection::OwnerOnly);
  EXPECT_EQ(ledger.send(ledger.owner, ObjectRestore{{bucket, name_hash("a"), version}}),
            Rejection::None);
  EXPECT_EQ(ledger.send(gateway, BucketDelete{bucket, authority}), Rejection::BucketNotEmpty);
}

TEST(Grant, ImpossibleOnesAreRefused) {
  TestLedger ledger;
  const auto with = [&](auto change) {
    GrantCreate operation{account_of(ledger.stranger), {}, put_bit, 0, Oort(), 0};
    change(operation);
    return ledger.send(ledger.owner, operation);
  };
  EXPECT_EQ(with([](auto& o) { o.operations = 0; }), Rejection::GrantInvalid);
  EXPECT_EQ(with([](auto& o) { o.operations = 64; }), Rejection::GrantInvalid);
  EXPECT_EQ(with([](auto& o) { o.buckets = {BucketId(2), BucketId(1)}; }), Rejection::GrantInvalid);
  EXPECT_EQ(with([&](auto& o) { o.gateway = account_of(ledger.owner); }), Rejection::GrantInvalid);
  EXPECT_EQ(with([](auto&) {}), Rejection::None);
}

TEST(AccessKey, IsMadeAndDeletedByItsOwner) {
  TestLedger ledger;
  const auto with = [&](auto change) {
    AccessKeyCreate operation{"OORT0123", {}, {}, granted_operations_all, 0};
    change(operation);
    return ledger.send(ledger.owner, operation);
  };
  EXPECT_EQ(with([](auto& o) { o.id = "ab"; }), Rejection::AccessKeyInvalid);
  EXPECT_EQ(with([](auto& o) { o.id = "a/b"; }), Rejection::AccessKeyInvalid);
  EXPECT_EQ(with([](auto& o) { o.operations = 64; }), Rejection::AccessKeyInvalid);
  EXPECT_EQ(with([](auto& o) { o.buckets = {BucketId(1), BucketId(1)}; }),
            Rejection::AccessKeyInvalid);
  EXPECT_EQ(with([](auto&) {}), Rejection::None);
  EXPECT_EQ(with([](auto&) {}), Rejection::AccessKeyExists);
  EXPECT_EQ(ledger.view().access_key("OORT0123")->owner, account_of(ledger.owner));
  EXPECT_EQ(ledger.view().access_keys_of(account_of(ledger.owner), 10).size(), 1U);
  EXPECT_EQ(ledger.send(ledger.stranger, AccessKeyDelete{"OORT0123"}),
            Rejection::AccessKeyNotYours);
  EXPECT_EQ(ledger.send(ledger.owner, AccessKeyDelete{"OORT0123"}), Rejection::None);
  EXPECT_EQ(ledger.send(ledger.owner, AccessKeyDelete{"OORT0123"}), Rejection::AccessKeyUnknown);
}

TEST(Nodes, RegisterWithTheNodesConsent) {
  TestLedger ledger;
  const crypto::KeyPair node = keys_of(6);
  NodeRegister operation{
      node.node_id(), 1, {{EndpointKind::Peer, "10.0.0.6", 20006}}, "eu", 1, 1, 5, {}};
  EXPECT_EQ(ledger.send(ledger.owner, operation), Rejection::NodeConsentInvalid);
  operation.consent = node.sign(
      node_consent_hash(ledger.chain(), account_of(ledger.stranger), operation.node).view());
  EXPECT_EQ(ledger.send(ledger.owner, operation), Rejection::NodeConsentInvalid);
  operation.consent =
      node.sign(node_consent_hash(ledger.chain(), account_of(ledger.owner), operation.node).view());
  NodeRegister bad = operation;
  bad.roles = 8;
  EXPECT_EQ(ledger.send(ledger.owner, bad), Rejection::NodeFieldInvalid);
  bad = operation;
  bad.endpoints[0].port = 0;
  EXPECT_EQ(ledger.send(ledger.owner, bad), Rejection::NodeFieldInvalid);
  EXPECT_EQ(ledger.send(ledger.owner, operation), Rejection::None);
  EXPECT_EQ(ledger.send(ledger.owner, operation), Rejection::NodeExists);
  EXPECT_EQ(ledger.view().node_of(account_of(node)), node.node_id());
  EXPECT_EQ(ledger.view().nodes(NodeId(), 100).size(), 6U);

  NodeUpdate update{node.node_id(), NodeStatus::Draining, operation.endpoints, 9};
  EXPECT_EQ(ledger.send(ledger.stranger, update), Rejection::NodeNotYours);
  EXPECT_EQ(ledger.send(ledger.owner, update), Rejection::None);
  EXPECT_EQ(ledger.view().node(node.node_id())->capacity, 9U);
  update.status = NodeStatus::Faulty;
  EXPECT_EQ(ledger.send(ledger.owner, update), Rejection::NodeFieldInvalid);
  update.node = keys_of(99).node_id();
  EXPECT_EQ(ledger.send(ledger.owner, update), Rejection::NodeUnknown);
  // A node speaks for itself too.
  EXPECT_EQ(ledger.send(TestLedger::node(1),
                        NodeUpdate{TestLedger::node(1).node_id(), NodeStatus::Draining, {}, 1}),
            Rejection::None);
}

TEST(Nodes, AFaultyOneGetsNothingAndDoesNotLeave) {
  TestLedger ledger;
  const crypto::KeyPair node = TestLedger::node(1);
  ledger.set_status(node.node_id(), NodeStatus::Faulty);
  EXPECT_EQ(ledger.send(node, NodeUpdate{node.node_id(), NodeStatus::Active, {}, 1}),
            Rejection::NodeFaulty);
  EXPECT_EQ(ledger.send(node, ShardReplace{}), Rejection::NotPermitted);
  EXPECT_EQ(ledger.send(ledger.owner, ledger.store_operation(ledger.owner, 1)),
            Rejection::ShardNodeUnusable);
}

/// A proof that the fake judge takes against node `number` in `view`.
EvidenceSubmit evidence_of(std::uint8_t number, std::uint8_t view) {
  EvidenceSubmit operation{to_bytes(TestLedger::node(number).node_id().view())};
  operation.proof.push_back(static_cast<std::byte>(view));
  return operation;
}

TEST(Evidence, IsRecordedOnceAndChangesNothingElse) {
  TestLedger ledger;
  ledger.consensus_view = oort::View(9);
  const NodeId offender = TestLedger::node(1).node_id();
  const EvidenceSubmit operation = evidence_of(1, 5);
  EXPECT_EQ(ledger.send(ledger.owner, EvidenceSubmit{to_bytes("x")}), Rejection::EvidenceInvalid);
  const auto done = ledger.run(ledger.stranger, operation);
  EXPECT_EQ(done.rejection, Rejection::None);
  const auto record = ledger.view().evidence(find_event<EvidenceAccepted>(done)->id);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->offender, offender);
  EXPECT_EQ(record->kind, 7);
  EXPECT_EQ(record->reporter, account_of(ledger.stranger));
  EXPECT_EQ(record->height, ledger.height());
  EXPECT_EQ(ledger.view().node(offender)->status, NodeStatus::Active);
  EXPECT_EQ(ledger.send(ledger.owner, operation), Rejection::EvidenceKnown);

  const Machine blind(ledger.chain(), ed25519_verifier());
  const Transaction again = ledger.make(ledger.owner, {{evidence_of(2, 5), {}}});
  EXPECT_EQ(blind.execute(ledger.next_context(), {&again, 1}, ledger.state())
                .receipts[0]
                .operations[0]
                .rejection,
            Rejection::EvidenceInvalid);
}

TEST(Evidence, IsListedByFaultInPages) {
  TestLedger ledger;
  ledger.consensus_view = oort::View(9);
  EXPECT_TRUE(ledger.view().faults({}, 10).empty()) << "records of other modules are no faults";
  std::vector<Bytes32> known;
  for (std::uint8_t view = 1; view <= 5; ++view) {
    const auto done = ledger.run(ledger.stranger, evidence_of(1, view));
    known.push_back(find_event<EvidenceAccepted>(done)->id);
  }
  std::ranges::sort(known);

  const auto ids = [&](const Bytes32& from, std::size_t count_max) {
    std::vector<Bytes32> found;
    for (const Evidence& fault : ledger.view().faults(from, count_max)) found.push_back(fault.id);
    return found;
  };
  EXPECT_EQ(ids({}, 10), known);
  EXPECT_EQ(ids({}, 2), std::vector(known.begin(), known.begin() + 2));
  EXPECT_EQ(ids(known[2], 10), std::vector(known.begin() + 2, known.end()));
  EXPECT_TRUE(ids({}, 0).empty());
}

TEST(Evidence, CountsWithinItsWindowOnly) {
  TestLedger ledger;
  ledger.consensus_view = oort::View(5);
  EXPECT_EQ(ledger.send(ledger.owner, evidence_of(1, 6)), Rejection::EvidenceOutsideWindow)
      << "a view that the block has not reached";
  EXPECT_EQ(ledger.send(ledger.owner, evidence_of(1, 5)), Rejection::None);
  ledger.consensus_view = oort::View(7 + evidence_views_max);
  EXPECT_EQ(ledger.send(ledger.owner, evidence_of(1, 6)), Rejection::EvidenceOutsideWindow);
  EXPECT_EQ(ledger.send(ledger.owner, evidence_of(1, 7)), Rejection::None);
}

TEST(Evidence, IsFreeWhereAllOfItIsAccepted) {
  TestLedger ledger;
  ledger.consensus_view = oort::View(100);
  const AccountId owner = account_of(ledger.owner);
  const Oort before = ledger.view().account(owner).balance;
  const Transaction good =
      ledger.make(ledger.owner, {{evidence_of(1, 1), {}}, {evidence_of(2, 1), {}}});
  ledger.block({good});
  EXPECT_EQ(ledger.last().receipts.at(0).fee, Oort());
  EXPECT_EQ(ledger.view().account(owner).balance, before);
  ledger.block({good});
  EXPECT_EQ(ledger.last().receipts.at(0).rejection, Rejection::WrongSequence) << "it ran once";
  ledger.block({ledger.make(ledger.owner, {{evidence_of(1, 1), {}}, {evidence_of(3, 1), {}}})});
  EXPECT_GT(ledger.last().receipts.at(0).fee, Oort()) << "one of them is known";
  ledger.block({ledger.make(ledger.owner, {{evidence_of(4, 1), {}},
                                           {Transfer{account_of(ledger.stranger), Oort(1)}, {}}})});
  EXPECT_GT(ledger.last().receipts.at(0).fee, Oort()) << "other work rides along";
}

TEST(Evidence, ABlockJudgesSoManyProofs) {
  TestLedger ledger;
  ledger.consensus_view = oort::View(200);
  std::vector<SubmittedOperation> operations;
  for (std::uint32_t i = 0; i <= evidence_per_block_max; ++i) {
    operations.push_back({evidence_of(1, static_cast<std::uint8_t>(i)), {}});
  }
  ledger.block({ledger.make(ledger.owner, operations),
                ledger.make(ledger.stranger, {{evidence_of(2, 1), {}}})});
  const auto& receipts = ledger.last().receipts;
  for (std::uint32_t i = 0; i < evidence_per_block_max; ++i) {
    EXPECT_EQ(receipts.at(0).operations.at(i).rejection, Rejection::None);
  }
  EXPECT_EQ(receipts.at(0).operations.back().rejection, Rejection::EvidenceTooMany);
  EXPECT_EQ(receipts.at(1).operations.at(0).rejection, Rejection::EvidenceTooMany);
  EXPECT_EQ(ledger.send(ledger.stranger, evidence_of(2, 1)), Rejection::None) << "the next does";
}

TEST(Params, ChangeAtAHeightByTheGovernor) {
  TestLedger ledger;
  ParamsChange operation{ledger.view().params(), Height(10)};
  operation.params.fee_operation = Oort(5);
  EXPECT_EQ(ledger.send(ledger.owner, operation), Rejection::GovernorOnly);
  ParamsChange bad = operation;
  bad.params.classes[0].tolerance = 4;
  EXPECT_EQ(ledger.send(ledger.governor, bad), Rejection::ParamsInvalid);
  bad = operation;
  bad.from = Height(1);
  EXPECT_EQ(ledger.send(ledger.governor, bad), Rejection::ParamsTooEarly);
  EXPECT_EQ(ledger.send(ledger.governor, operation), Rejection::None);
  while (ledger.height() < Height(9)) ledger.pass(1);
  EXPECT_EQ(ledger.view().params().fee_operation, Oort(100));
  ledger.pass(1);
  EXPECT_EQ(ledger.view().params(), operation.params);
  EXPECT_EQ(std::get<ParamsChanged>(ledger.last().block_events.at(0)),
            (ParamsChanged{Height(10), true}));
}

TEST(Beacon, FoldsEveryBlockAndFixesASeedPerEpoch) {
  TestLedger ledger;
  const Bytes32 genesis = ledger.view().beacon()->value;
  ledger.pass(1);
  const Bytes32 one = ledger.view().beacon()->value;
  EXPECT_NE(genesis, one);
  ledger.epoch = Epoch(1);
  ledger.pass(1);
  EXPECT_EQ(ledger.view().epoch_seed(Epoch(1))->value, one);
  ledger.pass(1);
  EXPECT_EQ(ledger.view().epoch_seed(Epoch(1))->value, one);
  EXPECT_EQ(ledger.view().epoch_seed(Epoch())->value, genesis);
}

}  // namespace
}  // namespace oort::ledger::test
