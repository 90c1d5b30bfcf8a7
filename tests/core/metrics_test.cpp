// SPDX-License-Identifier: Apache-2.0
#include "oort/core/metrics.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace oort::metrics {
namespace {

/// The value behind `series` in the rendered text; empty when it is not there.
std::string value_of(const std::string& series) {
  const std::string text = "\n" + render();
  const auto begin = text.find("\n" + series + " ");
  if (begin == std::string::npos) return "";
  const auto value = begin + series.size() + 2;
  return text.substr(value, text.find('\n', value) - value);
}

TEST(Metrics, TheSameNameAndLabelsAreTheSameSeries_M1) {
  counter("oort_test_frames_total", "Frames.", {{"class", "bulk"}}).add();
  counter("oort_test_frames_total", "Frames.", {{"class", "bulk"}}).add(2);
  counter("oort_test_frames_total", "Frames.", {{"class", "gossip"}}).add();
  EXPECT_EQ(value_of(R"(oort_test_frames_total{class="bulk"})"), "3");
  EXPECT_EQ(value_of(R"(oort_test_frames_total{class="gossip"})"), "1");
}

TEST(Metrics, AGaugeGoesBothWays) {
  Gauge gauge = metrics::gauge("oort_test_peers", "Peers.");
  gauge.set(5);
  gauge.add(-2);
  EXPECT_EQ(value_of("oort_test_peers"), "3");
}

TEST(Metrics, AHistogramCountsCumulatively) {
  const std::vector bounds = {0.1, 1.0};
  Histogram histogram = metrics::histogram("oort_test_wait_seconds", "Waits.", bounds);
  for (const double value : {0.05, 0.5, 0.6, 7.0}) histogram.observe(value);
  EXPECT_EQ(value_of(R"(oort_test_wait_seconds_bucket{le="0.1"})"), "1");
  EXPECT_EQ(value_of(R"(oort_test_wait_seconds_bucket{le="1"})"), "3");
  EXPECT_EQ(value_of(R"(oort_test_wait_seconds_bucket{le="+Inf"})"), "4");
  EXPECT_EQ(value_of("oort_test_wait_seconds_count"), "4");
}

TEST(Metrics, UpdatesOfManyThreadsAreAllCounted) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      Counter mine = counter("oort_test_races_total", "Updates at the same time.");
      for (int n = 0; n < 1000; ++n) mine.add();
    });
  }
  threads.clear();
  EXPECT_EQ(value_of("oort_test_races_total"), "4000");
}

TEST(Metrics, SecondsAscend) {
  const auto bounds = seconds_bounds();
  EXPECT_TRUE(std::is_sorted(bounds.begin(), bounds.end()));
  EXPECT_EQ(std::adjacent_find(bounds.begin(), bounds.end()), bounds.end());
}

TEST(Metrics, PrometheusReadsWhatIsRendered_M2) {
  if (std::system("command -v promtool >/dev/null") != 0) GTEST_SKIP() << "promtool is not here";
  counter("oort_test_odd_total", "A label with \"quotes\".", {{"name", "a\"b\\c\nd"}}).add();
  const auto file =
      std::filesystem::path(testing::TempDir()) / ("oort_metrics_test." + std::to_string(getpid()));
  std::ofstream(file) << render();
  EXPECT_EQ(std::system(("promtool check metrics <" + file.string()).c_str()), 0) << render();
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace oort::metrics
