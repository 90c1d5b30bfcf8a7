// SPDX-License-Identifier: Apache-2.0
// How long it takes from asking for a task to having its outcome, where the task is /bin/true: the
// price of a sandbox. The median of 50 in each tier that this host has; a tier that it lacks has no
// figure. The ceiling is /bin/true with nothing around it. One object on standard output.
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "oort/host/runtime.hpp"
#include "oort/sandbox/sandbox.hpp"

namespace oort::sandbox {
namespace {

constexpr int runs_count = 50;

double median_ms(const std::function<bool()>& run) {
  std::vector<double> took;
  for (int i = 0; i < runs_count; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    if (!run()) return -1;
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - begin;
    took.push_back(time.count());
  }
  std::sort(took.begin(), took.end());
  return took[took.size() / 2];
}

bool run_bare() {
  std::string name = "/bin/true";
  const std::array<char*, 2> words = {name.data(), nullptr};
  const std::array<char*, 1> environment = {nullptr};
  pid_t pid = -1;
  if (::posix_spawn(&pid, name.c_str(), nullptr, nullptr, words.data(), environment.data()) != 0) {
    return false;
  }
  return ::waitpid(pid, nullptr, 0) == pid;
}

env::SandboxTask task_of(env::SandboxTier tier) {
  env::SandboxTask task;
  task.tier = tier;
  for (const char* folder : {"/usr", "/bin", "/lib", "/lib64"}) {
    std::error_code problem;
    const auto source = std::filesystem::canonical(folder, problem);
    if (!problem) task.mounts.push_back({source, folder});
  }
  task.command = {"/bin/true"};
  return task;
}

bool run_in(env::Sandbox& sandbox, env::SandboxTier tier) {
  std::promise<bool> is_good;
  sandbox.run(task_of(tier), [&is_good](const Result<env::SandboxOutcome>& outcome) {
    is_good.set_value(outcome && outcome->end == env::SandboxEnd::Exited &&
                      outcome->exit_code == 0);
  });
  return is_good.get_future().get();
}

int run() {
  auto runtime = host::Runtime::start({});
  if (!runtime) return 1;
  const auto pool = (*runtime)->make_pool("sandbox", 1);
  const auto strand = (*runtime)->make_strand();
  auto sandbox = open_sandbox({}, *pool, *strand);
  if (!sandbox) {
    std::fprintf(stderr, "%s\n", sandbox.error().to_string().c_str());
    return 1;
  }
  std::string metrics;
  for (const env::SandboxTierSupport& support : (*sandbox)->support().tiers) {
    if (!support.is_supported()) continue;
    const double took = median_ms([&] { return run_in(**sandbox, support.tier); });
    if (took < 0) return 1;
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%s\"%s_ms\": %.1f", metrics.empty() ? "" : ", ",
                  std::string(env::to_string(support.tier)).c_str(), took);
    metrics += text.data();
  }
  std::printf("{\"name\": \"sandbox\", \"metrics\": {%s}, \"ceilings\": {\"bare_ms\": %.2f}}\n",
              metrics.c_str(), median_ms(run_bare));
  return 0;
}

}  // namespace
}  // namespace oort::sandbox

int main() { return oort::sandbox::run(); }
