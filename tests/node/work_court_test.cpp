// SPDX-License-Identifier: Apache-2.0
#include "work_court.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "honesty_town.hpp"
#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/blake3.hpp"
#include "oort/compute/builtin/run.hpp"
#include "oort/compute/messages.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/ledger/honesty_operations.hpp"

namespace oort::node::test {
namespace {

constexpr std::size_t accuser = 0;
constexpr std::size_t worker = 1;
const std::string uri = "s3://bucket/input";

/// A task over one object of two pieces, what comes of it, and the worker's receipt for `result`.
struct Case {
  explicit Case(Town& town) : town_(town) {
    Bytes input(input_piece_bytes + 1000, std::byte{7});
    input.front() = std::byte{1};
    compute::TaskEnvelope envelope;
    envelope.work.workload = {"blake3", 1};
    envelope.work.parameters = codec::to_bytes(compute::builtin::Blake3Parameters{});
    envelope.inputs.push_back({input.size(), crypto::tree_root(input), {}});
    compute::builtin::Task task{envelope.work.workload, envelope.work.parameters, {input}};
    truth = compute::builtin::output_digest(compute::builtin::run_to_end(std::move(task)).value());
    town.objects.objects[uri] = std::move(input);
    work.round = Epoch(town.view().state()->round);
    work.envelope = codec::to_bytes(envelope);
    work.inputs = {uri};
    inputs = compute::inputs_root(envelope.inputs);
  }
  [[nodiscard]] ledger::WorkReceipt receipt(const Bytes32& result) const {
    const Resident& node = town_.resident(worker);
    ledger::WorkReceipt receipt;
    receipt.chain = town_.chain();
    receipt.epoch = work.round;
    receipt.task_commitment = ledger::task_commitment(work.envelope);
    receipt.input_root = inputs;
    receipt.result_hash = result;
    receipt.executor = node.id();
    receipt.signature = node.keys().sign(ledger::sign_hash(receipt).view());
    return receipt;
  }
  Bytes32 truth;
  Bytes32 lie = crypto::blake3(as_bytes("a lie"));
  AccusedWork work;
  Bytes32 inputs;

 private:
  Town& town_;
};

std::size_t cases_about_work(Town& town) {
  std::size_t count = 0;
  for (const auto& one : town.view().cases(Bytes32(), 100)) {
    count += ledger::is_accusation(one.reveal) ? 1 : 0;
  }
  return count;
}

TEST(WorkCourt, WhoSignedAWrongResultIsConvicted_WC1) {
  Town town;
  town.run_to_round(4);
  town.run_blocks(3);
  const Case task(town);
  town.resident(accuser).driver().accuse(task.receipt(task.lie), task.truth, task.work);
  town.run_to_round(6);
  const auto proven = town.verdicts(worker);
  ASSERT_EQ(proven.size(), 1U);
  EXPECT_EQ(proven.front().offence, ledger::Offence::WrongResult);
  EXPECT_TRUE(town.verdicts(accuser).empty());
}

TEST(WorkCourt, WhoAccusesFalselyPaysForIt_WC1) {
  Town town;
  town.run_to_round(4);
  town.run_blocks(3);
  const Case task(town);
  town.resident(accuser).driver().accuse(task.receipt(task.truth), task.lie, task.work);
  town.run_to_round(6);
  EXPECT_TRUE(town.verdicts(worker).empty());
  const auto proven = town.verdicts(accuser);
  ASSERT_EQ(proven.size(), 1U);
  EXPECT_EQ(proven.front().offence, ledger::Offence::FalseAccusation);
}

TEST(WorkCourt, WhatIsNotWhatWasSignedForConvictsNobody_WC1) {
  for (const bool is_task : {true, false}) {
    Town town;
    town.run_to_round(4);
    town.run_blocks(3);
    Case task(town);
    const auto receipt = task.receipt(task.lie);
    if (is_task) task.work.envelope.back() ^= std::byte{1};
    if (!is_task) town.objects.objects[uri].back() ^= std::byte{1};
    town.resident(accuser).driver().accuse(receipt, task.truth, task.work);
    town.run_to_round(7);
    EXPECT_EQ(cases_about_work(town), 1U);
    for (std::size_t i = 0; i < 8; ++i) EXPECT_TRUE(town.verdicts(i).empty()) << i;
  }
}

TEST(WorkCourt, AnAccuserThatRestartsShowsTheWorkAllTheSame_WC3_D6) {
  Town town;
  town.run_to_round(4);
  town.run_blocks(3);
  const Case task(town);
  town.resident(accuser).driver().accuse(task.receipt(task.lie), task.truth, task.work);
  town.run_blocks(2);
  ASSERT_EQ(cases_about_work(town), 1U);
  town.resident(accuser).restart();
  town.run_to_round(6);
  EXPECT_EQ(town.verdicts(worker).size(), 1U);
}

TEST(WorkCourt, NothingIsShownBeforeTheCase_WC2) {
  Town town;
  town.run_to_round(4);
  const Case task(town);
  const auto made =
      ledger::accusation_of(town.resident(accuser).id(), task.receipt(task.lie), task.truth);
  const Bytes32 fault = ledger::case_id_of(made);
  WorkCourt& court = town.resident(accuser).court();
  court.keep(fault, task.work, [](const Result<void>& kept) { EXPECT_TRUE(kept.has_value()); });
  town.world().run_for(std::chrono::milliseconds(10));
  EXPECT_FALSE(court.show_task(fault.view()).has_value());
  bool is_shown = true;
  court.show_input(codec::to_bytes(InputOfWork{fault, 0, 0}),
                   [&](const Result<Bytes>& shown) { is_shown = shown.has_value(); });
  EXPECT_FALSE(is_shown);
}

TEST(WorkCourt, WhatIsKeptHasOneLayoutWhichIsFrozen_WC3) {
  const AccusedWork work{Epoch(3), to_bytes("envelope"), AccountId(), Bytes32(), {uri}};
  const Bytes bytes = codec::to_bytes(work);
  EXPECT_EQ(codec::from_bytes<AccusedWork>(bytes).value(), work);
  EXPECT_EQ(crypto::blake3(bytes).short_hex(), "161dd520");
  const Bytes ask = codec::to_bytes(InputOfWork{Bytes32(), 2, 5});
  EXPECT_EQ(codec::from_bytes<InputOfWork>(ask).value(), (InputOfWork{Bytes32(), 2, 5}));
  EXPECT_EQ(crypto::blake3(ask).short_hex(), "1604cd85");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(codec::from_bytes<AccusedWork>(ByteView(bytes).first(size)));
  }
}

}  // namespace
}  // namespace oort::node::test
