// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "oort/env/sandbox.hpp"
#include "oort/host/runtime.hpp"
#include "oort/sandbox/sandbox.hpp"
#include "temp_folder.hpp"

namespace oort::sandbox::test {

/// A tier, by a launcher with the rights of this process or, when that is root, without them.
struct Cell {
  env::SandboxTier tier = env::SandboxTier::Launcher;
  bool is_unprivileged = false;
};
[[nodiscard]] std::string name_of(const Cell& cell);
[[nodiscard]] std::vector<Cell> all_cells();
[[nodiscard]] SandboxOptions options_of(const Cell& cell);
/// What the probe said, asked once for each launcher.
[[nodiscard]] const env::SandboxSupport& support_of(const Cell& cell);

/// A root that holds the program of escapes alone, and a sandbox for one cell.
class Prison {
 public:
  explicit Prison(const Cell& cell);

  /// The program, told what to try.
  [[nodiscard]] env::SandboxTask task(std::vector<std::string> words) const;
  [[nodiscard]] Result<env::SandboxOutcome> run(env::SandboxTask task);
  /// As `run`, cancelled once `is_time` says so.
  [[nodiscard]] Result<env::SandboxOutcome> run_and_cancel(env::SandboxTask task,
                                                           const std::string& mark);
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_.path(); }

 private:
  Cell cell_;
  oort::test::TempFolder folder_;
  std::unique_ptr<host::Runtime> runtime_;
  std::unique_ptr<env::Executor> pool_;
  std::unique_ptr<host::Strand> strand_;
  std::unique_ptr<env::Sandbox> sandbox_;
};

/// Tests of every cell. On a host that lacks one, its tests say which piece is missing, after
/// seeing that the sandbox refuses the tier.
class EveryCell : public testing::TestWithParam<Cell> {
 protected:
  void SetUp() override;
  [[nodiscard]] Prison& prison() { return *prison_; }
  /// Expects that the program came back and says that it failed to get out.
  void expect_held(const std::vector<std::string>& words);

 private:
  std::unique_ptr<Prison> prison_;
};

/// A process of the host with `mark` among its arguments, other than this one.
[[nodiscard]] std::optional<int> find_process(const std::string& mark);
/// Waits until there is one.
[[nodiscard]] int await_process(const std::string& mark);
/// Waits until the process is dead.
void await_death(int process);

}  // namespace oort::sandbox::test
