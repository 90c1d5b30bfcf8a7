// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oort/cli/cli.hpp"
#include "oort/host/random.hpp"
#include "oort/node/config.hpp"
#include "oort/node/node.hpp"
#include "oort/sandbox/sandbox.hpp"

namespace oort {

/// What the command line needs of the node's room. `hooks` outlive it.
class NodeDaemon final : public cli::Daemon {
 public:
  explicit NodeDaemon(node::Hooks& hooks) noexcept : hooks_(hooks) {}

  [[nodiscard]] Result<void> start(const std::filesystem::path& config,
                                   const std::map<std::string, std::string>& flags) override {
    return node::run_daemon(config, flags, OORT_VERSION, hooks_);
  }
  [[nodiscard]] Result<PublicKey> create_node(const std::filesystem::path& data_folder) override {
    host::KernelRandom random;
    return node::create_node(data_folder, random);
  }
  [[nodiscard]] Result<void> check_config(const std::filesystem::path& config) override {
    OORT_TRY(node::load_config_file(config));
    return {};
  }
  [[nodiscard]] std::string default_config() const override { return node::default_config_text(); }
  [[nodiscard]] Result<env::SandboxSupport> probe_sandbox() override { return sandbox::probe({}); }

 private:
  node::Hooks& hooks_;
};

}  // namespace oort
