// SPDX-License-Identifier: Apache-2.0
// oort-explorer [--full] [NAME …]: explores the named variants, or all that end quickly.
#include <cstdio>
#include <string_view>
#include <vector>

#include "model/explorer.hpp"

namespace {

using oort::model::Exploration;

void print(std::string_view name, const Exploration& found) {
  std::printf("%-34.*s %10llu states %10llu transitions %5llu histories  ",
              static_cast<int>(name.size()), name.data(),
              static_cast<unsigned long long>(found.states),
              static_cast<unsigned long long>(found.transitions),
              static_cast<unsigned long long>(found.histories));
  if (found.fork) {
    std::printf("FORK between views %u and %u\n", found.fork->first_view, found.fork->second_view);
  } else if (found.broken_lemma) {
    std::printf("LEMMA %u broken\n", *found.broken_lemma);
  } else {
    std::printf("%s\n", found.is_complete ? "no violation" : "TABLE FULL");
  }
  std::fflush(stdout);
}

bool is_long(std::string_view name) {
  return name == "finalize-without-notarization" || name == "per-view-not-monotone";
}

}  // namespace

int main(int argc, char** argv) {
  bool is_full = false;
  bool has_unknown = false;
  std::vector<std::string_view> names;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--full") {
      is_full = true;
    } else {
      names.emplace_back(argv[i]);
    }
  }
  for (const std::string_view name : names) {
    bool is_known = false;
    for (const auto& variant : oort::model::named_rules) is_known |= variant.name == name;
    if (!is_known) {
      std::fprintf(stderr, "oort-explorer: no variant is called %.*s\n",
                   static_cast<int>(name.size()), name.data());
      has_unknown = true;
    }
  }
  if (has_unknown) return 2;
  for (const auto& variant : oort::model::named_rules) {
    bool is_wanted = names.empty() && (is_full || !is_long(variant.name));
    for (const std::string_view name : names) is_wanted |= variant.name == name;
    if (!is_wanted) continue;
    oort::model::ExplorerOptions options;
    options.rules = variant.rules;
    print(variant.name, explore(options));
  }
  return 0;
}
