// SPDX-License-Identifier: Apache-2.0
#include "load/arguments.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace oort::bench {

void die(const std::string& problem) {
  std::fprintf(stderr, "bench-load: %s\n", problem.c_str());
  // Other threads may be in the middle of a call; nothing of theirs is worth saving.
  std::_Exit(1);
}

Arguments::Arguments(int count, char** words) {
  for (int i = 0; i < count; i += 2) {
    const std::string name = words[i];
    if (!name.starts_with("--") || i + 1 == count) die("'" + name + "' is no --name value");
    values_[name.substr(2)] = words[i + 1];
  }
}

std::string Arguments::text(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) die("--" + name + " is missing");
  return found->second;
}

std::vector<std::string> Arguments::list(const std::string& name) const {
  const std::string whole = text(name);
  std::vector<std::string> words;
  std::size_t begin = 0;
  while (begin <= whole.size()) {
    const std::size_t end = std::min(whole.find(',', begin), whole.size());
    words.push_back(whole.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

std::uint64_t Arguments::number(const std::string& name, std::uint64_t otherwise) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return otherwise;
  std::uint64_t value = 0;
  const char* end = found->second.data() + found->second.size();
  const auto parsed = std::from_chars(found->second.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) die("--" + name + " takes a number");
  return value;
}

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

double percentile(std::vector<double>& values, double percent) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const double rank = std::ceil(percent / 100 * static_cast<double>(values.size()));
  const auto index = static_cast<std::size_t>(std::max(rank, 1.0)) - 1;
  return values[std::min(index, values.size() - 1)];
}

void Figures::print() const {
  std::printf("{");
  const char* separator = "";
  for (const auto& [name, value] : values_) {
    std::printf("%s\"%s\": %.6g", separator, name.c_str(), value);
    separator = ", ";
  }
  std::printf("}\n");
}

}  // namespace oort::bench
