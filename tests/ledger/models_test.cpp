// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "datahub_kit.hpp"

namespace oort::ledger::test {
namespace {

/// A dataset of `owner`; node 1, of operator 11, trains on it by its own account.
struct Workshop {
  Workshop() : ledger(datahub_genesis()) {
    EXPECT_EQ(ledger.send(ledger.owner, seal_of("signs")), Rejection::None);
    EXPECT_EQ(
        ledger.send(ledger.owner, DatasetOffer{dataset_named("signs"), DatasetAccess::Open, {}, 0}),
        Rejection::None);
    EXPECT_EQ(trainer(DatasetRequest{dataset_named("signs"), {}}), Rejection::None);
  }
  Rejection trainer(const Operation& operation) {
    return ledger.send(TestLedger::node(1), operation);
  }
  Rejection node(std::uint8_t number, const Operation& operation) {
    return ledger.send(TestLedger::node(number), operation);
  }
  static TrainingBegin begin() {
    TrainingBegin begin;
    begin.id = digest("start");
    begin.terms.trainer = TestLedger::node(1).node_id();
    begin.terms.datasets = {dataset_named("signs")};
    begin.terms.recipe = digest("recipe");
    begin.terms.code = digest("code");
    begin.terms.environment = digest("image");
    begin.terms.not_before = BlockId(digest("block").array());
    return begin;
  }
  static TrainingRecord record() {
    return {digest("start"), model_named("net"), digest("statement")};
  }
  static TrainingAttest attest(std::uint8_t number, TrainingGrade grade) {
    return {digest("start"), TestLedger::node(number).node_id(), model_named("net"), grade};
  }
  static ModelRegister model() {
    return {model_named("net"), "net", {1, 0, 0}, digest("card"), "Apache-2.0", digest("start")};
  }
  Training training() const { return *DataHubView(ledger.state()).training(digest("start")); }
  TestLedger ledger;
};

TEST(Models, AreOffWithoutTheirGenesis) {
  TestLedger ledger;
  EXPECT_EQ(ledger.send(ledger.owner, Workshop::begin()), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(ledger.owner, Workshop::record()), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(ledger.owner, Workshop::attest(2, TrainingGrade::Witnessed)),
            Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(ledger.owner, Workshop::model()), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(ledger.owner, ModelDeploy{}), Rejection::ModuleOff);
  GenesisParams genesis = datahub_genesis();
  std::erase_if(genesis.modules,
                [](const GenesisModule& module) { return module.module == Module::Datasets; });
  EXPECT_EQ(check_genesis(genesis).error().reason(), "BAD_ARGUMENT");
}

TEST(Models, AStartIsRefusedForEachReason_H1) {
  Workshop shop;
  const auto refused = [&](auto change) {
    TrainingBegin begin = Workshop::begin();
    change(begin);
    return shop.trainer(begin);
  };
  const auto field = Rejection::TrainingFieldInvalid;
  EXPECT_EQ(refused([](TrainingBegin& begin) { begin.id = {}; }), field);
  EXPECT_EQ(refused([](TrainingBegin& begin) { begin.terms.datasets.clear(); }), field);
  EXPECT_EQ(refused([](TrainingBegin& begin) {
              begin.terms.datasets.push_back(begin.terms.datasets.front());
            }),
            field);
  EXPECT_EQ(refused([](TrainingBegin& begin) { begin.terms.recipe = {}; }), field);
  EXPECT_EQ(refused([](TrainingBegin& begin) { begin.terms.code = {}; }), field);
  EXPECT_EQ(refused([](TrainingBegin& begin) { begin.terms.not_before = {}; }), field);
  EXPECT_EQ(refused([](TrainingBegin& begin) { begin.terms.trainer = {}; }),
            Rejection::NodeUnknown);
  EXPECT_EQ(
      refused([](TrainingBegin& begin) { begin.terms.trainer = TestLedger::node(2).node_id(); }),
      Rejection::NodeNotYours);
  EXPECT_EQ(refused([](TrainingBegin& begin) { begin.terms.base = model_named("none"); }),
            Rejection::ModelUnknown);
  EXPECT_EQ(refused([](TrainingBegin& begin) { begin.terms.datasets = {dataset_named("none")}; }),
            Rejection::DatasetUnknown);
  EXPECT_EQ(refused([](TrainingBegin&) {}), Rejection::None);
  EXPECT_EQ(refused([](TrainingBegin&) {}), Rejection::TrainingExists);
  EXPECT_EQ(DataHubView(shop.ledger.state()).dataset(dataset_named("signs"))->uses_count, 1U);
  // Another node has no grant.
  TrainingBegin foreign = Workshop::begin();
  foreign.id = digest("foreign");
  foreign.terms.trainer = TestLedger::node(2).node_id();
  EXPECT_EQ(shop.node(2, foreign), Rejection::DatasetGrantMissing);
}

TEST(Models, WhatCameOutIsRecordedOnceAndLater_H2) {
  Workshop shop;
  EXPECT_EQ(shop.trainer(Workshop::record()), Rejection::TrainingUnknown);
  const auto both =
      shop.ledger.make(TestLedger::node(1), {{Workshop::begin(), {}}, {Workshop::record(), {}}});
  shop.ledger.block({both});
  EXPECT_EQ(shop.ledger.last().receipts.at(0).operations.at(1).rejection,
            Rejection::TrainingTooEarly);
  EXPECT_EQ(shop.node(2, Workshop::record()), Rejection::TrainingNotYours);
  TrainingRecord nothing = Workshop::record();
  nothing.model = {};
  EXPECT_EQ(shop.trainer(nothing), Rejection::TrainingFieldInvalid);
  ASSERT_EQ(shop.trainer(Workshop::record()), Rejection::None);
  EXPECT_EQ(shop.trainer(Workshop::record()), Rejection::TrainingOver);
  EXPECT_EQ(shop.training().grade, TrainingGrade::Claimed);
  EXPECT_LT(shop.training().started, shop.training().result->height);
}

TEST(Models, ATrainingMayNotTakeForEver_H2) {
  Workshop shop;
  ASSERT_EQ(shop.trainer(Workshop::begin()), Rejection::None);
  shop.ledger.time_ms += ModelsParams{}.training_ms_max + 1;
  EXPECT_EQ(shop.trainer(Workshop::record()), Rejection::TrainingLate);
}

TEST(Models, NobodyRaisesTheGradeOfItsOwnWork_H3) {
  Workshop shop;
  const auto invalid = Rejection::AttestInvalid;
  const auto witnessed = TrainingGrade::Witnessed;
  const auto replayed = TrainingGrade::Replayed;
  EXPECT_EQ(shop.node(2, Workshop::attest(2, witnessed)), Rejection::TrainingUnknown);
  ASSERT_EQ(shop.trainer(Workshop::begin()), Rejection::None);
  EXPECT_EQ(shop.node(2, Workshop::attest(2, witnessed)), invalid) << "nothing came out yet";
  ASSERT_EQ(shop.trainer(Workshop::record()), Rejection::None);
  EXPECT_EQ(shop.trainer(Workshop::attest(1, witnessed)), invalid);
  EXPECT_EQ(shop.node(3, Workshop::attest(2, witnessed)), Rejection::NodeNotYours);
  EXPECT_EQ(shop.node(2, Workshop::attest(2, replayed)), invalid) << "nobody witnessed it";
  TrainingAttest other = Workshop::attest(2, witnessed);
  other.model = model_named("other");
  EXPECT_EQ(shop.node(2, other), invalid);
  shop.ledger.set_status(TestLedger::node(2).node_id(), NodeStatus::Faulty);
  EXPECT_EQ(shop.node(2, Workshop::attest(2, witnessed)), invalid);
  shop.ledger.set_status(TestLedger::node(2).node_id(), NodeStatus::Active);
  ASSERT_EQ(shop.node(2, Workshop::attest(2, witnessed)), Rejection::None);
  EXPECT_EQ(shop.node(3, Workshop::attest(3, witnessed)), invalid) << "it was witnessed";
  EXPECT_EQ(shop.node(2, Workshop::attest(2, replayed)), invalid) << "by the witness itself";
  ASSERT_EQ(shop.node(3, Workshop::attest(3, replayed)), Rejection::None);
  EXPECT_EQ(shop.node(4, Workshop::attest(4, replayed)), invalid);
  EXPECT_EQ(shop.training().grade, replayed);
  EXPECT_EQ(shop.training().witness, TestLedger::node(2).node_id());
  EXPECT_EQ(shop.training().replayer, TestLedger::node(3).node_id());
}

TEST(Models, AModelIsWhatItsTrainingCameTo_H4) {
  Workshop shop;
  EXPECT_EQ(shop.trainer(Workshop::model()), Rejection::TrainingUnknown);
  ASSERT_EQ(shop.trainer(Workshop::begin()), Rejection::None);
  EXPECT_EQ(shop.trainer(Workshop::model()), Rejection::ModelFieldInvalid);
  ASSERT_EQ(shop.trainer(Workshop::record()), Rejection::None);
  EXPECT_EQ(shop.node(2, Workshop::model()), Rejection::TrainingNotYours);
  ModelRegister other = Workshop::model();
  other.root = model_named("other");
  EXPECT_EQ(shop.trainer(other), Rejection::ModelFieldInvalid);
  other.training = {};
  other.name = "No";
  EXPECT_EQ(shop.trainer(other), Rejection::ModelFieldInvalid);
  ASSERT_EQ(shop.trainer(Workshop::model()), Rejection::None);
  EXPECT_EQ(shop.trainer(Workshop::model()), Rejection::ModelExists);
  other.name = "net";
  EXPECT_EQ(shop.trainer(other), Rejection::ModelVersionStale);
  other.version = {1, 1, 0};
  ASSERT_EQ(shop.trainer(other), Rejection::None);
  EXPECT_EQ(DataHubView(shop.ledger.state()).model(other.root)->previous, model_named("net"));
}

TEST(Models, StandOnNodesWhoseOwnersSaySo_H5) {
  Workshop shop;
  ModelRegister free = Workshop::model();
  free.training = {};
  const ModelId net = model_named("net");
  const NodeId node = TestLedger::node(2).node_id();
  EXPECT_EQ(shop.node(2, ModelDeploy{net, node, false}), Rejection::ModelUnknown);
  ASSERT_EQ(shop.trainer(free), Rejection::None);
  EXPECT_EQ(shop.node(2, ModelDeploy{net, {}, false}), Rejection::NodeUnknown);
  EXPECT_EQ(shop.node(3, ModelDeploy{net, node, false}), Rejection::NodeNotYours);
  EXPECT_EQ(shop.node(2, ModelDeploy{net, node, true}), Rejection::DeploymentUnknown);
  ASSERT_EQ(shop.node(2, ModelDeploy{net, node, false}), Rejection::None);
  EXPECT_EQ(shop.node(2, ModelDeploy{net, node, false}), Rejection::DeploymentKnown);
  EXPECT_EQ(DataHubView(shop.ledger.state()).model(net)->deployments_count, 1U);
  ASSERT_EQ(shop.node(2, ModelDeploy{net, node, true}), Rejection::None);
  EXPECT_EQ(shop.node(2, ModelDeploy{net, node, true}), Rejection::DeploymentUnknown);
  EXPECT_EQ(DataHubView(shop.ledger.state()).model(net)->deployments_count, 0U);
  const auto deployments = DataHubView(shop.ledger.state()).deployments(net, {}, 10);
  ASSERT_EQ(deployments.size(), 1U);
  EXPECT_NE(deployments.front().removed_ms, 0U);
}

}  // namespace
}  // namespace oort::ledger::test
