// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bft/cluster.hpp"

namespace oort::bftsim {

/// A short run of four correct nodes over a network that loses some frames, so that all kinds of
/// votes are in the logs.
[[nodiscard]] Options recorded_run(std::uint64_t seed);

struct LogCuts {
  std::string failure;      ///< Empty: every cut was borne.
  std::uint64_t cuts = 0;   ///< How many runs were cut.
  std::uint64_t bytes = 0;  ///< How long the log grew in the run without a cut.
  [[nodiscard]] bool is_ok() const noexcept { return failure.empty(); }
};

/// I16: runs the recorded run again and again, and each time lets one machine crash with its log
/// cut at another byte: at `first`, `first + stride` and so on. It starts again from what is left;
/// all invariants must hold, what was final must stay, and everyone must come to the same end. The
/// bytes after the cut are missing in one run and zero in the next.
[[nodiscard]] LogCuts cut_everywhere(std::uint64_t seed, std::uint64_t first, std::uint64_t stride);

}  // namespace oort::bftsim
