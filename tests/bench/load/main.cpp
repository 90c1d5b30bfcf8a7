// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string_view>

#include "load/arguments.hpp"

int main(int argc, char** argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command != "ledger" && command != "s3" && command != "ceilings" && command != "ordering") {
    std::fputs("usage: bench-load ledger|s3|ordering|ceilings --name value …\n", stderr);
    return 2;
  }
  const oort::bench::Arguments arguments(argc - 2, argv + 2);
  if (command == "ledger") oort::bench::run_ledger_load(arguments);
  if (command == "s3") oort::bench::run_s3_load(arguments);
  if (command == "ordering") oort::bench::run_ordering_load(arguments);
  if (command == "ceilings") oort::bench::run_ceilings(arguments);
  return 0;
}
