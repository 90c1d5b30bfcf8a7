// SPDX-License-Identifier: Apache-2.0
#include "openb.hpp"

#include <charconv>
#include <ctime>
#include <fstream>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "random.hpp"

namespace oort::bench {
namespace {

constexpr std::uint32_t first_seed = 42;

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  for (const char letter : line) {
    if (letter == ',') {
      cells.emplace_back();
    } else if (letter != '\r') {
      cells.back().push_back(letter);
    }
  }
  return cells;
}

std::uint32_t number(const std::string& text) {
  std::uint32_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Rows below a header that begins with these columns.
std::optional<std::vector<std::vector<std::string>>> read_rows(const std::string& path,
                                                               std::string_view columns) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line) || line.rfind(columns, 0) != 0) return std::nullopt;
  std::vector<std::vector<std::string>> rows;
  while (std::getline(file, line)) {
    if (!line.empty()) rows.push_back(cells_of(line));
  }
  return rows;
}

compute::WorkloadSet workload_of(const std::vector<Pod>& pods) {
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint16_t, std::uint16_t>, std::uint64_t>
      counts;
  for (const Pod& pod : pods) {
    ++counts[{pod.cpu_milli, pod.memory_mib, pod.gpu_count, pod.gpu_milli}];
  }
  compute::WorkloadSet workload;
  for (const auto& [shape, count] : counts) {
    const auto& [cpu, memory, gpus, milli] = shape;
    if (gpus > 0) workload.shapes.push_back({cpu, memory, gpus, milli, count});
  }
  return workload;
}

compute::JobSubmitted submission(const Pod& pod, std::uint64_t number) {
  compute::JobSubmitted event;
  compute::Request& request = event.request;
  request.job = id_of<JobId>(number);
  request.walltime_ms = compute::walltime_ms_max;
  // Who finds no place at once never gets one, for nothing ends.
  request.start_by = WallTime{number};
  compute::Alternative need;
  need.cpu_milli = pod.cpu_milli;
  need.memory_mib = pod.memory_mib;
  need.gpu_count = pod.gpu_count;
  need.gpu_milli = pod.gpu_count == 0 ? compute::gpu_whole : pod.gpu_milli;
  request.any_of = {need};
  return event;
}

void run_seed(const std::vector<compute::Offer>& nodes, std::vector<Pod> pods,
              const compute::ScoreWeights& weights, std::uint32_t seed, Allocation& sum) {
  compute::Options options;
  options.weights = weights;
  compute::Scheduler scheduler(options);
  static_cast<void>(scheduler.step({}, workload_of(pods)));
  std::uint64_t capacity = 0;
  for (const compute::Offer& offer : nodes) {
    static_cast<void>(scheduler.step({}, compute::OfferSet{offer}));
    capacity += offer.devices.size() * compute::gpu_whole;
  }
  Random random(seed);
  for (std::size_t i = pods.size(); i > 1; --i) std::swap(pods[i - 1], pods[random.below(i)]);
  std::uint64_t asked = 0;
  std::uint64_t sequence = 0;
  double at[3] = {0, 0, 0};
  const std::uint64_t marks[3] = {90, 100, 130};
  std::size_t mark = 0;
  const std::clock_t start = std::clock();
  while (mark < 3) {
    const Pod& pod = sequence < pods.size() ? pods[sequence] : pods[random.below(pods.size())];
    ++sequence;
    static_cast<void>(scheduler.step(WallTime{sequence}, submission(pod, sequence)));
    static_cast<void>(scheduler.step(WallTime{sequence + 1}, compute::Tick{}));
    asked += std::uint64_t{pod.gpu_count} * pod.gpu_milli;
    if (asked * 100 < marks[mark] * capacity) continue;
    at[mark++] =
        100.0 * static_cast<double>(scheduler.gpu_milli_leased()) / static_cast<double>(capacity);
  }
  sum.seconds += static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  sum.decisions += sequence;
  sum.at_90 += at[0];
  sum.at_100 += at[1];
  sum.at_130 += at[2];
}

}  // namespace

std::optional<std::vector<compute::Offer>> read_nodes(const std::string& path) {
  const auto rows = read_rows(path, "sn,cpu_milli,memory_mib,gpu,model");
  if (!rows) return std::nullopt;
  std::vector<compute::Offer> nodes;
  for (const auto& row : *rows) {
    if (row.size() != 5) return std::nullopt;
    compute::Offer offer;
    // The index in the file stands first in the identifier, and ties go to the first node.
    offer.node = id_of<NodeId>(nodes.size() + 1);
    offer.cpu_milli = number(row[1]);
    offer.memory_mib = number(row[2]);
    offer.tiers = 1;
    offer.devices.assign(number(row[3]), compute::Device{row[4], 0, 0});
    nodes.push_back(std::move(offer));
  }
  return nodes;
}

std::optional<std::vector<Pod>> read_pods(const std::string& path) {
  const auto rows = read_rows(path, "name,cpu_milli,memory_mib,num_gpu,gpu_milli");
  if (!rows) return std::nullopt;
  std::vector<Pod> pods;
  for (const auto& row : *rows) {
    if (row.size() < 5) return std::nullopt;
    pods.push_back({number(row[1]), number(row[2]), static_cast<std::uint16_t>(number(row[3])),
                    static_cast<std::uint16_t>(number(row[4]))});
  }
  return pods;
}

Allocation run_openb(const std::vector<compute::Offer>& nodes, const std::vector<Pod>& pods,
                     const compute::ScoreWeights& weights, std::uint32_t seeds) {
  Allocation sum;
  for (std::uint32_t i = 0; i < seeds; ++i) run_seed(nodes, pods, weights, first_seed + i, sum);
  sum.at_90 /= seeds;
  sum.at_100 /= seeds;
  sum.at_130 /= seeds;
  return sum;
}

}  // namespace oort::bench
