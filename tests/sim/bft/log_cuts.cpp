// SPDX-License-Identifier: Apache-2.0
#include "bft/log_cuts.hpp"

#include <algorithm>

namespace oort::bftsim {

Options recorded_run(std::uint64_t seed) {
  Options options;
  options.seed = seed;
  options.blocks = 6;
  options.calm.delay_min = 5ms;
  options.calm.delay_max = 50ms;
  options.calm.loss_ppm = 30'000;
  options.chaos = options.calm;
  options.delta = 50ms;
  options.idle_max = 20ms;
  // A cut names the byte: the crash itself takes nothing more.
  options.torn = sim::Torn::Everything;
  return options;
}

LogCuts cut_everywhere(std::uint64_t seed, std::uint64_t first, std::uint64_t stride) {
  LogCuts result;
  Options options = recorded_run(seed);
  const auto fail = [&](const std::string& why) {
    result.failure = describe(options) + ": " + why;
    return result;
  };
  const Report recorded = run(options);
  if (!recorded.is_ok()) return fail(recorded.failure);
  result.bytes = recorded.log_bytes;
  for (std::uint64_t byte = first; byte <= recorded.log_bytes; byte += stride) {
    options.log_cut = LogCut{0, byte, (byte / stride) % 2 == 1};
    const Report report = run(options);
    ++result.cuts;
    if (!report.is_ok()) return fail(report.failure);
    const auto& chain = report.chain;
    const auto kept = static_cast<std::ptrdiff_t>(report.blocks_at_cut);
    const bool is_same = chain.size() >= report.blocks_at_cut &&
                         std::equal(chain.begin(), chain.begin() + kept, recorded.chain.begin());
    if (!is_same) return fail("what was final before the cut is not any more");
  }
  return result;
}

}  // namespace oort::bftsim
