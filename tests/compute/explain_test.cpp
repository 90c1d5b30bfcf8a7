// SPDX-License-Identifier: Apache-2.0
// Explanations against the plain rules, on random nodes.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "builders.hpp"
#include "rules.hpp"
#include "stream.hpp"

namespace oort::compute::test {
namespace {

/// A full cluster of which nothing is reserved.
Stream full_cluster(std::uint64_t seed) {
  Mix mix;
  mix.nodes = 12;
  Options options;
  options.reservations_max = 0;
  options.preemptions_per_tick_max = 0;
  Stream stream(seed, mix, options);
  stream.run(60);
  return stream;
}

Request question(Stream& stream) {
  Request asked = stream.draw_request();
  asked.job = job(1'000'000);
  asked.any_of.resize(1);
  asked.depends_on.clear();
  asked.start_by.reset();
  asked.finish_by.reset();
  asked.spread = Spread::None;
  return asked;
}

/// Whether the node is usable where a constraint on devices, of which one hides the next, is gone.
bool suffices(const Request& asked, Constraint constraint, const WatchedNode& node,
              const Stream& stream) {
  Alternative need = asked.any_of[0];
  if (constraint == Constraint::GpuModel) need.gpu_models.clear();
  if (constraint == Constraint::GpuMemory) need.gpu_memory_mib_min = 0;
  if (constraint == Constraint::Interconnect) need.same_interconnect = false;
  if (constraint == Constraint::GpuCount) need.gpu_count = 1;
  const bool is_of_devices =
      constraint >= Constraint::GpuModel && constraint <= Constraint::Interconnect;
  if (!is_of_devices) return true;
  return failed_rules(asked, need, node, stream.now()).empty();
}

TEST(Explain, CountsEachNodeOnceAndWhatFailsAlone_E1_E2) {
  std::size_t removed = 0;
  for (std::uint64_t seed = 1; seed <= 20 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Stream stream = full_cluster(seed);
    for (int i = 0; i < 40; ++i) {
      const Request asked = question(stream);
      const Explanation got = stream.scheduler().plan(asked);
      std::array<std::size_t, constraints_count> first{};
      std::array<std::size_t, constraints_count> alone{};
      std::size_t usable = 0;
      for (const auto& [id, node] : stream.watcher().nodes()) {
        const auto failed = failed_rules(asked, asked.any_of[0], node, stream.now());
        usable += failed.empty() ? 1 : 0;
        if (failed.empty()) continue;
        ++removed;
        ++first[static_cast<std::size_t>(*failed.begin())];
        const bool is_alone = failed.size() == 1 && suffices(asked, *failed.begin(), node, stream);
        if (is_alone) ++alone[static_cast<std::size_t>(*failed.begin())];
      }
      EXPECT_EQ(got.nodes, stream.watcher().nodes().size());
      EXPECT_EQ(got.usable, usable);
      EXPECT_EQ(got.removed, first);
      EXPECT_EQ(got.alone, alone);
    }
  }
  EXPECT_GT(removed, 2'000U);
}

/// The request with what the relaxation says given up; false where that is no field's value.
bool relax(Request& request, const Relaxation& relaxation) {
  Alternative& need = request.any_of[0];
  const auto have = static_cast<std::uint32_t>(relaxation.have);
  switch (relaxation.constraint) {
    case Constraint::Region: request.placement.regions.clear(); return true;
    case Constraint::Operator:
      request.placement.exclude_operators.clear();
      request.placement.only_operators.clear();
      return true;
    case Constraint::ExcludedNode: request.placement.exclude_nodes.clear(); return true;
    case Constraint::Isolation: request.tier_min = IsolationTier::Wasm; return true;
    case Constraint::DataClass: request.data_class = DataClass::Public; return true;
    case Constraint::Credibility: request.placement.credibility_ppb_min = have; return true;
    case Constraint::Architecture: need.architecture.reset(); return true;
    case Constraint::Network: need.network_mbps_min = have; return true;
    case Constraint::GpuModel: need.gpu_models.clear(); return true;
    case Constraint::GpuMemory: need.gpu_memory_mib_min = have; return true;
    case Constraint::Interconnect: need.same_interconnect = false; return true;
    case Constraint::Price:
      if (request.price_per_hour_max > 0) request.price_per_hour_max = relaxation.want;
      request.bid_per_hour = relaxation.want;
      return true;
    case Constraint::Cpu: need.cpu_milli = have; return true;
    case Constraint::Memory: need.memory_mib = have; return true;
    case Constraint::Disk: need.disk_mib = have; return true;
    case Constraint::Risk: request.risk = relaxation.have; return true;
    case Constraint::GpuCount:
    case Constraint::Gpu:
      if (need.gpu_milli < gpu_whole && have > 0) {
        need.gpu_milli = static_cast<std::uint16_t>(have);
      } else {
        need.gpu_count = static_cast<std::uint16_t>(have);
        need.gpu_milli = gpu_whole;
      }
      return true;
    case Constraint::Availability:
    case Constraint::Spread:
    case Constraint::NodeBackOff:
    case Constraint::Reserved: return false;
  }
  return false;
}

TEST(Explain, TheRelaxationMakesItsNodeUsable_E3) {
  std::set<Constraint> seen;
  for (std::uint64_t seed = 30; seed < 60 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Stream stream = full_cluster(seed);
    for (int i = 0; i < 40; ++i) {
      Request asked = question(stream);
      const auto relaxation = stream.scheduler().plan(asked).relaxation;
      if (!relaxation || !relax(asked, *relaxation)) continue;
      SCOPED_TRACE(to_text(relaxation->constraint));
      seen.insert(relaxation->constraint);
      const WatchedNode& node = stream.watcher().nodes().at(relaxation->node);
      EXPECT_TRUE(failed_rules(asked, asked.any_of[0], node, stream.now()).empty());
      EXPECT_LE(relaxation->cost_ppm, 1'000'000U);
    }
  }
  EXPECT_GE(seen.size(), 8U);
}

TEST(Explain, NoneCheaperThanTheRelaxationDoes_E3) {
  Bench bench;
  Offer little = offer(1, 1);
  little.cpu_milli = 3'000;
  Offer half = offer(2, 1);
  half.cpu_milli = 4'000;
  half.memory_mib = 8'192;
  Offer close = offer(3, 1);
  close.memory_mib = 14'336;
  for (const Offer& one : {little, half, close}) bench.offer_node(one);
  Request asked = request(1, 1);
  asked.any_of[0].cpu_milli = 8'000;
  asked.any_of[0].memory_mib = 16'384;
  const Explanation got = bench.scheduler.plan(asked);
  EXPECT_EQ(got.verdict, Verdict::Unsatisfiable);
  ASSERT_TRUE(got.relaxation);
  // An eighth of memory, rather than five eighths of the cores elsewhere; the second fails twice.
  EXPECT_EQ(got.relaxation->node, node(3));
  EXPECT_EQ(got.relaxation->constraint, Constraint::Memory);
  EXPECT_EQ(got.relaxation->have, 14'336U);
  EXPECT_EQ(got.relaxation->want, 16'384U);
  EXPECT_EQ(got.relaxation->cost_ppm, 125'000U);
  EXPECT_EQ(
      to_text(got),
      "no node could run it: 0 of 3 nodes usable, 2 lost to CPU, 1 lost to memory; cheapest to "
      "relax: memory (14336 instead of 16384)");
}

TEST(Explain, SaysWhenAReservationBegins) {
  Bench bench;
  bench.offer_node(offer(1, 2));
  const auto running = all<Place>(bench.submit(request(1, 1)));
  bench.submit(request(2, 2));
  Explanation got = bench.scheduler.explain(job(2));
  EXPECT_EQ(got.verdict, Verdict::WaitsForResources);
  EXPECT_EQ(got.binding, Constraint::Gpu);
  EXPECT_EQ(got.starts, running[0].until);
  bench.tick(1'000);
  EXPECT_EQ(bench.scheduler.explain(job(2)).starts, running[0].until);
  // Who would hold a device for longer than that is told that it is kept.
  Request longer = request(3, 1);
  got = bench.scheduler.plan(longer);
  EXPECT_EQ(got.binding, Constraint::Reserved);
  longer.walltime_ms = 59'000;
  EXPECT_EQ(bench.scheduler.plan(longer).verdict, Verdict::StartsNow);
}

}  // namespace
}  // namespace oort::compute::test
