// SPDX-License-Identifier: Apache-2.0
#include "oort/core/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <map>

namespace oort::metrics {
namespace {

prometheus::Registry& registry() {
  static prometheus::Registry instance;
  return instance;
}

std::map<std::string, std::string> to_labels(Labels labels) {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : labels) out.emplace(name, value);
  return out;
}

}  // namespace

void Counter::add(double amount) noexcept {
  static_cast<prometheus::Counter*>(series_)->Increment(amount);
}
void Gauge::set(double value) noexcept { static_cast<prometheus::Gauge*>(series_)->Set(value); }
void Gauge::add(double amount) noexcept {
  static_cast<prometheus::Gauge*>(series_)->Increment(amount);
}
void Histogram::observe(double value) noexcept {
  static_cast<prometheus::Histogram*>(series_)->Observe(value);
}

Counter counter(std::string_view name, std::string_view help, Labels labels) {
  auto& family = prometheus::BuildCounter()
                     .Name(std::string(name))
                     .Help(std::string(help))
                     .Register(registry());
  return Counter(&family.Add(to_labels(labels)));
}

Gauge gauge(std::string_view name, std::string_view help, Labels labels) {
  auto& family =
      prometheus::BuildGauge().Name(std::string(name)).Help(std::string(help)).Register(registry());
  return Gauge(&family.Add(to_labels(labels)));
}

Histogram histogram(std::string_view name, std::string_view help, std::span<const double> bounds,
                    Labels labels) {
  auto& family = prometheus::BuildHistogram()
                     .Name(std::string(name))
                     .Help(std::string(help))
                     .Register(registry());
  return Histogram(&family.Add(
      to_labels(labels), prometheus::Histogram::BucketBoundaries(bounds.begin(), bounds.end())));
}

std::span<const double> seconds_bounds() noexcept {
  static constexpr std::array bounds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                        0.05,   0.1,     0.25,   0.5,   1.0,    2.5,   5.0,  10.0};
  return bounds;
}

std::string render() { return prometheus::TextSerializer().Serialize(registry().Collect()); }

}  // namespace oort::metrics
