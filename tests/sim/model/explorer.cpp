// SPDX-License-Identifier: Apache-2.0
#include "model/explorer.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <vector>

#include "oort/core/assert.hpp"

namespace oort::model {
namespace {

constexpr unsigned views_count = 3;
constexpr unsigned blocks_count = 11;
constexpr unsigned nodes_count = 3;
constexpr unsigned no_block = 15;
constexpr int genesis = -1;

/// Bit b stands for block b, or bit v for view v.
using BlockMask = std::uint32_t;
using ViewMask = std::uint32_t;
/// Numbers of histories are given in the order of discovery, from 1.
using HistoryId = std::uint16_t;
constexpr unsigned history_bits = 13;
constexpr HistoryId not_computed = 0;

struct Universe {
  std::array<unsigned, blocks_count> view{};
  std::array<int, blocks_count> parent{};
  std::array<BlockMask, blocks_count> conflicts{};
  std::array<BlockMask, views_count> of_view{};

  Universe() {
    unsigned count = 0;
    const auto add = [&](unsigned in, int on) {
      view[count] = in;
      parent[count] = on;
      of_view[in] |= 1U << count;
      ++count;
    };
    add(0, genesis);
    add(0, genesis);
    for (unsigned in = 1; in < views_count; ++in) {
      const int lower = static_cast<int>(count);
      add(in, genesis);
      for (int on = 0; on < lower; ++on) add(in, on);
    }
    OORT_ASSERT(count == blocks_count, "the universe is 2 + 3 + 6 blocks");
    for (unsigned a = 0; a < blocks_count; ++a) {
      for (unsigned b = 0; b < blocks_count; ++b) {
        if (!is_ancestor(a, b) && !is_ancestor(b, a)) conflicts[a] |= 1U << b;
      }
    }
  }
  [[nodiscard]] bool is_ancestor(unsigned a, unsigned b) const {
    for (int at = static_cast<int>(b); at != genesis; at = parent[static_cast<unsigned>(at)]) {
      if (static_cast<unsigned>(at) == a) return true;
    }
    return false;
  }
};

/// What one correct node signed in one view.
struct Votes {
  unsigned notarized = no_block;
  bool nullified = false;
  bool finalized = false;
  /// As signed; kept at 0 where it is computed instead.
  unsigned from = 0;
};
using Past = std::array<Votes, views_count>;

/// A history with everything that the search asks of it, and its successors as they become known.
struct History {
  Past past;
  unsigned last = 0;
  BlockMask notarized = 0;
  BlockMask finalized = 0;
  ViewMask covered = 0;
  ViewMask can_nullify = 0;
  ViewMask can_finalize = 0;
  BlockMask can_notarize = 0;
  bool looks_guilty = false;
  std::array<HistoryId, blocks_count> after_notarize{};
  std::array<HistoryId, views_count> after_nullify{};
  std::array<HistoryId, views_count> after_finalize{};
};

/// The certificates that exist.
struct Certificates {
  BlockMask notarized = 0;
  BlockMask finalized = 0;
  ViewMask skipped = 0;
};

constexpr BlockMask two_of_three(BlockMask a, BlockMask b, BlockMask c) {
  return (a & b) | (a & c) | (b & c);
}

/// An open-addressing set of non-zero words.
class VisitedSet {
 public:
  explicit VisitedSet(unsigned bits) : shift_(64 - bits), slots_(std::size_t{1} << bits) {}
  [[nodiscard]] bool is_full() const { return count_ * 10 >= slots_.size() * 9; }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// Whether `key` is new. Requires: not full.
  bool insert(std::uint64_t key) {
    std::uint64_t spread = key * 0x9e3779b97f4a7c15U;
    spread = (spread ^ (spread >> 29U)) * 0xbf58476d1ce4e5b9U;
    for (std::size_t at = spread >> shift_;; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at] == key) return false;
      if (slots_[at] == 0) {
        slots_[at] = key;
        ++count_;
        return true;
      }
    }
  }

 private:
  unsigned shift_;
  std::vector<std::uint64_t> slots_;
  std::uint64_t count_ = 0;
};

class Search {
 public:
  explicit Search(const ExplorerOptions& options)
      : options_(options), rules_(options.rules), visited_(options.table_bits) {
    for (ViewMask skipped = 0; skipped < (1U << views_count); ++skipped) {
      for (BlockMask notarized = 0; notarized < (1U << blocks_count); ++notarized) {
        justified_.push_back(justified_by(notarized, skipped));
      }
    }
    histories_.emplace_back();  // Number 0 names no history.
  }

  Exploration run() {
    const HistoryId nothing = intern({});
    discover({nothing, nothing, nothing}, {});
    while (!stack_.empty()) {
      const std::uint64_t key = stack_.back();
      stack_.pop_back();
      if (!look_at(key)) return result();
      if (visited_.is_full()) return result();
    }
    found_.is_complete = true;
    return result();
  }

 private:
  using Triple = std::array<HistoryId, nodes_count>;

  Exploration result() {
    found_.states = visited_.count();
    found_.histories = histories_.size() - 1;
    return found_;
  }

  /// The blocks whose parent is notarized and whose gap is skipped.
  [[nodiscard]] BlockMask justified_by(BlockMask notarized, ViewMask skipped) const {
    BlockMask justified = 0;
    for (unsigned b = 0; b < blocks_count; ++b) {
      const int parent = universe_.parent[b];
      const bool has_parent = parent == genesis || ((notarized >> parent) & 1U) != 0;
      const unsigned first =
          parent == genesis ? 0 : universe_.view[static_cast<unsigned>(parent)] + 1;
      bool is_covered = true;
      for (unsigned s = first; s < universe_.view[b]; ++s) {
        if (((skipped >> s) & 1U) == 0) is_covered = false;
      }
      if (has_parent && (is_covered || rules_.no_skip_proof)) justified |= 1U << b;
    }
    return justified;
  }

  [[nodiscard]] unsigned from_of(const Past& past, unsigned view) const {
    if (rules_.nullify_from_zero) return 0;
    for (unsigned w = view; w > 0; --w) {
      if (past[w - 1].finalized) return w;
    }
    return 0;
  }
  [[nodiscard]] unsigned signed_from(const Past& past, unsigned view) const {
    return rules_.latched ? past[view].from : from_of(past, view);
  }

  [[nodiscard]] bool covers(const Past& past, unsigned skipped) const {
    if (rules_.per_view_nullify) return past[skipped].nullified;
    for (unsigned u = skipped; u < views_count; ++u) {
      if (past[u].nullified && signed_from(past, u) <= skipped) return true;
    }
    return false;
  }

  /// E4: a NULLIFY whose range holds a view that the same node finalized.
  [[nodiscard]] bool looks_guilty(const Past& past) const {
    for (unsigned u = 0; u < views_count; ++u) {
      if (!past[u].nullified) continue;
      const unsigned from = rules_.per_view_nullify ? u : signed_from(past, u);
      for (unsigned v = from; v <= u; ++v) {
        if (past[v].finalized) return true;
      }
    }
    return false;
  }

  HistoryId intern(const Past& past) {
    std::uint64_t code = 0;
    for (const Votes& votes : past) {
      code = code * 256 + votes.notarized * 16 + (votes.nullified ? 8U : 0U) +
             (votes.finalized ? 4U : 0U) + votes.from;
    }
    const auto [place, is_new] = numbers_.emplace(code, static_cast<HistoryId>(histories_.size()));
    if (!is_new) return place->second;
    OORT_ASSERT(histories_.size() < (1U << history_bits), "histories fit their bits");
    histories_.push_back(describe(past));
    return place->second;
  }

  [[nodiscard]] History describe(const Past& past) const {
    History history;
    history.past = past;
    for (unsigned v = 0; v < views_count; ++v) {
      const Votes& votes = past[v];
      if (votes.notarized != no_block) history.notarized |= 1U << votes.notarized;
      if (votes.finalized) history.finalized |= 1U << votes.notarized;
      if (covers(past, v)) history.covered |= 1U << v;
      const bool has_signed = votes.notarized != no_block || votes.nullified || votes.finalized;
      if (has_signed && !rules_.signer_not_monotone) history.last = v;
    }
    for (unsigned v = history.last; v < views_count; ++v) {
      const Votes& votes = past[v];
      if (votes.notarized == no_block) {
        history.can_notarize |= universe_.of_view[v];
      } else if (rules_.double_notarize && !votes.finalized) {
        history.can_notarize |= universe_.of_view[v] & ~(1U << votes.notarized);
      }
      if (!votes.nullified && (!votes.finalized || rules_.nullify_after_finalize)) {
        history.can_nullify |= 1U << v;
      }
      if (votes.notarized != no_block && !votes.finalized &&
          (!votes.nullified || rules_.finalize_after_nullify)) {
        history.can_finalize |= 1U << v;
      }
    }
    history.looks_guilty = looks_guilty(past);
    return history;
  }

  HistoryId after_notarize(HistoryId id, unsigned block) {
    if (const HistoryId known = histories_[id].after_notarize[block]; known != not_computed) {
      return known;
    }
    Past past = histories_[id].past;
    past[universe_.view[block]].notarized = block;
    const HistoryId next = intern(past);
    histories_[id].after_notarize[block] = next;
    return next;
  }
  HistoryId after_nullify(HistoryId id, unsigned view) {
    if (const HistoryId known = histories_[id].after_nullify[view]; known != not_computed) {
      return known;
    }
    Past past = histories_[id].past;
    past[view].nullified = true;
    if (rules_.latched) past[view].from = from_of(past, view);
    const HistoryId next = intern(past);
    histories_[id].after_nullify[view] = next;
    return next;
  }
  HistoryId after_finalize(HistoryId id, unsigned view) {
    if (const HistoryId known = histories_[id].after_finalize[view]; known != not_computed) {
      return known;
    }
    Past past = histories_[id].past;
    past[view].finalized = true;
    const HistoryId next = intern(past);
    histories_[id].after_finalize[view] = next;
    return next;
  }

  [[nodiscard]] Certificates certificates_of(const Triple& nodes, const Certificates& kept) const {
    const History& a = histories_[nodes[0]];
    const History& b = histories_[nodes[1]];
    const History& c = histories_[nodes[2]];
    Certificates now{two_of_three(a.notarized, b.notarized, c.notarized),
                     two_of_three(a.finalized, b.finalized, c.finalized),
                     two_of_three(a.covered, b.covered, c.covered)};
    if (rules_.latched) {
      now.notarized |= kept.notarized;
      now.finalized |= kept.finalized;
      now.skipped |= kept.skipped;
    }
    return now;
  }

  void discover(Triple nodes, const Certificates& kept) {
    if (nodes[0] > nodes[1]) std::swap(nodes[0], nodes[1]);
    if (nodes[1] > nodes[2]) std::swap(nodes[1], nodes[2]);
    if (nodes[0] > nodes[1]) std::swap(nodes[0], nodes[1]);
    std::uint64_t key = 0;
    for (const HistoryId id : nodes) key = (key << history_bits) | id;
    if (rules_.latched) {
      const Certificates now = certificates_of(nodes, kept);
      key = (key << blocks_count) | now.notarized;
      key = (key << blocks_count) | now.finalized;
      key = (key << views_count) | now.skipped;
    }
    if (visited_.insert(key)) stack_.push_back(key);
  }

  void unpack(std::uint64_t key, Triple& nodes, Certificates& kept) const {
    const auto take = [&key](unsigned bits) {
      const auto value = static_cast<std::uint32_t>(key & ((std::uint64_t{1} << bits) - 1));
      key >>= bits;
      return value;
    };
    if (rules_.latched) {
      kept.skipped = take(views_count);
      kept.finalized = take(blocks_count);
      kept.notarized = take(blocks_count);
    }
    for (unsigned i = nodes_count; i > 0; --i) {
      nodes[i - 1] = static_cast<HistoryId>(take(history_bits));
    }
  }

  /// False at a violation.
  bool look_at(std::uint64_t key) {
    Triple nodes{};
    Certificates kept;
    unpack(key, nodes, kept);
    const Certificates now = certificates_of(nodes, kept);
    if (!agree(now.finalized)) return false;
    if (options_.check_lemmas && !lemmas_hold(nodes, now)) return false;
    const BlockMask justified =
        justified_[(std::size_t{now.skipped} << blocks_count) | now.notarized];
    for (unsigned i = 0; i < nodes_count; ++i) {
      // Nodes of one history are interchangeable: what one of them does stands for all.
      if (i == 0 || nodes[i] != nodes[i - 1]) act(nodes, i, now, justified);
    }
    return true;
  }

  void act(const Triple& nodes, unsigned i, const Certificates& now, BlockMask justified) {
    const HistoryId id = nodes[i];
    for (unsigned v = histories_[id].last; v < views_count; ++v) {
      BlockMask blocks = histories_[id].can_notarize & justified & universe_.of_view[v];
      for (; blocks != 0; blocks &= blocks - 1) {
        move(nodes, i, after_notarize(id, static_cast<unsigned>(std::countr_zero(blocks))), now);
      }
      if (((histories_[id].can_nullify >> v) & 1U) != 0) {
        move(nodes, i, after_nullify(id, v), now);
      }
      if (((histories_[id].can_finalize >> v) & 1U) != 0) {
        const unsigned block = histories_[id].past[v].notarized;
        const bool is_notarized = ((now.notarized >> block) & 1U) != 0;
        if (is_notarized || rules_.finalize_without_notarization) {
          move(nodes, i, after_finalize(id, v), now);
        }
      }
    }
  }

  void move(Triple nodes, unsigned i, HistoryId next, const Certificates& now) {
    ++found_.transitions;
    nodes[i] = next;
    discover(nodes, now);
  }

  bool agree(BlockMask finalized) {
    for (BlockMask rest = finalized; rest != 0; rest &= rest - 1) {
      const auto a = static_cast<unsigned>(std::countr_zero(rest));
      const BlockMask against = universe_.conflicts[a] & finalized;
      if (against == 0) continue;
      const auto b = static_cast<unsigned>(std::countr_zero(against));
      found_.fork = {std::min(universe_.view[a], universe_.view[b]),
                     std::max(universe_.view[a], universe_.view[b])};
      return false;
    }
    return true;
  }

  bool lemmas_hold(const Triple& nodes, const Certificates& now) {
    for (unsigned v = 0; v < views_count; ++v) {
      const BlockMask here = universe_.of_view[v];
      if (std::popcount(now.notarized & here) > 1) found_.broken_lemma = 1;
      const bool is_skipped = ((now.skipped >> v) & 1U) != 0;
      if (is_skipped && (now.finalized & here) != 0) found_.broken_lemma = 2;
    }
    if ((now.finalized & ~now.notarized) != 0) found_.broken_lemma = 3;
    for (const HistoryId id : nodes) {
      if (histories_[id].looks_guilty) found_.broken_lemma = 9;
    }
    return !found_.broken_lemma;
  }

  ExplorerOptions options_;
  Rules rules_;
  Universe universe_;
  VisitedSet visited_;
  std::vector<BlockMask> justified_;
  std::vector<History> histories_;
  std::map<std::uint64_t, HistoryId> numbers_;
  std::vector<std::uint64_t> stack_;
  Exploration found_;
};

}  // namespace

Exploration explore(const ExplorerOptions& options) { return Search(options).run(); }

}  // namespace oort::model
