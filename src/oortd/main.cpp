// SPDX-License-Identifier: Apache-2.0
#include "node_daemon.hpp"
#include "oort/cli/cli.hpp"
#include "oort/host/clock.hpp"
#include "oort/host/random.hpp"
#include "oort/node/hooks.hpp"

int main(int argc, char** argv) {
  oort::node::Hooks none;
  oort::NodeDaemon daemon(none);
  oort::host::KernelRandom random;
  oort::host::SystemClock clock;
  return oort::cli::run(argc, argv, {daemon, random, clock, OORT_VERSION});
}
