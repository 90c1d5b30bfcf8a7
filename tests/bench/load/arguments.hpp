// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// The load generator: a program that a script starts against a running network.
namespace oort::bench {

using Clock = std::chrono::steady_clock;

/// Says what is wrong on standard error and ends the program with 1: a load that cannot be put on
/// has no figure.
[[noreturn]] void die(const std::string& problem);

/// `--name value` pairs.
class Arguments {
 public:
  /// Ends the program on a word that is no such pair.
  Arguments(int count, char** words);

  /// Ends the program when it is missing.
  [[nodiscard]] std::string text(const std::string& name) const;
  /// Separated by commas.
  [[nodiscard]] std::vector<std::string> list(const std::string& name) const;
  [[nodiscard]] std::uint64_t number(const std::string& name, std::uint64_t otherwise) const;

 private:
  std::map<std::string, std::string> values_;
};

[[nodiscard]] double seconds_between(Clock::time_point from, Clock::time_point to);

/// The value below which `percent` of `values` lie; 0 for none. Sorts them.
[[nodiscard]] double percentile(std::vector<double>& values, double percent);

/// Figures by name, printed as one JSON object.
class Figures {
 public:
  void set(const std::string& name, double value) { values_[name] = value; }
  void print() const;

 private:
  std::map<std::string, double> values_;
};

void run_ledger_load(const Arguments& arguments);
void run_ordering_load(const Arguments& arguments);
void run_s3_load(const Arguments& arguments);
void run_ceilings(const Arguments& arguments);

}  // namespace oort::bench
