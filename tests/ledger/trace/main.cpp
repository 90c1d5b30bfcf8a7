// SPDX-License-Identifier: Apache-2.0
// Prints the roots of a random history of the whole ledger: state root and result root of every
// block, how often each operation was taken, and what the roots come to. `./dev roots` compares
// what differently compiled programs say.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "trace/trace.hpp"

namespace {

std::uint64_t number_in(const char* text) { return std::strtoull(text, nullptr, 10); }

}  // namespace

int main(int argc, char** argv) {
  if (argc > 3) {
    std::fputs("usage: root_trace [SEED [BLOCKS]]\n", stderr);
    return 2;
  }
  const std::uint64_t seed = argc > 1 ? number_in(argv[1]) : 1;
  const std::uint64_t blocks = argc > 2 ? number_in(argv[2]) : 400;
  const oort::ledger::trace::Trace trace = oort::ledger::trace::run(seed, blocks);
  for (std::size_t i = 0; i < trace.state_roots.size(); ++i) {
    std::printf("%zu %s %s\n", i + 1, trace.state_roots[i].hex().c_str(),
                trace.result_roots[i].hex().c_str());
  }
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  for (const auto& [name, counts] : trace.operations) {
    std::printf("%-20s %6llu accepted %6llu refused\n", name.c_str(),
                static_cast<unsigned long long>(counts.accepted),
                static_cast<unsigned long long>(counts.refused));
    accepted += counts.accepted;
    refused += counts.refused;
  }
  std::printf("seed %llu: %llu operations accepted, %llu refused; %s\n",
              static_cast<unsigned long long>(seed), static_cast<unsigned long long>(accepted),
              static_cast<unsigned long long>(refused), trace.digest().hex().c_str());
  return 0;
}
