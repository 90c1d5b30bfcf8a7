// SPDX-License-Identifier: Apache-2.0
#include "cgroups.hpp"

#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <set>
#include <system_error>
#include <utility>

#include "kernel.hpp"
#include "oort/env/sandbox.hpp"

namespace oort::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view group_prefix = "oort-task-";
constexpr std::uint64_t cpu_period_us = 100'000;

/// The words between the commas.
std::vector<std::string> parts_of(std::string text, char comma) {
  std::replace(text.begin(), text.end(), comma, ' ');
  return kernel::words_of(text);
}

bool holds(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// A hierarchy that is mounted: where, with which root, and its v1 controllers.
struct Hierarchy {
  fs::path mounted_at;
  std::string root;
  std::vector<std::string> options;
  bool is_v2 = false;
};

std::vector<Hierarchy> hierarchies_of(std::string_view mounts) {
  std::vector<Hierarchy> found;
  for (const std::string& line : kernel::lines_of(mounts)) {
    const std::vector<std::string> words = kernel::words_of(line);
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 6 || words.end() - dash < 4) continue;
    const std::string& type = *(dash + 1);
    if (type != "cgroup" && type != "cgroup2") continue;
    found.push_back({words[4], words[3], parts_of(*(dash + 3), ','), type == "cgroup2"});
  }
  return found;
}

/// This process' folder of the hierarchy. The path of /proc/self/cgroup counts from the root of the
/// hierarchy, of which the mount may show a part only.
fs::path own_folder(const Hierarchy& hierarchy, std::string path) {
  if (hierarchy.root != "/" && path.starts_with(hierarchy.root)) {
    path.erase(0, hierarchy.root.size());
  }
  while (path.starts_with('/')) path.erase(0, 1);
  const fs::path folder = hierarchy.mounted_at / path;
  return path.empty() ? hierarchy.mounted_at : folder;
}

/// What the group is told about `controller`: file and text.
std::vector<std::pair<std::string, std::string>> settings_of(const std::string& controller,
                                                             bool is_v2,
                                                             const env::SandboxLimits& limits,
                                                             std::uint32_t spare_processes) {
  const std::string memory = std::to_string(limits.memory_bytes);
  const std::string quota = std::to_string(limits.cpu_milli * (cpu_period_us / 1000));
  if (controller == "memory") {
    return {{is_v2 ? "memory.max" : "memory.limit_in_bytes", memory}};
  }
  if (controller == "pids") {
    return {{"pids.max", std::to_string(limits.processes_count + spare_processes)}};
  }
  if (controller == "cpu") {
    if (is_v2) return {{"cpu.max", quota + " " + std::to_string(cpu_period_us)}};
    return {{"cpu.cfs_period_us", std::to_string(cpu_period_us)}, {"cpu.cfs_quota_us", quota}};
  }
  return {};
}

/// Swap would be memory beyond the limit. A host without swap accounting has no such file.
void forbid_swap(const fs::path& folder, bool is_v2, std::uint64_t memory_bytes) {
  static_cast<void>(is_v2 ? kernel::write_text(folder / "memory.swap.max", "0")
                          : kernel::write_text(folder / "memory.memsw.limit_in_bytes",
                                               std::to_string(memory_bytes)));
}

/// On v2 a controller must be switched on in the folder above. Where that folder holds processes
/// the kernel refuses, and then so does the first write of a limit.
void switch_on(const fs::path& above, const std::string& controller) {
  static_cast<void>(kernel::write_text(above / "cgroup.subtree_control", "+" + controller));
}

bool is_dead(const std::string& process) {
  const int number = std::atoi(process.c_str());
  return number <= 0 || (::kill(number, 0) != 0 && errno == ESRCH);
}

}  // namespace

std::map<std::string, CgroupPlace> find_cgroup_places(std::string_view mounts,
                                                      std::string_view own) {
  std::map<std::string, CgroupPlace> places;
  const std::vector<Hierarchy> hierarchies = hierarchies_of(mounts);
  for (const std::string& line : kernel::lines_of(own)) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::vector<std::string> named =
        parts_of(line.substr(first + 1, second - first - 1), ',');
    const std::string path = line.substr(second + 1);
    for (const Hierarchy& hierarchy : hierarchies) {
      if (hierarchy.is_v2 != named.empty()) continue;
      for (const std::string controller : {"memory", "pids", "cpu", "cpuacct"}) {
        const bool is_its =
            hierarchy.is_v2 || (holds(named, controller) && holds(hierarchy.options, controller));
        // A v1 hierarchy that is mounted has the controller, so the v2 one has not.
        const auto known = places.find(controller);
        if (!is_its || (known != places.end() && !known->second.is_v2)) continue;
        places[controller] = {own_folder(hierarchy, path), hierarchy.is_v2};
      }
    }
  }
  return places;
}

void Cgroups::try_make(const std::string& controller, const CgroupPlace& place,
                       const env::SandboxLimits& limits, std::uint32_t spare_processes) {
  const fs::path folder = place.folder / (std::string(group_prefix) + std::to_string(::getpid()));
  if (place.is_v2) switch_on(place.folder, controller);
  const bool is_made = ::mkdir(folder.c_str(), 0755) == 0;
  if (!is_made && errno != EEXIST) {
    refusals_[controller] = folder.string() + ": " + std::generic_category().message(errno);
    return;
  }
  for (const auto& [file, text] : settings_of(controller, place.is_v2, limits, spare_processes)) {
    if (const auto written = kernel::write_text(folder / file, text); !written) {
      refusals_[controller] = written.error().detail();
      if (is_made) ::rmdir(folder.c_str());
      return;
    }
  }
  if (controller == "memory") forbid_swap(folder, place.is_v2, limits.memory_bytes);
  groups_[controller] = {folder, place.is_v2};
}

Cgroups Cgroups::make(const env::SandboxLimits& limits, std::uint32_t spare_processes) {
  Cgroups groups;
  const auto mounts = kernel::read_text("/proc/self/mountinfo");
  const auto own = kernel::read_text("/proc/self/cgroup");
  if (!mounts || !own) return groups;
  for (const auto& [controller, place] : find_cgroup_places(*mounts, *own)) {
    groups.try_make(controller, place, limits, spare_processes);
  }
  return groups;
}

Cgroups::~Cgroups() {
  for (const auto& [controller, group] : groups_) ::rmdir(group.folder.c_str());
}

bool Cgroups::has(std::string_view controller) const {
  return groups_.contains(std::string(controller));
}

std::string Cgroups::detail(std::string_view controller) const {
  const std::string name(controller);
  if (const auto found = groups_.find(name); found != groups_.end()) {
    return (found->second.is_v2 ? "v2, " : "v1, ") + found->second.folder.parent_path().string();
  }
  const auto refused = refusals_.find(name);
  return refused == refusals_.end() ? "no hierarchy has it" : refused->second;
}

Result<void> Cgroups::add(pid_t process) const {
  std::set<fs::path> folders;
  for (const auto& [controller, group] : groups_) folders.insert(group.folder);
  for (const fs::path& folder : folders) {
    OORT_TRY(kernel::write_text(folder / "cgroup.procs", std::to_string(process)));
  }
  return {};
}

std::uint64_t Cgroups::out_of_memory_count() const {
  const auto found = groups_.find("memory");
  if (found == groups_.end()) return 0;
  const Group& group = found->second;
  const auto text =
      kernel::read_text(group.folder / (group.is_v2 ? "memory.events" : "memory.oom_control"));
  return text ? kernel::number_after(*text, "oom_kill") : 0;
}

std::optional<std::uint64_t> Cgroups::memory_peak_bytes() const {
  const auto found = groups_.find("memory");
  if (found == groups_.end()) return std::nullopt;
  const Group& group = found->second;
  const auto text =
      kernel::read_text(group.folder / (group.is_v2 ? "memory.peak" : "memory.max_usage_in_bytes"));
  if (!text) return std::nullopt;
  return kernel::number_of(*text);
}

std::optional<Duration> Cgroups::cpu() const {
  const auto found = groups_.find("cpuacct");
  if (found == groups_.end()) return std::nullopt;
  const Group& group = found->second;
  const auto text = kernel::read_text(group.folder / (group.is_v2 ? "cpu.stat" : "cpuacct.usage"));
  if (!text) return std::nullopt;
  return group.is_v2 ? Duration(kernel::number_after(*text, "usage_usec") * 1000)
                     : Duration(kernel::number_of(*text));
}

void sweep_cgroups() {
  const auto mounts = kernel::read_text("/proc/self/mountinfo");
  const auto own = kernel::read_text("/proc/self/cgroup");
  if (!mounts || !own) return;
  for (const auto& [controller, place] : find_cgroup_places(*mounts, *own)) {
    std::error_code problem;
    for (const fs::directory_entry& one : fs::directory_iterator(place.folder, problem)) {
      // A launcher that lives may be about to fill its group. The kernel refuses to remove a group
      // that still has processes.
      const std::string name = one.path().filename();
      if (name.starts_with(group_prefix) && is_dead(name.substr(group_prefix.size()))) {
        ::rmdir(one.path().c_str());
      }
    }
  }
}

}  // namespace oort::sandbox
