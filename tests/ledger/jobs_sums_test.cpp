// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "jobs_kit.hpp"
#include "oort/codec/codec.hpp"
#include "oort/ledger/jobs_spec.hpp"

namespace oort::ledger::test {
namespace {

const JobId job_id = job_id_of(AccountId(), 1);

std::vector<ExecutorTotal> totals_of(std::uint64_t count) {
  BrokerBook book{job_id, {}};
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto number = static_cast<std::uint8_t>(i + 1);
    for (std::uint64_t leases = 0; leases <= i % 3; ++leases) {
      book.work(node_id(number), Units(100 + i));
    }
  }
  return book.totals;
}

TEST(JobSums, EveryLeafIsProvenAndNothingElse_JS1_JS2) {
  for (std::uint64_t count = 1; count <= 17; ++count) {
    const auto totals = totals_of(count);
    const SumRoot root = sum_root(job_id, totals).value();
    JobTotals sum;
    for (std::size_t i = 0; i < totals.size(); ++i) {
      sum = sum_of(sum, totals[i].totals).value();
      const SumProof proof = sum_prove(job_id, totals, i);
      EXPECT_TRUE(sum_verify(job_id, root, proof, totals[i])) << count << ' ' << i;
      EXPECT_FALSE(sum_verify(JobId(), root, proof, totals[i]));
      ExecutorTotal more = totals[i];
      more.totals.pay = Units(more.totals.pay.units() + 1);
      EXPECT_FALSE(sum_verify(job_id, root, proof, more));
      SumProof moved = proof;
      moved.index = (proof.index + 1) % (count + 1);
      EXPECT_FALSE(sum_verify(job_id, root, moved, totals[i]));
      SumProof longer = proof;
      longer.siblings.push_back(root);
      EXPECT_FALSE(sum_verify(job_id, root, longer, totals[i]));
      if (proof.siblings.empty()) continue;
      SumProof light = proof;
      light.siblings[0].totals.pay = Units();
      EXPECT_FALSE(sum_verify(job_id, root, light, totals[i])) << "sums are a part of the hashes";
    }
    EXPECT_EQ(sum, root.totals);
  }
}

TEST(JobSums, OverflowHasNoRootAndAnEmptyListHasOne_JS2) {
  EXPECT_EQ(sum_root(job_id, {}), SumRoot{});
  auto totals = totals_of(2);
  totals[0].totals.pay = Units(~Uint128{0});
  EXPECT_FALSE(sum_root(job_id, totals).has_value());
  SumProof proof{0, 2, {SumRoot{{}, {0, 0, Units(~Uint128{0})}}}};
  EXPECT_FALSE(sum_verify(job_id, SumRoot{}, proof, totals[1]));
}

TEST(JobSums, IdsRootsAndSignedBytesAreFrozen_JS1) {
  EXPECT_EQ(job_id.hex().substr(0, 16), "303af95535adaaa1");
  EXPECT_EQ(sum_root(job_id, totals_of(3))->hash.hex().substr(0, 16), "8c9fc97e9e7ac238");
  EXPECT_EQ(sign_hash(Voucher()).hex().substr(0, 16), "58aae64d9439dcbe");
  EXPECT_EQ(lease_line_hash(LeaseLine()).hex().substr(0, 16), "e6855d5fe51098a1");
  EXPECT_EQ(job_spec_hash(as_bytes("spec")).hex().substr(0, 16), "06a811299f0f924c");
  std::vector<NodeId> candidates;
  for (std::uint8_t i = 1; i <= 5; ++i) candidates.push_back(node_id(i));
  EXPECT_EQ(rendezvous_brokers(job_id, candidates, 3).at(0).hex().substr(0, 16),
            "ca93ac1705187071");
}

TEST(Brokers, AreTheSameForEveryOrderOfCandidates) {
  std::vector<NodeId> candidates;
  for (std::uint8_t i = 1; i <= 9; ++i) candidates.push_back(node_id(i));
  const auto brokers = rendezvous_brokers(job_id, candidates, 3);
  EXPECT_EQ(brokers.size(), 3U);
  candidates.insert(candidates.begin(), candidates.back());
  EXPECT_EQ(rendezvous_brokers(job_id, candidates, 3), brokers);
  std::erase(candidates, brokers[0]);
  EXPECT_EQ(rendezvous_brokers(job_id, candidates, 2),
            (std::vector<NodeId>{brokers[1], brokers[2]}))
      << "whoever leaves changes nothing for the others";
}

JobSpec small_spec() {
  JobSpec spec;
  spec.name = "hash";
  spec.work = BuiltinWork{"blake3", 1, {}};
  spec.any_of = {JobAlternative{.gpu_models = {}, .cpu_milli = 1'000, .architecture = {}}};
  spec.walltime_ms = 1'000;
  return spec;
}

TEST(JobSpecification, IsRefusedForEachReason) {
  EXPECT_TRUE(check_spec(small_spec()).has_value());
  const auto is_refused = [](auto change) {
    JobSpec spec = small_spec();
    change(spec);
    return !check_spec(spec).has_value();
  };
  EXPECT_TRUE(is_refused([](JobSpec& s) { s.work = BuiltinWork{}; }));
  EXPECT_TRUE(is_refused([](JobSpec& s) { s.work = ContainerWork{"http://x/y", {}, {}, {}}; }));
  EXPECT_TRUE(is_refused([](JobSpec& s) { s.work = WasmWork{"s3://bucket/", {}, {}}; }));
  EXPECT_TRUE(is_refused([](JobSpec& s) { s.inputs = {{"s3:///name", 0, {}, {}}}; }));
  EXPECT_TRUE(is_refused([](JobSpec& s) { s.outputs = {{"s3://b/a", {}}, {"s3://b/b", {}}}; }));
  EXPECT_TRUE(is_refused([](JobSpec& s) { s.any_of.clear(); }));
  EXPECT_TRUE(is_refused([](JobSpec& s) { s.any_of[0].cpu_milli = 0; }));
  EXPECT_TRUE(is_refused([](JobSpec& s) { s.any_of[0].gpu_milli = 1'001; }));
  EXPECT_TRUE(is_refused([](JobSpec& s) { s.gang_max = 2; }));
  EXPECT_TRUE(is_refused([](JobSpec& s) { s.array_count = 0; }));
  EXPECT_TRUE(is_refused([](JobSpec& s) { s.walltime_ms = 0; }));
  EXPECT_TRUE(is_refused([](JobSpec& s) { s.confidence = 1'000'001; }));
  EXPECT_TRUE(is_refused([](JobSpec& s) { s.bid_per_hour = 1; }));
  EXPECT_TRUE(is_refused([](JobSpec& s) { s.tier_min = 5; }));
}

}  // namespace
}  // namespace oort::ledger::test
