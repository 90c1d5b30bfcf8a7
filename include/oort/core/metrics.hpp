// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

/// Counts and measures, in Prometheus' names and units (`oort_<room>_<thing>_<unit>[_total]`).
///
/// A handle is a cheap reference to a series that lives as long as the process; asking twice for
/// the same name and labels gives the same series. Threads: any; updates are lock-free.
namespace oort::metrics {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

class Counter {
 public:
  explicit Counter(void* series) noexcept : series_(series) {}
  void add(double amount = 1) noexcept;

 private:
  void* series_;
};

class Gauge {
 public:
  explicit Gauge(void* series) noexcept : series_(series) {}
  void set(double value) noexcept;
  void add(double amount) noexcept;

 private:
  void* series_;
};

class Histogram {
 public:
  explicit Histogram(void* series) noexcept : series_(series) {}
  void observe(double value) noexcept;

 private:
  void* series_;
};

/// Requires: `name` follows Prometheus' rules; one name is always of one kind.
[[nodiscard]] Counter counter(std::string_view name, std::string_view help, Labels labels = {});
[[nodiscard]] Gauge gauge(std::string_view name, std::string_view help, Labels labels = {});
/// `bounds` are the upper bounds of the buckets, ascending.
[[nodiscard]] Histogram histogram(std::string_view name, std::string_view help,
                                  std::span<const double> bounds, Labels labels = {});

/// Bounds for durations in seconds, from 100 µs to 10 s.
[[nodiscard]] std::span<const double> seconds_bounds() noexcept;

/// Everything, in Prometheus' text format 0.0.4.
[[nodiscard]] std::string render();

}  // namespace oort::metrics
