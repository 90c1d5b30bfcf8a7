// SPDX-License-Identifier: Apache-2.0
#include "honesty/town.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "oort/codec/codec.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/tree.hpp"

namespace oort::honestysim {
namespace {

using ledger::ppb_one;

constexpr std::uint64_t cost = 1000;   ///< Of an honest execution.
constexpr std::uint64_t price = 1250;  ///< What it is paid.
constexpr ledger::Prior prior{};       ///< A fifth are saboteurs, as here.
constexpr std::uint64_t trusted_passes = 30;
/// Executors that one task may have; after those it is refunded.
constexpr std::size_t executors_max = 16;
constexpr Ppb fading{5'000'000};

struct SimNode {
  Strategy strategy = Strategy::Honest;
  std::uint64_t bond = 0;
  std::uint64_t unpaid = 0;
  ledger::HonestyCounters counters;
  std::uint32_t passes_now = 0;  ///< Of this epoch; they count when it is over.
  bool is_convicted = false;
  Ppb rate{0};
  std::array<bool, confidences.size()> suffices{};
};

bool in_cabal(Strategy strategy) noexcept {
  return strategy == Strategy::Pool || strategy == Strategy::Verifiers;
}

class Town {
 public:
  explicit Town(const TownOptions& options) : options_(options), random_(options.seed) {
    for (std::uint32_t i = 0; i < options.nodes_count; ++i) nodes_.push_back(born(i));
  }

  TownFigures run() {
    for (epoch_ = 0; epoch_ < options_.epochs_count; ++epoch_) {
      begin_epoch();
      const std::uint64_t tasks = std::uint64_t{options_.tasks_per_epoch} * nodes_.size();
      for (std::uint64_t i = 0; i < tasks; ++i) one_task();
      end_epoch();
    }
    return figures_;
  }

 private:
  [[nodiscard]] bool chance(std::uint64_t ppb) { return random_.below(ppb_one) < ppb; }
  [[nodiscard]] bool is_late() const { return epoch_ >= options_.epochs_count / 10; }

  /// A node without a past. What it does depends on its place alone, so that shares stay.
  SimNode born(std::uint32_t index) {
    SimNode node;
    const bool is_saboteur = index % 100 < options_.saboteurs_percent;
    if (is_saboteur) {
      node.strategy = static_cast<Strategy>(1 + index / 100 % (strategies_count - 1));
    }
    node.bond = cost * random_.between(200, 1000);
    return node;
  }

  void begin_epoch() {
    Uint128 total = 0;
    std::vector<Uint128> weights;
    for (const SimNode& node : nodes_) {
      const Ppb credibility = ledger::credibility(node.counters, prior);
      weights.push_back(ledger::honest_weight(node.bond, credibility));
      total += weights.back();
    }
    officers_ = 0;
    cabal_officers_ = 0;
    accusers_.clear();
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const ledger::OfficerDraw draw{{},         Epoch(epoch_), {},
                                     weights[i], total,         options_.officers_expected};
      crypto::VrfOutput output;
      const std::uint64_t word = random_.next();
      const std::uint64_t other = random_.next();
      std::memcpy(output.mutable_view().data(), &word, sizeof(word));
      std::memcpy(output.mutable_view().data() + sizeof(word), &other, sizeof(other));
      if (!ledger::is_drawn(draw, output)) continue;
      ++officers_;
      if (in_cabal(nodes_[i].strategy)) ++cabal_officers_;
      if (nodes_[i].strategy == Strategy::Verifiers) accusers_.push_back(i);
    }
    weights_ = std::move(weights);
    for (SimNode& node : nodes_) refresh(node);
  }

  void refresh(SimNode& node) {
    const std::vector<ledger::ResultGroup> alone{{node.counters.passed_micro}};
    const Ppb own = ledger::posterior(alone, 0, prior);
    for (std::size_t i = 0; i < confidences.size(); ++i) {
      node.suffices[i] = own.value() >= confidences[i];
    }
    const ledger::AuditPolicy policy;
    const ledger::TaskEconomy economy{price, node.bond + node.unpaid, cost, 0};
    const bool on_probation = node.counters.passed_micro < 10 * ledger::micro_one;
    node.rate = options_.fixed_rate.value() != 0
                    ? options_.fixed_rate
                    : ledger::audit_rate(policy, economy, {}, on_probation);
  }

  /// Whether a node means to cheat on a task, by what its strategy says.
  bool means_to_cheat(const SimNode& node, std::uint64_t task) {
    switch (node.strategy) {
      case Strategy::Honest: return false;
      case Strategy::Always: return true;
      case Strategy::Rate: return chance(ppb_one / 10);
      case Strategy::LongCon:
        return node.counters.passed_micro >= trusted_passes * ledger::micro_one;
      // A third of the tasks, the same for all members.
      case Strategy::Pool:
      case Strategy::Verifiers: return task * 0x9e3779b97f4a7c15U % 3 == 0;
      case Strategy::Recogniser: return chance(ppb_one / 3);
    }
    return false;
  }

  /// Share of its baits that a node does not recognise.
  [[nodiscard]] double strength_for(const SimNode& node) const {
    if (node.strategy == Strategy::Recogniser) return 0.5;
    if (!in_cabal(node.strategy) || officers_ == 0) return 1;
    return 1 - static_cast<double>(cabal_officers_) / static_cast<double>(officers_);
  }

  /// One visit of an executor: a bait, or the customer's task. Returns whether a result for the
  /// customer came, and whether it is wrong.
  std::optional<bool> visit(SimNode& node, std::uint64_t task) {
    const bool is_bait = chance(node.rate.value());
    const bool means_it = means_to_cheat(node, task);
    const double strength = strength_for(node);
    if (means_it && !node.is_convicted) {
      StrategyFigures& figures = figures_.strategies[static_cast<std::size_t>(node.strategy)];
      ++figures.cheats;
      figures.detection_sum += static_cast<double>(node.rate.value()) / 1e9 * strength;
    }
    if (!is_bait) {
      if (node.strategy == Strategy::Honest) ++figures_.honest_executions;
      node.unpaid += price;
      return means_it;
    }
    ++figures_.baits;
    if (is_late()) ++figures_.late_audits;
    const bool is_known = !chance(static_cast<std::uint64_t>(strength * 1e9));
    if (means_it && !is_known) {
      if (!node.is_convicted) {
        ++figures_.strategies[static_cast<std::size_t>(node.strategy)].caught;
      }
      node.is_convicted = true;  // Once the epoch is over and the panel has been heard.
    } else {
      ++node.passes_now;
    }
    return std::nullopt;
  }

  void one_task() {
    const std::uint64_t task = ++tasks_;
    const std::size_t confidence = random_.below(confidences.size());
    std::vector<std::size_t> asked;
    ledger::ResultGroup right;
    ledger::ResultGroup wrong;  // Saboteurs agree on what is wrong: the worst case.
    while (asked.size() < executors_max) {
      const std::size_t chosen = random_.below(nodes_.size());
      if (std::ranges::find(asked, chosen) != asked.end()) continue;
      SimNode& node = nodes_[chosen];
      const auto result = visit(node, task);
      if (!result) continue;  // The bait came in the task's place; the task goes on.
      asked.push_back(chosen);
      ++figures_.executions;
      if (is_late()) ++figures_.late_executions;
      (*result ? wrong : right).push_back(node.counters.passed_micro);
      if (asked.size() == 1 && node.suffices[confidence]) return accept(confidence, *result);
      std::vector<ledger::ResultGroup> groups;
      if (!right.empty()) groups.push_back(right);
      if (!wrong.empty()) groups.push_back(wrong);
      const auto index = ledger::accepted_group(groups, Ppb(confidences[confidence]), prior);
      if (index) return accept(confidence, right.empty() || *index == 1);
    }
    ++figures_.tasks;  // Refunded.
    if (is_late()) ++figures_.late_tasks;
  }

  void accept(std::size_t confidence, bool is_wrong) {
    ++figures_.tasks;
    if (is_late()) ++figures_.late_tasks;
    ++figures_.accepted[confidence];
    if (is_wrong) ++figures_.accepted_wrong[confidence];
  }

  void end_epoch() {
    std::vector<ledger::PanelCandidate> candidates;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      candidates.push_back({node_id(i), operator_id(i), weights_[i]});
    }
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      SimNode& node = nodes_[i];
      const bool is_guilty = node.is_convicted;
      node.counters = ledger::decayed(node.counters, fading);
      node.counters = ledger::with_passes(node.counters, std::exchange(node.passes_now, 0));
      node.unpaid = std::min<std::uint64_t>(node.unpaid, 200 * price);
      if (is_guilty) settle(i, true, candidates);
    }
    for (const std::size_t accuser : accusers_) accuse(accuser, candidates);
  }

  void accuse(std::size_t accuser, const std::vector<ledger::PanelCandidate>& candidates) {
    const std::size_t victim = random_.below(nodes_.size());
    if (nodes_[victim].strategy != Strategy::Honest) return;
    ++figures_.accusations;
    accuser_ = accuser;
    settle(victim, false, candidates);
  }

  static NodeId node_id(std::size_t index) {
    NodeId id;
    for (std::size_t i = 0; i < 4; ++i) {
      id.mutable_view()[i] = static_cast<std::byte>(index >> (8 * (3 - i)) & 0xff);
    }
    return id;
  }
  static std::size_t index_of(const NodeId& id) {
    std::size_t index = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      index = index * 256 + std::to_integer<std::size_t>(id.array()[i]);
    }
    return index;
  }
  static OperatorId operator_id(std::size_t index) {
    return *OperatorId::from(node_id(index + 1).view().first(20));
  }
  static Bytes32 result_of(bool is_right) {
    Bytes32 result;
    result.mutable_view()[0] = is_right ? std::byte{1} : std::byte{2};
    return result;
  }

  /// What a panelist says: the truth, but for a cabal that saves its own and ruins others.
  [[nodiscard]] bool tells_truth(const SimNode& panelist, std::size_t accused,
                                 bool is_guilty) const {
    if (panelist.strategy != Strategy::Verifiers) return true;
    return is_guilty ? !in_cabal(nodes_[accused].strategy) : false;
  }

  void settle(std::size_t accused, bool is_guilty,
              const std::vector<ledger::PanelCandidate>& candidates) {
    ++figures_.cases;
    const ledger::PanelVerdict verdict = judged(accused, is_guilty, candidates);
    if (verdict == ledger::PanelVerdict::Convicted) {
      if (!is_guilty) ++figures_.honest_slashed;
      end_life(accused);
    } else if (verdict == ledger::PanelVerdict::Acquitted && !is_guilty) {
      ++figures_.accusers_slashed;
      end_life(accuser_);
    } else {
      nodes_[accused].is_convicted = false;
    }
  }

  void end_life(std::size_t index) { nodes_[index] = born(static_cast<std::uint32_t>(index)); }

  ledger::PanelVerdict judged(std::size_t accused, bool is_guilty,
                              const std::vector<ledger::PanelCandidate>& candidates) {
    ledger::Reveal reveal;
    random_bytes(reveal.salt);
    // The officer's answer is the truth where the executor cheated, and a lie where it did not.
    reveal.answer = result_of(is_guilty);
    reveal.receipt.result_hash = result_of(!is_guilty);
    ledger::RevealContext context;
    context.executor_owner = operator_id(accused);
    context.officer_owner = is_guilty ? operator_id(nodes_.size()) : operator_id(accuser_);
    std::uint64_t height = 1;
    const ledger::ListedRoll roll(candidates);
    const auto now = [&] {
      Bytes32 seed;
      random_bytes(seed);
      return ledger::CaseMoment{Height(height++), seed, roll};
    };
    ledger::FaultCase court(reveal, context, {}, Height(height++));
    while (court.phase() != ledger::CasePhase::Closed) {
      if (court.phase() == ledger::CasePhase::Committing) hear(court, accused, is_guilty);
      court.step(now());
      if (court.phase() == ledger::CasePhase::Opening) open(court);
      if (court.phase() == ledger::CasePhase::Appealable &&
          !appeal(court, Height(height), accused, is_guilty)) {
        height = court.deadline().value() + 1;
      }
      if (court.phase() == ledger::CasePhase::Replaying) {
        ++figures_.replays;
        static_cast<void>(court.replayed(result_of(true)));
      }
    }
    for (const NodeId& node : court.wrong_voters()) {
      ++figures_.verifiers_slashed;
      end_life(index_of(node));
    }
    return court.verdict();
  }

  /// Honest nodes appeal against any wrong verdict; the cabal against any verdict on its own.
  bool appeal(ledger::FaultCase& court, Height now, std::size_t accused, bool is_guilty) {
    const bool is_convicted = court.verdict() == ledger::PanelVerdict::Convicted;
    const bool loser_is_cabal = is_convicted ? in_cabal(nodes_[accused].strategy) : !is_guilty;
    const bool is_wrong = is_convicted != is_guilty;
    if (!is_wrong && !loser_is_cabal) return false;
    return court.appeal(now);
  }

  void hear(ledger::FaultCase& court, std::size_t accused, bool is_guilty) {
    reveals_.clear();
    const auto seats = court.panel();
    for (const ledger::CaseSeat& seat : seats) {
      ++figures_.panel_executions;
      if (is_late()) ++figures_.late_audits;
      const bool truth = tells_truth(nodes_[index_of(seat.node)], accused, is_guilty);
      ledger::PanelReveal reveal;
      reveal.answer = {court.id(), seat.node, {}, {}, 1, result_of(truth)};
      random_bytes(reveal.answer.nonce);
      const Bytes32 leaf = ledger::trace_leaf(reveal.answer, 0, reveal.answer.result_hash);
      const std::vector<Bytes32> leaves{leaf};
      reveal.answer.trace_root = crypto::merkle_root(leaves);
      reveal.opening = {reveal.answer.result_hash, crypto::merkle_prove(leaves, 0)};
      reveal.commitment = ledger::commitment_of(reveal.answer);
      static_cast<void>(court.commit(seat.node, reveal.commitment));
      reveals_.push_back(std::move(reveal));
    }
  }
  void open(ledger::FaultCase& court) {
    for (const ledger::PanelReveal& reveal : reveals_) static_cast<void>(court.open(reveal));
  }
  void random_bytes(Bytes32& out) {
    for (std::byte& byte : out.mutable_view()) byte = static_cast<std::byte>(random_.next() & 0xff);
  }

  TownOptions options_;
  sim::Generator random_;
  std::vector<SimNode> nodes_;
  std::vector<Uint128> weights_;
  std::vector<std::size_t> accusers_;
  std::vector<ledger::PanelReveal> reveals_;
  std::uint64_t officers_ = 0;
  std::uint64_t cabal_officers_ = 0;
  std::uint32_t epoch_ = 0;
  std::uint64_t tasks_ = 0;
  std::size_t accuser_ = 0;
  TownFigures figures_;
};

}  // namespace

std::string_view to_string(Strategy strategy) noexcept {
  constexpr std::array<std::string_view, strategies_count> names = {
      "honest", "always", "rate", "long-con", "pool", "verifiers", "recogniser"};
  return names[static_cast<std::size_t>(strategy)];
}

TownFigures run_town(const TownOptions& options) { return Town(options).run(); }

}  // namespace oort::honestysim
