// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "oort/core/time.hpp"
#include "sim/disk.hpp"
#include "sim/links.hpp"

namespace oort::bftsim {

/// What the one faulty identity of a run does. Its weight is below a third in every epoch.
enum class Fault : std::uint8_t {
  None,
  Mute,      ///< Never says anything.
  Twins,     ///< Two machines run honest code with one key, each with half of the peers.
  Forger,    ///< Holds the key and says whatever may hurt.
  Amnesiac,  ///< Loses its log, again and again.
};
[[nodiscard]] std::string_view to_string(Fault fault) noexcept;

/// A crash inside one append to a machine's log.
struct LogCut {
  std::uint32_t machine = 0;
  /// Of all bytes that were ever appended, so many are left, and after them nothing or zeros.
  std::uint64_t byte = 1;
  bool fills_with_zeros = false;
};

/// What a machine may suffer beside crashes and bad links, in the chaos.
struct Hardships {
  std::uint32_t wall_jumps_count = 0;
  std::uint32_t disk_errors_count = 0;
  /// Delays of one machine, that many times as long.
  std::uint32_t slowness = 1;
  /// How often the forger says something with one bit inverted.
  std::uint32_t noise_ppm = 0;
};

/// One run, entirely determined: equal options give equal traces.
struct Options {
  std::uint64_t seed = 1;
  std::uint32_t nodes = 4;
  /// The run ends when this many blocks are final somewhere and the chaos is over.
  std::uint64_t blocks = 200;
  bool has_equal_weights = true;
  Fault fault = Fault::None;
  /// Identities with that fault. A third or more of the weight may fork the chain: then not
  /// agreement is judged, but whether the evidence names enough of them and nobody else.
  std::uint32_t faulty_count = 1;
  std::optional<LogCut> log_cut;
  Hardships hardships;
  /// Before `chaos_end` links follow `chaos`, machines crash and are cut off; then all is calm.
  Duration chaos_end{0};
  sim::LinkOptions chaos;
  sim::LinkOptions calm;
  std::uint32_t partitions_count = 0;
  std::uint32_t crashes_count = 0;
  /// What the engines believe the greatest delay to be; may be wrong.
  Duration delta = 100ms;
  Duration idle_max = 100ms;
  Duration sync_delay_max = 2ms;
  Duration execution_delay_max = 2ms;
  /// Wall clocks differ by up to this; steady ones drift by up to `drift_ppm_max`.
  Duration skew_max{0};
  std::int32_t drift_ppm_max = 0;
  /// Blocks of one epoch before its boundary; 0: one epoch without end.
  std::uint64_t epoch_blocks = 0;
  std::uint32_t payload_ppm = 800'000;
  bool has_real_signatures = false;
  sim::Torn torn = sim::Torn::Prefix;
  /// After the chaos, everything must be final within this.
  Duration liveness_limit = 200s;
};

/// What a user may fix; the seed decides the rest.
struct Overrides {
  std::optional<std::uint32_t> nodes;
  std::optional<std::uint64_t> blocks;
  std::optional<Fault> fault;
  std::optional<bool> has_real_signatures;
};

[[nodiscard]] Options expand(std::uint64_t seed, const Overrides& overrides = {});
/// Twins of just more than a third of the nodes, and correct ones kept apart: a fork.
[[nodiscard]] Options expand_fork(std::uint64_t seed, std::uint32_t nodes);
/// One line, for people.
[[nodiscard]] std::string describe(const Options& options);

}  // namespace oort::bftsim
