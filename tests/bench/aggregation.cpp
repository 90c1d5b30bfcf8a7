// SPDX-License-Identifier: Apache-2.0
// How long one core takes to make one answer of many: 88,000 answers of 825 annotators to 11,000
// samples with four labels. With --json one object on standard output. There is no ceiling but
// the arithmetic.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "oort/datahub/aggregation.hpp"

namespace oort::datahub {
namespace {

constexpr AnswerCounts counts{11'000, 825, 4};

std::vector<Answer> crowd() {
  std::uint64_t state = 1;
  const auto below = [&](std::uint32_t bound) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::uint32_t>((state >> 33) % bound);
  };
  std::vector<Answer> answers;
  for (std::uint32_t sample = 0; sample < counts.samples; ++sample) {
    const std::uint32_t truth = below(counts.labels);
    const std::uint32_t first = below(counts.annotators);
    for (std::uint32_t i = 0; i < 8; ++i) {
      const std::uint32_t annotator = (first + i * 101) % counts.annotators;
      const bool is_right = below(100) < 40 + annotator % 50;
      answers.push_back({sample, annotator, is_right ? truth : below(counts.labels)});
    }
  }
  return answers;
}

double milliseconds_of(const Answers& answers, Method method, std::uint32_t rounds_max) {
  AggregationOptions options;
  options.method = method;
  options.rounds_max = rounds_max;
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const Aggregate result = aggregate(answers, options);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    if (result.rounds > 0) best = std::min(best, took.count());
  }
  return best;
}

int run() {
  const auto answers = Answers::from(crowd(), counts);
  if (!answers) {
    std::fprintf(stderr, "%s\n", answers.error().to_string().c_str());
    return 1;
  }
  std::printf("{\"name\": \"aggregation\", \"metrics\": {");
  const std::vector<std::pair<const char*, Method>> rows = {
      {"majority_ms", Method::Majority}, {"wawa_ms", Method::Wawa},
      {"one_coin_ms", Method::OneCoin},  {"dawid_skene_ms", Method::DawidSkene},
      {"glad_ms", Method::Glad},
  };
  for (const auto& [name, method] : rows) {
    std::printf("\"%s\": %.1f, ", name, milliseconds_of(*answers, method, 100));
  }
  std::printf("\"dawid_skene_round_ms\": %.2f}, \"ceilings\": {}}\n",
              milliseconds_of(*answers, Method::DawidSkene, 10) / 10);
  return 0;
}

}  // namespace
}  // namespace oort::datahub

int main() { return oort::datahub::run(); }
