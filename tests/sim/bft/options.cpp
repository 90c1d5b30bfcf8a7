// SPDX-License-Identifier: Apache-2.0
#include "bft/options.hpp"

#include <array>
#include <string>

namespace oort::bftsim {
namespace {

constexpr Duration delay_max = 50ms;

Duration milliseconds(std::uint64_t count) {
  return Duration(static_cast<std::int64_t>(count) * 1'000'000);
}

std::uint32_t draw_nodes(sim::Generator& random) {
  const std::uint64_t drawn = random.below(100);
  if (drawn < 80) return 4;
  if (drawn < 85) return 5;
  return drawn < 97 ? 7 : 13;
}

Fault draw_fault(sim::Generator& random) {
  constexpr std::array<Fault, 8> faults{Fault::Forger, Fault::Forger,  Fault::Forger,
                                        Fault::Twins,  Fault::Twins,   Fault::Mute,
                                        Fault::None,   Fault::Amnesiac};
  return faults[random.below(faults.size())];
}

Hardships draw_hardships(sim::Generator& random, Options& options) {
  Hardships hardships;
  hardships.wall_jumps_count = static_cast<std::uint32_t>(random.below(6));
  hardships.disk_errors_count = static_cast<std::uint32_t>(random.below(6));
  hardships.slowness = static_cast<std::uint32_t>(random.between(1, 5));
  hardships.noise_ppm = static_cast<std::uint32_t>(random.below(500'000));
  if (random.chance(300'000)) options.chaos.bytes_per_second = random.between(20'000, 500'000);
  return hardships;
}

std::string in_milliseconds(Duration duration) {
  return std::to_string(duration.count() / 1'000'000) + " ms";
}

}  // namespace

std::string_view to_string(Fault fault) noexcept {
  switch (fault) {
    case Fault::None: return "none";
    case Fault::Mute: return "mute";
    case Fault::Twins: return "twins";
    case Fault::Forger: return "forger";
    case Fault::Amnesiac: return "amnesiac";
  }
  return "unknown";
}

Options expand(std::uint64_t seed, const Overrides& overrides) {
  sim::Generator random(seed * 2 + 1);
  Options options;
  options.seed = seed;
  options.nodes = draw_nodes(random);
  options.fault = draw_fault(random);
  options.has_equal_weights = random.chance(600'000);
  options.calm.delay_min = delay_max / 2;
  options.calm.delay_max = delay_max;
  options.chaos.delay_min = delay_max / 5;
  options.chaos.delay_max = delay_max * static_cast<std::int64_t>(random.between(1, 8));
  options.chaos.loss_ppm = static_cast<std::uint32_t>(random.below(400'001));
  options.chaos.duplicate_ppm = 50'000;
  options.chaos.stall_ppm = random.chance(300'000) ? 20'000 : 0;
  options.chaos.stall_max = 2s;
  options.chaos.is_ordered = random.chance(300'000);
  options.chaos_end = random.chance(250'000) ? Duration{0} : milliseconds(random.below(12'000));
  options.partitions_count = static_cast<std::uint32_t>(random.below(7));
  options.crashes_count = static_cast<std::uint32_t>(random.below(10));
  // A fifth believes in a network far better than it is: only growing waits keep it alive.
  const bool is_hasty = random.chance(200'000);
  options.delta = milliseconds(is_hasty ? 3 : 75);
  options.idle_max = milliseconds(is_hasty ? 5 : 100);
  options.sync_delay_max = milliseconds(random.between(1, 20));
  options.execution_delay_max = milliseconds(random.between(1, 10));
  options.skew_max = milliseconds(random.below(200));
  options.drift_ppm_max = static_cast<std::int32_t>(random.below(500));
  options.epoch_blocks = random.chance(300'000) ? random.between(20, 60) : 0;
  options.payload_ppm = random.chance(700'000) ? 900'000 : 100'000;
  options.has_real_signatures = random.chance(10'000);
  if (overrides.nodes) options.nodes = *overrides.nodes;
  if (overrides.blocks) options.blocks = *overrides.blocks;
  if (overrides.fault) options.fault = *overrides.fault;
  if (overrides.has_real_signatures) options.has_real_signatures = *overrides.has_real_signatures;
  sim::Generator more(seed * 2 + 0x4a2d);
  if (more.chance(400'000)) options.hardships = draw_hardships(more, options);
  // A log that is lost in one epoch says nothing of the next; one epoch keeps the question whole.
  if (options.fault == Fault::Amnesiac) options.epoch_blocks = 0;
  return options;
}

Options expand_fork(std::uint64_t seed, std::uint32_t nodes) {
  Overrides overrides;
  overrides.nodes = nodes;
  overrides.fault = Fault::Twins;
  Options options = expand(seed, overrides);
  options.faulty_count = (nodes - 1) / 3 + 1;
  options.has_equal_weights = true;
  options.chaos_end = milliseconds(sim::Generator(seed).between(1000, 5000));
  options.chaos = options.calm;
  options.partitions_count = options.crashes_count = 0;
  options.hardships = {};
  options.epoch_blocks = 0;
  options.delta = 75ms;
  options.idle_max = 100ms;
  return options;
}

std::string describe(const Options& options) {
  std::string text = "seed " + std::to_string(options.seed) + ": " + std::to_string(options.nodes) +
                     " nodes, fault ";
  text += to_string(options.fault);
  text += options.has_equal_weights ? ", equal weights" : ", unequal weights";
  text += ", chaos until " + in_milliseconds(options.chaos_end) + " with loss " +
          std::to_string(options.chaos.loss_ppm / 10'000) + " %, delay up to " +
          in_milliseconds(options.chaos.delay_max) + ", " +
          std::to_string(options.partitions_count) + " partitions, " +
          std::to_string(options.crashes_count) + " crashes; delta " +
          in_milliseconds(options.delta) + ", epochs of " + std::to_string(options.epoch_blocks) +
          " blocks";
  const Hardships& hardships = options.hardships;
  if (options.faulty_count > 1) text += ", " + std::to_string(options.faulty_count) + " faulty";
  if (hardships.wall_jumps_count + hardships.disk_errors_count + hardships.noise_ppm > 0) {
    text += ", " + std::to_string(hardships.wall_jumps_count) + " jumps of clocks, " +
            std::to_string(hardships.disk_errors_count) + " errors of disks, slowness " +
            std::to_string(hardships.slowness) + ", noise " +
            std::to_string(hardships.noise_ppm / 10'000) + " %, " +
            std::to_string(options.chaos.bytes_per_second) + " bytes/s";
  }
  if (options.log_cut) {
    text += ", log of " + std::to_string(options.log_cut->machine) + " cut at byte " +
            std::to_string(options.log_cut->byte) +
            (options.log_cut->fills_with_zeros ? " with zeros" : "");
  }
  if (options.has_real_signatures) text += ", Ed25519";
  return text;
}

}  // namespace oort::bftsim
