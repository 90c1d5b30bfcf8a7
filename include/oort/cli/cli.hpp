// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/random.hpp"
#include "oort/env/sandbox.hpp"

namespace oort::cli {

/// The daemon's side of the commands that need one; the program's main provides it.
class Daemon {
 public:
  virtual ~Daemon() = default;
  /// Runs a node until it is told to stop. `flags` are `section.key` → value.
  [[nodiscard]] virtual Result<void> start(const std::filesystem::path& config,
                                           const std::map<std::string, std::string>& flags) = 0;
  /// Makes the key and the empty vote log of a new node; its public key is the node's id. Fails
  /// with ALREADY_EXISTS rather than touch a node that is there.
  [[nodiscard]] virtual Result<PublicKey> create_node(const std::filesystem::path& data_folder) = 0;
  /// Reads a configuration as `start` would, and starts nothing.
  [[nodiscard]] virtual Result<void> check_config(const std::filesystem::path& config) = 0;
  /// A documented configuration with every key at its default.
  [[nodiscard]] virtual std::string default_config() const = 0;
  /// What this host can do to keep strangers' tasks in, found by trying.
  [[nodiscard]] virtual Result<env::SandboxSupport> probe_sandbox() = 0;
};

/// What the command line finds around itself.
struct Surroundings {
  Daemon& daemon;
  env::Random& random;
  env::Clock& clock;
  std::string_view version;
};

/// How the process ends. Stable, for scripts.
namespace exit_code {
inline constexpr int success = 0;
inline constexpr int failure = 1;        ///< Anything that has no code of its own.
inline constexpr int usage = 2;          ///< The command line itself is wrong.
inline constexpr int not_found = 3;      ///< What was asked for does not exist.
inline constexpr int refused = 4;        ///< The ledger refused a transaction or an operation.
inline constexpr int unavailable = 5;    ///< No answer, no quorum, or too late.
inline constexpr int not_proven = 6;     ///< A proof does not hold.
inline constexpr int configuration = 7;  ///< Configuration, genesis, key file or port.
inline constexpr int data_loss = 8;      ///< Stored data is damaged.
}  // namespace exit_code

[[nodiscard]] int exit_code_of(const Error& error) noexcept;

/// Carries out one command line and returns the exit code. Results go to standard output, errors to
/// standard error; with `--json` both go to standard output as one JSON object.
[[nodiscard]] int run(int argc, const char* const* argv, Surroundings around);

}  // namespace oort::cli
