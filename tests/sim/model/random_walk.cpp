// SPDX-License-Identifier: Apache-2.0
#include "model/random_walk.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "sim/generator.hpp"

namespace oort::model {
namespace {

constexpr unsigned views_count = 8;
constexpr unsigned blocks_per_view_max = 4;
constexpr unsigned recent_parents_count = 3;
constexpr int none = -2;
constexpr int genesis = -1;
using sim::Generator;
using sim::ppm_certain;

struct Block {
  unsigned view = 0;
  int parent = genesis;
};

struct Votes {
  int notarized = none;
  bool nullified = false;
  bool finalized = false;
};
using Past = std::array<Votes, views_count>;

class Walk {
 public:
  Walk(const WalkOptions& options, Generator& random)
      : rules_(options.rules),
        random_(random),
        need_(options.faults + 1),
        nodes_(2 * options.faults + 1) {
    nullify_ppm_ = static_cast<std::uint32_t>(random_.between(20'000, 520'000));
    finalize_ppm_ = static_cast<std::uint32_t>(random_.between(100'000, ppm_certain));
  }

  void run(WalkResult& result) {
    const std::size_t steps = 6 * nodes_.size() * views_count;
    for (std::size_t i = 0; i < steps; ++i) step();
    std::vector<int> finals;
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      if (is_finalized(static_cast<int>(b))) finals.push_back(static_cast<int>(b));
    }
    result.finalized_blocks += finals.size();
    bool is_forked = false;
    for (const int a : finals) {
      for (const int b : finals) is_forked |= !is_ancestor(a, b) && !is_ancestor(b, a);
    }
    if (is_forked) ++result.forked_runs;
  }

 private:
  [[nodiscard]] const Block& block(int id) const { return blocks_[static_cast<std::size_t>(id)]; }

  [[nodiscard]] unsigned last(const Past& past) const {
    if (rules_.signer_not_monotone) return 0;
    for (unsigned v = views_count; v > 0; --v) {
      const Votes& votes = past[v - 1];
      if (votes.notarized != none || votes.nullified || votes.finalized) return v - 1;
    }
    return 0;
  }
  [[nodiscard]] unsigned from(const Past& past, unsigned view) const {
    if (rules_.nullify_from_zero) return 0;
    for (unsigned w = view; w > 0; --w) {
      if (past[w - 1].finalized) return w;
    }
    return 0;
  }
  [[nodiscard]] bool covers(const Past& past, unsigned skipped) const {
    if (rules_.per_view_nullify) return past[skipped].nullified;
    for (unsigned u = skipped; u < views_count; ++u) {
      if (past[u].nullified && from(past, u) <= skipped) return true;
    }
    return false;
  }
  template <class Predicate>
  [[nodiscard]] bool enough(Predicate holds) const {
    return static_cast<std::size_t>(std::count_if(nodes_.begin(), nodes_.end(), holds)) >= need_;
  }
  [[nodiscard]] bool is_notarized(int b) const {
    return b == genesis ||
           enough([&](const Past& past) { return past[block(b).view].notarized == b; });
  }
  [[nodiscard]] bool is_finalized(int b) const {
    return enough([&](const Past& past) {
      const Votes& votes = past[block(b).view];
      return votes.notarized == b && votes.finalized;
    });
  }
  [[nodiscard]] bool is_justified(int b) const {
    const int parent = block(b).parent;
    if (!is_notarized(parent)) return false;
    if (rules_.no_skip_proof) return true;
    const unsigned first = parent == genesis ? 0 : block(parent).view + 1;
    for (unsigned s = first; s < block(b).view; ++s) {
      if (!enough([&](const Past& past) { return covers(past, s); })) return false;
    }
    return true;
  }
  [[nodiscard]] bool is_ancestor(int a, int b) const {
    for (; b != genesis; b = block(b).parent) {
      if (a == b) return true;
    }
    return false;
  }

  /// One of the view's blocks, or a new one where there is room; `none` when neither came up.
  [[nodiscard]] int pick_block(unsigned view) {
    std::vector<int> here;
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      if (blocks_[b].view == view) here.push_back(static_cast<int>(b));
    }
    if (!here.empty() && random_.below(3) < 2) return here[random_.below(here.size())];
    if (here.size() >= blocks_per_view_max) return none;
    std::vector<int> parents;
    for (int b = static_cast<int>(blocks_.size()) - 1; b >= 0; --b) {
      if (parents.size() == recent_parents_count) break;
      if (block(b).view < view && is_notarized(b)) parents.push_back(b);
    }
    if (parents.size() < recent_parents_count) parents.push_back(genesis);
    blocks_.push_back({view, parents[random_.below(parents.size())]});
    return static_cast<int>(blocks_.size()) - 1;
  }

  void step() {
    Past& past = nodes_[random_.below(nodes_.size())];
    unsigned view = rules_.signer_not_monotone ? static_cast<unsigned>(random_.below(views_count))
                                               : last(past) + (random_.below(4) < 3 ? 0U : 1U);
    if (view >= views_count) return;
    Votes& votes = past[view];
    if (votes.notarized == none && random_.chance(600'000)) {
      const int b = pick_block(view);
      if (b != none && is_justified(b)) votes.notarized = b;
      return;
    }
    const bool may_finalize =
        votes.notarized != none && !votes.finalized &&
        (!votes.nullified || rules_.finalize_after_nullify) &&
        (rules_.finalize_without_notarization || is_notarized(votes.notarized));
    if (may_finalize && random_.chance(finalize_ppm_)) {
      votes.finalized = true;
      return;
    }
    const bool may_nullify =
        !votes.nullified && (!votes.finalized || rules_.nullify_after_finalize);
    if (may_nullify && random_.chance(nullify_ppm_)) votes.nullified = true;
  }

  Rules rules_;
  Generator& random_;
  std::size_t need_;
  std::vector<Past> nodes_;
  std::vector<Block> blocks_;
  std::uint32_t nullify_ppm_ = 0;
  std::uint32_t finalize_ppm_ = 0;
};

}  // namespace

WalkResult random_walk(const WalkOptions& options) {
  OORT_ASSERT(!options.rules.latched, "a walk has no certificates to keep");
  Generator random(options.seed);
  WalkResult result;
  for (std::uint64_t run = 0; run < options.runs; ++run) Walk(options, random).run(result);
  return result;
}

}  // namespace oort::model
