// SPDX-License-Identifier: Apache-2.0
#include <condition_variable>
#include <mutex>

#include "oort/core/log.hpp"
#include "oort/host/runtime.hpp"
#include "oort/host/service.hpp"
#include "oort/node/node.hpp"

namespace oort::node {
namespace {

constexpr Duration stop_grace = 10s;

/// What the main thread waits for.
class Wishes {
 public:
  void ask_stop() {
    const std::lock_guard lock(mutex_);
    wants_stop_ = true;
    changed_.notify_all();
  }
  void ask_reload() {
    const std::lock_guard lock(mutex_);
    wants_reload_ = true;
    changed_.notify_all();
  }
  enum class Wish { Stop, Reload, None };
  [[nodiscard]] Wish wait(Duration limit) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, limit, [this] { return wants_stop_ || wants_reload_; });
    if (wants_stop_) return Wish::Stop;
    const Wish wish = wants_reload_ ? Wish::Reload : Wish::None;
    wants_reload_ = false;
    return wish;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool wants_stop_ = false;
  bool wants_reload_ = false;
};

void reload(Node& node, const std::filesystem::path& path,
            const std::map<std::string, std::string>& flags) {
  host::service::reloading();
  const auto config = load_config_file(path, flags);
  if (config) {
    log::set_level(config->log.level);
    node.reload(*config);
    log::info("node", "configuration was read again");
  } else {
    log::error("node", "the configuration was not taken", {{"why", config.error().to_string()}});
  }
  host::service::ready("running");
}

}  // namespace

Result<void> run_daemon(const std::filesystem::path& config_path,
                        const std::map<std::string, std::string>& flags, const std::string& version,
                        Hooks& hooks) {
  OORT_TRY(Config config, load_config_file(config_path, flags));
  OORT_TRY(log::configure(
      {.level = config.log.level, .format = config.log.format, .file = config.log.file}));

  Wishes wishes;
  OORT_TRY(const auto signals, host::Runtime::start({.threads_count = 1}));
  const auto strand = signals->make_strand();
  OORT_TRY(signals->watch_signals(*strand, [&wishes](host::Signal signal) {
    if (signal == host::Signal::Hangup) {
      wishes.ask_reload();
    } else {
      wishes.ask_stop();
    }
  }));

  OORT_TRY(const auto node,
           Node::start(std::move(config), version, hooks, [&wishes] { wishes.ask_stop(); }));
  host::service::ready("running");
  const Duration tick = host::service::watchdog_interval().value_or(60s) / 2;
  while (true) {
    const Wishes::Wish wish = wishes.wait(tick);
    if (wish == Wishes::Wish::Stop) break;
    if (wish == Wishes::Wish::Reload) reload(*node, config_path, flags);
    host::service::alive();
  }
  host::service::stopping();
  node->stop(stop_grace);
  signals->stop();
  return {};
}

}  // namespace oort::node
