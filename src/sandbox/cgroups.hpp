// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oort/core/result.hpp"
#include "oort/env/sandbox.hpp"

namespace oort::sandbox {

/// Where one controller takes limits: a folder of a v1 hierarchy, or of the v2 one.
struct CgroupPlace {
  std::filesystem::path folder;
  bool is_v2 = false;

  friend bool operator==(const CgroupPlace&, const CgroupPlace&) = default;
};

/// By controller ("memory", "pids", "cpu", "cpuacct"): the folder in which this process is and in
/// which it may try to make others. `mounts` is /proc/self/mountinfo, `own` /proc/self/cgroup. On
/// v1, v2 and hybrid hosts alike.
[[nodiscard]] std::map<std::string, CgroupPlace> find_cgroup_places(std::string_view mounts,
                                                                    std::string_view own);

/// The groups of one task. Each controller that lets itself be used is; `has` says which.
class Cgroups {
 public:
  /// Makes groups with the limits, where the host allows. `spare_processes` are ours, not the
  /// task's.
  [[nodiscard]] static Cgroups make(const env::SandboxLimits& limits,
                                    std::uint32_t spare_processes);
  Cgroups() = default;
  /// Removes the groups; they are empty by then.
  ~Cgroups();
  Cgroups(Cgroups&&) noexcept = default;
  Cgroups& operator=(Cgroups&&) = delete;
  Cgroups(const Cgroups&) = delete;
  Cgroups& operator=(const Cgroups&) = delete;

  [[nodiscard]] bool has(std::string_view controller) const;
  /// The group's folder, or why there is none.
  [[nodiscard]] std::string detail(std::string_view controller) const;
  [[nodiscard]] Result<void> add(pid_t process) const;

  /// How often the kernel killed a process of the group for memory.
  [[nodiscard]] std::uint64_t out_of_memory_count() const;
  [[nodiscard]] std::optional<std::uint64_t> memory_peak_bytes() const;
  [[nodiscard]] std::optional<Duration> cpu() const;

 private:
  struct Group {
    std::filesystem::path folder;
    bool is_v2 = false;
  };
  void try_make(const std::string& controller, const CgroupPlace& place,
                const env::SandboxLimits& limits, std::uint32_t spare_processes);

  std::map<std::string, Group> groups_;
  std::map<std::string, std::string> refusals_;
};

/// Removes the empty groups that launchers which were killed left behind; those of launchers that
/// live, of this node or of another on the machine, stay.
void sweep_cgroups();

}  // namespace oort::sandbox
