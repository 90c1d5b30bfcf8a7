// SPDX-License-Identifier: Apache-2.0
// The scheduler core on one core: how many decisions a second, and how much of a cluster it fills.
//   bench_scheduler [--openb DIR] [--json]
// Times are processor time of the process, so that other load does not count.
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>

#include "churn.hpp"
#include "openb.hpp"

namespace {

constexpr std::uint32_t seeds = 10;

/// `"name": value` lines of the trace's figures, or nothing where it is absent.
std::string openb_metrics(const std::string& folder) {
  using namespace oort;
  std::string text;
  const auto nodes = bench::read_nodes(folder + "/openb_node_list_gpu_node.csv");
  if (!nodes) return text;
  compute::ScoreWeights weights;
  for (const char* variant : {"default", "multigpu50", "gpushare100"}) {
    const auto pods = bench::read_pods(folder + "/openb_pod_list_" + variant + ".csv");
    if (!pods) continue;
    const bench::Allocation result = bench::run_openb(*nodes, *pods, weights, seeds);
    char line[256];
    std::snprintf(line, sizeof line,
                  ", \"openb_%s_allocated_percent\": %.2f, \"openb_%s_at_90_percent\": %.2f, "
                  "\"openb_%s_at_130_percent\": %.2f",
                  variant, result.at_100, variant, result.at_90, variant, result.at_130);
    text += line;
  }
  return text;
}

}  // namespace

int main(int count, char** arguments) {
  std::string folder = "../shared/data/openb";
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(arguments[i], "--openb") == 0 && i + 1 < count) {
      folder = arguments[++i];
    } else if (std::strcmp(arguments[i], "--json") != 0) {
      std::fprintf(stderr, "usage: bench_scheduler [--openb DIR] [--json]\n");
      return 2;
    }
  }
  const auto churn = oort::bench::run_churn({});
  std::fprintf(stderr, "scheduler: actions %016llx\n",
               static_cast<unsigned long long>(churn.actions));
  const std::string openb = openb_metrics(folder);
  if (openb.empty()) {
    std::fprintf(stderr, "scheduler: no trace in %s, so its metrics are left out\n",
                 folder.c_str());
  }
  std::printf(
      "{\"name\": \"scheduler\", \"metrics\": {\"decisions_per_second\": %.0f, "
      "\"filling_per_second\": %.0f, \"full_per_second\": %.0f, "
      "\"array_tasks_per_second\": %.0f, \"step_ms_p99\": %.4f, \"tick_ms_max\": %.2f, "
      "\"allocated_percent\": %.2f%s}, \"ceilings\": {}}\n",
      churn.decisions, churn.filling, churn.full, churn.array_tasks, churn.step_ms_p99,
      churn.tick_ms_max, churn.allocated_percent, openb.c_str());
  return 0;
}
