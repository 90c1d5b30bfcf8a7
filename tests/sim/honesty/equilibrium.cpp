// SPDX-License-Identifier: Apache-2.0
#include "honesty/equilibrium.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <ostream>
#include <string>

#include "oort/ledger/honesty_records.hpp"

namespace oort::honestysim {
namespace {

constexpr double one = 1e9;
/// The ledger counts in integers: so many to the cost of one task.
constexpr double unit = 1e12;
constexpr double price = 1.25;
constexpr std::uint64_t tasks_each_max = 64;

Uint128 units(double amount) { return static_cast<Uint128>(amount * unit); }
double part(Ppb value) { return static_cast<double>(value.value()) / one; }
Ppb ppb(double value) { return Ppb(static_cast<std::uint64_t>(std::clamp(value, 0.0, 1.0) * one)); }

double gain_of(const Situation& situation, const Shortcut& shortcut) {
  return situation.saved_most * (1 - shortcut.cost) + situation.damage;
}

/// Chance to be caught at least once in m cheats.
double caught(Ppb d, std::uint64_t m) {
  return -std::expm1(static_cast<double>(m) * std::log1p(-part(d)));
}

}  // namespace

Ppb detection_of(const Situation& situation, const Shortcut& shortcut, Ppb pool) {
  ledger::Exposure exposure;
  exposure.audited = situation.audited;
  exposure.guessed = shortcut.guessed;
  exposure.unrecognised = Ppb(ledger::ppb_one - pool.value());
  exposure.rechecked = situation.rechecked;
  exposure.colluding = pool;
  return ledger::detection_per_task(exposure);
}

double profit_of(const Situation& situation, const Shortcut& shortcut, Ppb pool, std::uint64_t m) {
  const Ppb d = detection_of(situation, shortcut, pool);
  return static_cast<double>(m) * gain_of(situation, shortcut) - caught(d, m) * situation.at_stake;
}

Deviation best_response(const Situation& situation) {
  Deviation best;
  for (const Shortcut& shortcut : shortcuts) {
    for (const Ppb pool : pools) {
      for (std::uint64_t m = 1; m <= situation.tasks;) {
        const double profit = profit_of(situation, shortcut, pool, m);
        if (profit > best.profit) best = {m, &shortcut, pool, profit};
        if (m == situation.tasks) break;
        const std::uint64_t next = m < tasks_each_max ? m + 1 : m + m / 32;
        m = std::min(next, situation.tasks);
      }
    }
  }
  return best;
}

bool is_deterred(const Situation& situation) {
  return std::ranges::all_of(shortcuts, [&](const Shortcut& shortcut) {
    return std::ranges::all_of(pools, [&](Ppb pool) {
      const Uint128 gain = units(gain_of(situation, shortcut));
      return ledger::is_deterred(detection_of(situation, shortcut, pool), units(situation.at_stake),
                                 {gain * situation.tasks, gain});
    });
  });
}

Ppb shipped_rate(double at_stake, double damage, bool on_probation) {
  const ledger::TaskEconomy economy{units(price), units(at_stake), units(1), units(damage)};
  return ledger::audit_rate(ledger::AuditPolicy{}, economy, {}, on_probation);
}

std::uint64_t tasks_admitted(Ppb d, double at_stake, double gain) {
  return static_cast<std::uint64_t>(ledger::risk_capacity(d, units(at_stake), units(gain)) /
                                    units(gain));
}

std::vector<Shares> play(const Inspection& inspection, Shares from, std::size_t steps) {
  // Small steps, and a few who try the other way whatever it paid, so that no way is forgotten.
  constexpr double pace = 0.02;
  constexpr double trial = 1e-4;
  std::vector<Shares> states = {from};
  for (std::size_t i = 0; i < steps; ++i) {
    const Shares now = states.back();
    const double audited = inspection.quota + now.effort * inspection.effort_most;
    const double for_cheating = 1 - audited * (price + inspection.at_stake);
    const double find = inspection.find_share * inspection.at_stake;
    const double for_effort = now.cheating * find - inspection.bait_cost;
    const auto moved = [&](double share, double gain) {
      // Gains beyond what a task costs move no faster: nobody can do more than change its mind.
      const double bounded = std::clamp(gain, -1.0, 1.0);
      const double next = share + pace * share * (1 - share) * bounded;
      return std::clamp(next, trial, 1 - trial);
    };
    states.push_back({moved(now.cheating, for_cheating), moved(now.effort, for_effort)});
  }
  return states;
}

namespace {

void put(std::ostream& out, const std::string& figure, const std::string& series, double x,
         double y) {
  out << figure << ',' << series << ',' << x << ',' << y << '\n';
}

std::vector<double> steps_between(double first, double last, int count) {
  std::vector<double> values;
  for (int i = 0; i <= count; ++i) {
    values.push_back(first * std::pow(last / first, static_cast<double>(i) / count));
  }
  return values;
}

/// Profit of the best way to cheat on one task, by the audit rate.
void print_profit(std::ostream& out) {
  for (const double stake : {10.0, 50.0, 100.0, 200.0, 500.0, 1000.0}) {
    for (const double rate : steps_between(0.0005, 0.3, 80)) {
      Situation situation;
      situation.audited = ppb(rate);
      situation.at_stake = stake + price;
      // Where honest work is worth more, how much more.
      double most = -1e9;
      for (const Shortcut& shortcut : shortcuts) {
        for (const Ppb pool : pools) {
          most = std::max(most, profit_of(situation, shortcut, pool, 1));
        }
      }
      put(out, "profit", "S = " + std::to_string(static_cast<int>(stake)), 100 * rate, most);
    }
  }
}

/// Least audit rate at which nothing pays, found by halving; 1 where none does.
double least_rate(Situation situation) {
  double low = 0;
  double high = 1;
  for (int i = 0; i < 40; ++i) {
    const double middle = (low + high) / 2;
    situation.audited = ppb(middle);
    (best_response(situation).profit > 0 ? low : high) = middle;
  }
  return high;
}

void print_region(std::ostream& out) {
  for (const double stake : steps_between(3, 3'000, 60)) {
    Situation situation;
    situation.at_stake = stake + price;
    put(out, "region", "one task, nothing but its cost to gain", stake,
        100 * least_rate(situation));
    situation.damage = 5;
    put(out, "region", "one task, whose wrong result brings five more", stake,
        100 * least_rate(situation));
    put(out, "region", "rate that ships", stake, 100 * part(shipped_rate(stake, 0, false)));
    put(out, "region", "on probation", stake, 100 * part(shipped_rate(stake, 0, true)));
  }
}

/// How much of its stake a node may put at risk, by what one task brings: with the detection that
/// the ledger's limit assumes, and with the rates that executors meet.
void print_load(std::ostream& out) {
  for (const double gain : steps_between(0.0005, 0.2, 80)) {
    const auto put_for = [&](const char* name, Ppb d) {
      const auto tasks = static_cast<double>(tasks_admitted(d, 1, gain));
      put(out, "load", name, 100 * gain, 100 * tasks * gain);
    };
    put_for("probation, 30 %", ledger::AuditPolicy{}.probation);
    put_for("what the ledger's limit assumes, 5 %", ledger::HonestyParams{}.detection);
    put_for("the least rate that ships", shipped_rate(1e9, 0, false));
  }
}

void print_mixed(std::ostream& out) {
  Inspection inspection;
  inspection.effort_most = 0.05;
  for (const double quota : {0.0, 0.005, 0.0124}) {
    inspection.quota = quota;
    const auto states = play(inspection, {0.2, 0.05}, 6'000);
    const std::string name = "owed " + std::to_string(quota * 100).substr(0, 4) + " %";
    for (std::size_t i = 0; i < states.size(); i += 20) {
      put(out, "mixed", name, static_cast<double>(i), 100 * states[i].cheating);
    }
  }
}

}  // namespace

void print_curves(std::ostream& out) {
  print_profit(out);
  print_region(out);
  print_load(out);
  print_mixed(out);
}

}  // namespace oort::honestysim
