// SPDX-License-Identifier: Apache-2.0
#include "oort/cli/cli.hpp"
#include "oort/host/clock.hpp"
#include "oort/host/random.hpp"
#include "oort/node/config.hpp"
#include "oort/node/node.hpp"

namespace {

class NodeDaemon final : public oort::cli::Daemon {
 public:
  [[nodiscard]] oort::Result<void> start(const std::filesystem::path& config,
                                         const std::map<std::string, std::string>& flags) override {
    return oort::node::run_daemon(config, flags, OORT_VERSION);
  }
  [[nodiscard]] oort::Result<oort::PublicKey> create_node(
      const std::filesystem::path& data_folder) override {
    oort::host::KernelRandom random;
    return oort::node::create_node(data_folder, random);
  }
  [[nodiscard]] oort::Result<void> check_config(const std::filesystem::path& config) override {
    OORT_TRY(oort::node::load_config_file(config));
    return {};
  }
  [[nodiscard]] std::string default_config() const override {
    return oort::node::default_config_text();
  }
};

}  // namespace

int main(int argc, char** argv) {
  NodeDaemon daemon;
  oort::host::KernelRandom random;
  oort::host::SystemClock clock;
  return oort::cli::run(argc, argv, {daemon, random, clock, OORT_VERSION});
}
