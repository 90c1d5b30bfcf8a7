// SPDX-License-Identifier: Apache-2.0
#include "bft/cluster.hpp"

#include <algorithm>
#include <utility>

#include "bft/forger.hpp"
#include "bft/replica.hpp"

namespace oort::bftsim {
namespace {

std::size_t machines_count(const Options& options) {
  return options.nodes + (options.fault == Fault::Twins ? options.faulty_count : 0U);
}

}  // namespace

Cluster::Cluster(const Options& options)
    : options_(options),
      world_(options.seed),
      facts_(options),
      checker_(options, facts_),
      random_(world_.random().fork()),
      extra_(options.seed ^ 0xe17aU),
      links_(world_, machines_count(options), options.chaos) {
  make_machines();
  if (options.fault == Fault::Forger) forger_ = std::make_unique<Forger>(*this, facts_.faulty());
  plan_chaos();
}
Cluster::~Cluster() = default;

void Cluster::make_machines() {
  machines_.resize(machines_count(options_));
  for (std::uint32_t i = 0; i < machines_.size(); ++i) {
    Machine& machine = machines_[i];
    machine.identity = i < options_.nodes ? ValidatorIndex(static_cast<std::uint16_t>(i))
                                          : facts_.faulty(i - options_.nodes);
    sim::NodeOptions node;
    node.disk.torn = options_.torn;
    const auto skew = static_cast<std::uint64_t>(options_.skew_max.count()) / 1'000'000;
    node.wall_start.milliseconds += random_.between(0, skew);
    const auto drift = static_cast<std::uint64_t>(options_.drift_ppm_max);
    node.drift_ppm =
        static_cast<std::int32_t>(random_.between(0, 2 * drift)) - options_.drift_ppm_max;
    machine.node = std::make_unique<sim::Node>(world_, i, facts_.node(machine.identity), node);
    machine.node->set_program([this, i](sim::Node&) -> std::unique_ptr<sim::Program> {
      return std::make_unique<Replica>(*this, machines_[i]);
    });
  }
  plan_cut();
  for (std::uint32_t i = 0; i < machines_.size(); ++i) {
    if (is_silent(machines_[i])) {
      machines_[i].node->crash();
    } else {
      start(i);
    }
  }
}

void Cluster::start(std::uint32_t index) {
  Machine& machine = machines_[index];
  if (is_silent(machine)) return;
  machine.node->start();
  replica(index)->boot();
}

bool Cluster::is_silent(const Machine& machine) const noexcept {
  const bool has_no_engine = options_.fault == Fault::Mute || options_.fault == Fault::Forger;
  return has_no_engine && facts_.is_faulty(machine.identity);
}

bool Cluster::is_correct(const Machine& machine) const noexcept {
  return options_.fault != Fault::Twins || !facts_.is_faulty(machine.identity);
}

Replica* Cluster::replica(std::uint32_t index) {
  sim::Node& node = *machines_[index].node;
  return node.is_up() ? static_cast<Replica*>(node.program()) : nullptr;
}

bool Cluster::can_reach(const Machine& from, const Machine& to) const {
  return !links_.is_cut(from.node->index(), to.node->index()) &&
         !links_.is_cut(to.node->index(), from.node->index());
}

// Chaos -------------------------------------------------------------------------------------------

void Cluster::plan_chaos() {
  const Duration end = options_.chaos_end;
  if (end.count() > 0) {
    for (std::uint32_t i = 0; i < options_.crashes_count; ++i) {
      plan_crash(random_.duration(Duration{0}, end));
    }
    for (std::uint32_t i = 0; i < options_.partitions_count; ++i) {
      plan_partition(random_.duration(Duration{0}, end));
    }
    if (checker_.may_fork()) {
      plan_fork();
    } else if (options_.fault == Fault::Twins) {
      plan_twins();
    }
    plan_hardships();
  }
  world_.after(end, [this] { calm_down(); });
}

void Cluster::plan_crash(Duration when) {
  auto victim = static_cast<std::uint32_t>(random_.below(machines_.size()));
  const bool is_amnesia = options_.fault == Fault::Amnesiac;
  if (is_amnesia && random_.chance(500'000)) victim = facts_.faulty().value();
  const Duration down = random_.duration(10ms, 3s);
  const bool is_by_disk = random_.chance(500'000);
  const std::uint64_t operations = random_.below(6);
  world_.after(when, [this, victim, down, is_by_disk, operations] {
    Machine& machine = machines_[victim];
    if (!machine.node->is_up() || is_calm_) return;
    if (is_by_disk) {
      machine.node->disk().die_after(operations, [this, victim] { crash(machines_[victim]); });
    } else {
      crash(machine);
    }
    start_after(down, victim);
  });
}

void Cluster::start_after(Duration delay, std::uint32_t index) {
  world_.after(delay, [this, index] {
    if (!machines_[index].node->is_up()) start(index);
  });
}

void Cluster::crash(Machine& machine) {
  const std::uint64_t durable_bytes = machine.node->disk().durable_bytes("consensus", "epoch-0");
  machine.node->crash();
  const std::size_t kept = random_.between(machine.durable_entries, machine.ledger.size());
  machine.ledger.resize(kept);
  machine.durable_entries = kept;
  const bool is_forgetful = options_.fault == Fault::Amnesiac && facts_.is_faulty(machine.identity);
  if (is_forgetful) forget(machine, durable_bytes);
}

// It loses its log, not its ledger; with n - 1 others up it may find its way back.
void Cluster::forget(Machine& machine, std::uint64_t durable_bytes) {
  constexpr std::uint64_t header_bytes = 16;
  if (machine.is_log_damaged || durable_bytes <= header_bytes || extra_.chance(500'000)) {
    machine.is_log_damaged = false;
    return machine.node->disk().wipe();
  }
  const std::uint64_t bit = extra_.below(durable_bytes * 8);
  machine.is_log_damaged = machine.node->disk().flip_bit("consensus", "epoch-0", bit);
}

void Cluster::abort(Machine& machine) {
  if (options_.hardships.disk_errors_count == 0) {
    return checker_.fail("a disk without a fault refuses");
  }
  crash(machine);
  start_after(extra_.duration(10ms, 2s), machine.node->index());
}

void Cluster::refuse_log(Machine& machine) {
  ++damaged_logs_count_;
  crash(machine);
  machine.node->disk().wipe();
  machine.is_log_damaged = false;
  start_after(extra_.duration(10ms, 2s), machine.node->index());
}

// A cut comes in the middle of a quiet network, so that all that differs is the cut.
void Cluster::plan_cut() {
  if (!options_.log_cut) return;
  const LogCut& cut = *options_.log_cut;
  machines_[cut.machine].node->disk().die_at_byte(cut.byte, cut.fills_with_zeros, [this, cut] {
    blocks_at_cut_ = checker_.chain().size();
    crash(machines_[cut.machine]);
    start_after(100ms, cut.machine);
  });
}

void Cluster::plan_hardships() {
  const Hardships& hardships = options_.hardships;
  const auto at_any_time = [this](auto happen) {
    const auto victim = static_cast<std::uint32_t>(extra_.below(machines_.size()));
    world_.after(extra_.duration(Duration{0}, options_.chaos_end), [this, victim, happen] {
      if (!is_calm_) happen(machines_[victim]);
    });
  };
  for (std::uint32_t i = 0; i < hardships.wall_jumps_count; ++i) {
    const auto by = static_cast<std::int64_t>(extra_.below(4000)) - 2000;
    at_any_time([by](Machine& machine) {
      machine.wall_jump_ms += by;
      machine.node->jump_wall(by);
    });
  }
  for (std::uint32_t i = 0; i < hardships.disk_errors_count; ++i) {
    const std::uint64_t kind = extra_.below(3);
    at_any_time([this, kind](Machine& machine) {
      sim::SimDisk& disk = machine.node->disk();
      if (kind == 0) return disk.fail_syncs(1);
      if (kind == 1) return disk.fail_appends(1);
      disk.set_capacity(disk.used_bytes());
      world_.after(extra_.duration(100ms, 2s), [&disk] { disk.set_capacity(~std::uint64_t{0}); });
    });
  }
  links_.slow(static_cast<std::uint32_t>(extra_.below(machines_.size())), hardships.slowness);
}

void Cluster::plan_partition(Duration when) {
  const Duration length = random_.duration(100ms, 5s);
  std::vector<std::uint32_t> sides;
  for (std::size_t i = 0; i < machines_.size(); ++i) {
    sides.push_back(static_cast<std::uint32_t>(random_.below(2)));
  }
  const bool is_one_way = random_.chance(300'000);
  world_.after(when, [this, sides, is_one_way] {
    if (is_calm_) return;
    if (!is_one_way) return links_.partition(sides);
    for (std::uint32_t from = 0; from < sides.size(); ++from) {
      for (std::uint32_t to = 0; to < sides.size(); ++to) {
        if (sides[from] == 0 && sides[to] == 1) links_.cut(from, to);
      }
    }
  });
  world_.after(when + length, [this] { links_.heal(); });
}

// Every faulty identity runs twice; each half of the correct sees one of the two, and nobody else.
void Cluster::plan_fork() {
  std::vector<std::uint32_t> sides(machines_.size(), 0);
  std::uint32_t correct_count = 0;
  for (std::uint32_t i = 0; i < machines_.size(); ++i) {
    if (i >= options_.nodes) sides[i] = 1;
    if (is_correct(machines_[i])) sides[i] = correct_count++ % 2;
    machines_[i].group = sides[i];
  }
  links_.partition(sides);
}

void Cluster::plan_twins() {
  // New halves at random times: each twin speaks with one, and both with each other.
  for (Machine& machine : machines_) {
    machine.group = static_cast<std::uint32_t>(random_.below(5)) == 0
                        ? 2
                        : static_cast<std::uint32_t>(random_.below(2));
  }
  machines_[facts_.faulty().value()].group = 0;
  machines_.back().group = 1;
  world_.after(random_.duration(50ms, 2s), [this] {
    if (!is_calm_) plan_twins();
  });
}

void Cluster::calm_down() {
  is_calm_ = true;
  links_.heal();
  links_.set_all(options_.calm);
  for (std::uint32_t i = 0; i < machines_.size(); ++i) {
    Machine& machine = machines_[i];
    machine.group = 2;
    machine.node->jump_wall(-std::exchange(machine.wall_jump_ms, 0));
    machine.node->disk().fail_syncs(0);
    machine.node->disk().fail_appends(0);
    machine.node->disk().set_capacity(~std::uint64_t{0});
    links_.slow(i, 1);
    // A crash that the disk still had in store does not happen any more.
    machine.node->disk().die_after(~std::uint64_t{0} / 2, {});
    if (!machine.node->is_up()) start(i);
  }
}

// Frames ------------------------------------------------------------------------------------------

void Cluster::broadcast(Machine& from, env::TrafficClass traffic, env::MessageType type,
                        const consensus::SharedBytes& bytes) {
  for (Machine& to : machines_) {
    if (&to != &from) carry(from, to, traffic, type, bytes);
  }
  if (forger_) forger_->observe(type, bytes);
}

void Cluster::send(Machine& from, const NodeId& to, env::TrafficClass traffic,
                   env::MessageType type, const consensus::SharedBytes& bytes) {
  for (Machine& machine : machines_) {
    if (&machine != &from && machine.node->id() == to) carry(from, machine, traffic, type, bytes);
  }
}

void Cluster::carry(Machine& from, Machine& to, env::TrafficClass traffic, env::MessageType type,
                    const consensus::SharedBytes& bytes) {
  if (!to.node->is_up()) return;
  const bool is_twin = options_.fault == Fault::Twins &&
                       (facts_.is_faulty(from.identity) || facts_.is_faulty(to.identity));
  const bool are_both_twins = from.identity == to.identity;
  if (is_twin && !are_both_twins && from.group != to.group && from.group != 2 && to.group != 2) {
    return;
  }
  const auto fate =
      links_.carry(from.node->index(), to.node->index(), traffic, bytes->size(), true);
  for (std::uint32_t copy = 0; copy < fate.copies; ++copy) {
    world_.after(fate.delays[copy], [this, receiver = to.node->index(), sender = from.node->id(),
                                     type, bytes] { deliver(receiver, sender, type, bytes); });
  }
}

void Cluster::inject(std::uint32_t to, Duration delay, env::MessageType type,
                     const consensus::SharedBytes& bytes) {
  if (type == consensus::message::proposal) checker_.learn(bytes);
  world_.after(delay,
               [this, to, type, bytes] { deliver(to, facts_.node(facts_.faulty()), type, bytes); });
}

void Cluster::deliver(std::uint32_t to, const NodeId& from, env::MessageType type,
                      const consensus::SharedBytes& bytes) {
  sim::Node& node = *machines_[to].node;
  if (!node.is_up()) return;
  ++messages_count_;
  sim::TraceHash& trace = world_.trace();
  trace.mix((std::uint64_t{to} << 32U) | type);
  trace.mix(ByteView(*bytes).last(std::min<std::size_t>(bytes->size(), 32)));
  Task receive = [this, to, &from, type, &bytes] { replica(to)->receive(from, type, bytes); };
  node.run(node.life(), receive);
}

// The run -----------------------------------------------------------------------------------------

bool Cluster::is_done() {
  if (checker_.has_failed()) return true;
  if (!is_calm_ || checker_.may_fork()) return false;
  for (const Machine& machine : machines_) {
    if (is_silent(machine) || !is_correct(machine)) continue;
    // Everybody must have come along, within a few blocks of the target.
    if (machine.ledger.size() < options_.blocks) return false;
  }
  // Who forgot must have found its way back too, since all others are up.
  for (std::uint32_t i = 0; i < machines_.size(); ++i) {
    if (is_silent(machines_[i]) || !is_correct(machines_[i])) continue;
    if (!replica(i) || !replica(i)->is_voting()) return false;
  }
  return true;
}

std::string Cluster::stuck_text() {
  std::string text = "I11: not everything is final " +
                     std::to_string(options_.liveness_limit.count() / 1'000'000'000) +
                     " s after the chaos:";
  for (std::uint32_t i = 0; i < machines_.size(); ++i) {
    text += " [" + std::to_string(i) + ": height " + std::to_string(machines_[i].ledger.size());
    if (Replica* program = replica(i)) text += ", " + program->describe();
    text += "]";
  }
  return text;
}

// I10. There is no end to wait for after a fork: the halves go on, or halt.
void Cluster::judge_ledgers() {
  for (const Machine& one : machines_) {
    for (const Machine& other : machines_) {
      const bool is_pair = is_correct(one) && is_correct(other) && &one < &other;
      if (is_pair && !checker_.has_failed()) checker_.compare(one.ledger, other.ledger);
    }
  }
}

Report Cluster::run() {
  constexpr Duration after_a_fork = 20s;
  const bool may_fork = checker_.may_fork();
  const Duration limit = options_.chaos_end + (may_fork ? after_a_fork : options_.liveness_limit);
  const bool is_finished = world_.run_until_holds([this] { return is_done(); }, limit);
  if (may_fork) {
    judge_ledgers();
  } else if (!is_finished) {
    checker_.fail(stuck_text());
  }
  for (const Machine& machine : machines_) {
    for (const LedgerEntry& entry : machine.ledger) world_.trace().mix(entry.block->id.view());
  }
  Report report;
  report.failure = checker_.failure();
  report.trace = world_.trace().text();
  report.events = world_.events_count();
  report.messages = messages_count_;
  report.final_blocks = checker_.final_height();
  report.evidence = checker_.evidence_count();
  const std::uint32_t cut = options_.log_cut ? options_.log_cut->machine : 0;
  report.log_bytes = machines_[cut].node->disk().appended_bytes();
  report.blocks_at_cut = blocks_at_cut_;
  report.chain = checker_.chain();
  report.damaged_logs = damaged_logs_count_;
  report.has_forked = checker_.has_forked();
  report.convicted_percent = checker_.convicted_percent();
  report.virtual_time = world_.now() - MonoTime{};
  return report;
}

Report run(const Options& options) { return Cluster(options).run(); }

}  // namespace oort::bftsim
