// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "bft/checker.hpp"
#include "bft/network_facts.hpp"
#include "sim/links.hpp"
#include "sim/node.hpp"

namespace oort::bftsim {

class Forger;
class Replica;

/// Types of the driver's own frames: blocks by id, and final blocks for who fell far behind.
namespace frame {
inline constexpr env::MessageType fetch_request = 0x0201;
inline constexpr env::MessageType fetch_reply = 0x0202;
}  // namespace frame

/// What one machine keeps over its crashes, beside its disk.
struct Machine {
  std::unique_ptr<sim::Node> node;
  ValidatorIndex identity;
  std::vector<LedgerEntry> ledger;
  /// So many entries survive a crash; of the rest any number does.
  std::size_t durable_entries = 0;
  /// Whether its key ever had a record: then a missing one means amnesia.
  bool has_signed_before = false;
  /// A bit of its log was inverted: it must not open.
  bool is_log_damaged = false;
  /// By how much its wall clock is off.
  std::int64_t wall_jump_ms = 0;
  /// The latest that it showed to an engine, whose decision of then is sent after a jump back.
  WallTime wall_max;
  /// For Twins in the chaos: which of two groups it talks to; 2 is both.
  std::uint32_t group = 2;
};

struct Report {
  std::string failure;  ///< Empty: all invariants held.
  std::string trace;
  std::uint64_t events = 0;
  std::uint64_t messages = 0;
  std::uint64_t final_blocks = 0;
  std::uint64_t evidence = 0;
  /// Of all bytes that went into the log of the machine whose log is cut, or of the first.
  std::uint64_t log_bytes = 0;
  /// What was final when that log was cut.
  std::uint64_t blocks_at_cut = 0;
  std::vector<BlockId> chain;
  std::uint64_t damaged_logs = 0;
  bool has_forked = false;
  /// What the engines proved by themselves, of the weight.
  std::uint64_t convicted_percent = 0;
  Duration virtual_time{0};
  [[nodiscard]] bool is_ok() const noexcept { return failure.empty(); }
};

/// All machines of one run, the wires between them, and what happens to them.
class Cluster {
 public:
  explicit Cluster(const Options& options);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  Report run();

  [[nodiscard]] const Options& options() const noexcept { return options_; }
  [[nodiscard]] sim::World& world() noexcept { return world_; }
  [[nodiscard]] Facts& facts() noexcept { return facts_; }
  [[nodiscard]] Checker& checker() noexcept { return checker_; }
  [[nodiscard]] std::vector<Machine>& machines() noexcept { return machines_; }
  [[nodiscard]] Machine& machine(std::uint32_t index) { return machines_.at(index); }
  /// Whether the machine's code is correct and alone with its key, so that all invariants hold.
  [[nodiscard]] bool is_correct(const Machine& machine) const noexcept;
  [[nodiscard]] bool is_calm() const noexcept { return is_calm_; }
  /// A program ends because its disk refuses; it is started again a little later.
  void abort(Machine& machine);
  /// A program refused its log. It is started again with an empty one, as people would.
  void refuse_log(Machine& machine);
  /// The running program of a machine, or null.
  [[nodiscard]] Replica* replica(std::uint32_t index);

  [[nodiscard]] bool can_reach(const Machine& from, const Machine& to) const;
  /// From a machine to all others, or to those of one identity; over the links.
  void broadcast(Machine& from, env::TrafficClass traffic, env::MessageType type,
                 const consensus::SharedBytes& bytes);
  void send(Machine& from, const NodeId& to, env::TrafficClass traffic, env::MessageType type,
            const consensus::SharedBytes& bytes);
  /// From the forger, whose network is as good as it likes.
  void inject(std::uint32_t to, Duration delay, env::MessageType type,
              const consensus::SharedBytes& bytes);

 private:
  void make_machines();
  void start(std::uint32_t index);
  /// Whether no engine runs on it: the forger and the mute.
  [[nodiscard]] bool is_silent(const Machine& machine) const noexcept;
  void plan_chaos();
  void plan_crash(Duration when);
  void plan_partition(Duration when);
  void plan_twins();
  void plan_fork();
  void plan_hardships();
  void plan_cut();
  void crash(Machine& machine);
  /// The machine's disk is empty, or damaged, at its next start.
  void forget(Machine& machine, std::uint64_t durable_bytes);
  void start_after(Duration delay, std::uint32_t index);
  void calm_down();
  void judge_ledgers();
  void carry(Machine& from, Machine& to, env::TrafficClass traffic, env::MessageType type,
             const consensus::SharedBytes& bytes);
  void deliver(std::uint32_t to, const NodeId& from, env::MessageType type,
               const consensus::SharedBytes& bytes);
  [[nodiscard]] bool is_done();
  [[nodiscard]] std::string stuck_text();

  Options options_;
  sim::World world_;
  Facts facts_;
  Checker checker_;
  sim::Generator random_;
  /// For what was thought of later: it does not move what `random_` draws.
  sim::Generator extra_;
  sim::Links links_;
  std::vector<Machine> machines_;
  std::unique_ptr<Forger> forger_;
  std::uint64_t messages_count_ = 0;
  std::uint64_t damaged_logs_count_ = 0;
  std::uint64_t blocks_at_cut_ = 0;
  bool is_calm_ = false;
};

[[nodiscard]] Report run(const Options& options);

}  // namespace oort::bftsim
