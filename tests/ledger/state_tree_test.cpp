// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/state_tree.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "memory_kv.hpp"

namespace oort::ledger {
namespace {

using Model = std::map<Bytes, Bytes>;

/// A tree over its own store, driven block by block.
struct Tree {
  explicit Tree(std::uint64_t retained = 4) {
    options.prefix = to_bytes("t");
    options.retained_blocks = retained;
    options.cache_bytes_max = 20'000;
    reopen();
  }
  void reopen() { tree = StateTree::open(kv, options).value(); }
  void commit(const std::vector<StateWrite>& writes) {
    const Height height = tree->final_version()->height().next();
    const auto version = tree->update(tree->final_version(), height, writes).value();
    commit_version(version);
  }
  void commit_version(const StateTree::VersionPtr& version) {
    env::KvBatch batch;
    ASSERT_TRUE(tree->finalize(version, batch));
    ASSERT_TRUE(kv.write(batch, env::Sync::Yes));
    tree->finalized(version);
  }
  [[nodiscard]] Bytes32 root() const { return tree->final_version()->root(); }

  test::MemoryKv kv;
  StateTree::Options options;
  std::unique_ptr<StateTree> tree;
};

std::vector<StateWrite> writes_of(const Model& model) {
  std::vector<StateWrite> writes;
  for (const auto& [key, value] : model) writes.push_back({key, value});
  return writes;
}

Bytes32 root_of(const Model& model) {
  Tree tree;
  tree.commit(writes_of(model));
  return tree.root();
}

/// Keys that collide in long prefixes, contain each other, and sometimes are random.
Bytes random_key(std::mt19937_64& random) {
  const auto below = [&random](std::uint64_t bound) { return random() % bound; };
  Bytes key(below(6));
  const std::uint64_t alphabet = below(2) == 0 ? 2 : 256;
  for (std::byte& byte : key) byte = static_cast<std::byte>(below(alphabet) * (256 / alphabet));
  return key;
}

std::vector<StateWrite> random_writes(std::mt19937_64& random, Model& model, std::size_t count) {
  std::map<Bytes, std::optional<Bytes>> changes;
  for (std::size_t i = 0; i < count; ++i) {
    const Bytes key = random_key(random);
    if (random() % 3 == 0) {
      changes[key] = std::nullopt;
    } else {
      changes[key] = Bytes(random() % 4, static_cast<std::byte>(random() % 250));
    }
  }
  std::vector<StateWrite> writes;
  for (const auto& [key, value] : changes) {
    writes.push_back({key, value});
    if (value) {
      model[key] = *value;
    } else {
      model.erase(key);
    }
  }
  return writes;
}

std::vector<ProvenValue> expected_range(const Model& model, const Bytes& first, const Bytes& end) {
  std::vector<ProvenValue> values;
  for (const auto& [key, value] : model) {
    if (key >= first && (end.empty() || key < end))
      values.push_back({key, state_value_hash(value)});
  }
  return values;
}

TEST(StateTree, RootIsAFunctionOfTheContentAlone_S1) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 30; ++round) {
    Tree tree;
    Model model;
    for (int block = 0; block < 12; ++block) {
      tree.commit(random_writes(random, model, 1 + random() % 40));
      ASSERT_EQ(tree.root(), root_of(model)) << "round " << round << " block " << block;
    }
  }
}

TEST(StateTree, OneKeyAtATimeGivesTheSameRootInAnyOrder_S1) {
  std::mt19937_64 random(2);
  Model model;
  random_writes(random, model, 200);
  std::vector<StateWrite> writes = writes_of(model);
  for (int round = 0; round < 3; ++round) {
    std::ranges::shuffle(writes, random);
    Tree tree;
    for (const StateWrite& write : writes) tree.commit({write});
    EXPECT_EQ(tree.root(), root_of(model));
    for (const StateWrite& write : writes) tree.commit({{write.key, std::nullopt}});
    EXPECT_TRUE(tree.root().is_zero());
  }
}

TEST(StateTree, StoreHoldsOnlyWhatTheRetainedVersionsNeed_S4) {
  std::mt19937_64 random(3);
  Tree tree;
  Model model;
  for (int block = 0; block < 40; ++block) tree.commit(random_writes(random, model, 30));
  for (int block = 0; block < 6; ++block) tree.commit({});
  Tree fresh;
  fresh.commit(writes_of(model));
  EXPECT_EQ(tree.kv.map().size(), fresh.kv.map().size());
}

TEST(StateTree, OldVersionsProveUntilTheyArePruned_S4) {
  std::mt19937_64 random(4);
  Tree tree(4);
  Model model;
  std::vector<std::pair<StateTree::VersionPtr, Model>> history;
  for (int block = 0; block < 30; ++block) {
    tree.commit(random_writes(random, model, 30));
    history.emplace_back(tree.tree->final_version(), model);
    for (std::size_t back = 0; back < std::min<std::size_t>(4, history.size()); ++back) {
      const auto& [version, then] = history[history.size() - 1 - back];
      const auto old = tree.tree->version_at(version->root_page(), version->height());
      const auto proof = tree.tree->prove_range(old, {}, {}).value();
      EXPECT_EQ(verify_range(version->root(), proof, {}, {}).value(), expected_range(then, {}, {}));
    }
  }
  const auto oldest = history.front().first;
  const auto gone = tree.tree->prove_range(oldest, {}, {});
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code(), ErrorCode::NotFound);
}

TEST(StateTree, ForksShareTheirParentAndOneIsDropped_S3) {
  std::mt19937_64 random(5);
  Tree tree;
  Model base;
  tree.commit(random_writes(random, base, 60));
  const auto parent = tree.tree->final_version();
  Model left = base;
  Model right = base;
  const auto left_version =
      tree.tree->update(parent, Height(2), random_writes(random, left, 20)).value();
  auto right_version =
      tree.tree->update(parent, Height(3), random_writes(random, right, 20)).value();
  Model leaf = left;
  const auto child =
      tree.tree->update(left_version, Height(4), random_writes(random, leaf, 20)).value();
  EXPECT_EQ(left_version->root(), root_of(left));
  EXPECT_EQ(right_version->root(), root_of(right));
  EXPECT_EQ(child->root(), root_of(leaf));
  right_version.reset();
  tree.commit_version(left_version);
  tree.commit_version(child);
  EXPECT_EQ(tree.root(), root_of(leaf));
  tree.reopen();
  EXPECT_EQ(tree.root(), root_of(leaf));
  tree.commit(random_writes(random, leaf, 20));
  EXPECT_EQ(tree.root(), root_of(leaf));
}

TEST(StateTree, EveryKeyAndEveryGapHasAProof) {
  std::mt19937_64 random(6);
  Tree tree;
  Model model;
  tree.commit(random_writes(random, model, 150));
  tree.reopen();
  for (int i = 0; i < 400; ++i) {
    const Bytes key = random_key(random);
    const auto proof = tree.tree->prove(tree.tree->final_version(), key).value();
    const auto shown = verify_value(tree.root(), proof, key);
    ASSERT_TRUE(shown) << shown.error().to_string();
    const auto found = model.find(key);
    ASSERT_EQ(shown->has_value(), found != model.end());
    ASSERT_EQ(tree.tree->get(tree.tree->final_version(), key).value(), *shown);
    if (found != model.end()) {
      EXPECT_EQ(**shown, state_value_hash(found->second));
    }
  }
}

TEST(StateTree, RangesAreProvenComplete) {
  std::mt19937_64 random(7);
  Tree tree;
  Model model;
  tree.commit(random_writes(random, model, 150));
  for (int i = 0; i < 200; ++i) {
    Bytes first = random_key(random);
    Bytes end = random_key(random);
    if (end < first) std::swap(first, end);
    if (first == end) continue;
    const auto proof = tree.tree->prove_range(tree.tree->final_version(), first, end).value();
    const auto shown = verify_range(tree.root(), proof, first, end);
    ASSERT_TRUE(shown) << shown.error().to_string();
    EXPECT_EQ(*shown, expected_range(model, first, end));
  }
}

TEST(StateTree, AProofOfOneRangeDoesNotServeForAnother) {
  Tree tree;
  Model model;
  for (int i = 0; i < 64; ++i) model[Bytes{static_cast<std::byte>(i * 4)}] = to_bytes("v");
  tree.commit(writes_of(model));
  const Bytes a{std::byte{0x20}};
  const Bytes b{std::byte{0x28}};
  const Bytes c{std::byte{0x60}};
  const auto proof = tree.tree->prove_range(tree.tree->final_version(), a, b).value();
  EXPECT_TRUE(verify_range(tree.root(), proof, a, b));
  EXPECT_FALSE(verify_range(tree.root(), proof, a, c));
  EXPECT_FALSE(verify_value(tree.root(), proof, c));
}

TEST(StateTree, EveryFlippedBitOfAProofIsRefused) {
  std::mt19937_64 random(8);
  Tree tree;
  Model model;
  tree.commit(random_writes(random, model, 100));
  for (const auto& key : {model.begin()->first, to_bytes("absent")}) {
    const auto proof = tree.tree->prove(tree.tree->final_version(), key).value();
    ASSERT_TRUE(verify_value(tree.root(), proof, key));
    for (std::size_t i = 0; i < proof.bytes.size() * 8; ++i) {
      TreeProof bad = proof;
      bad.bytes[i / 8] ^= static_cast<std::byte>(1U << (i % 8));
      EXPECT_FALSE(verify_value(tree.root(), bad, key)) << "bit " << i;
    }
    TreeProof longer = proof;
    longer.bytes.push_back(std::byte{0});
    EXPECT_FALSE(verify_value(tree.root(), longer, key));
    TreeProof shorter = proof;
    shorter.bytes.pop_back();
    EXPECT_FALSE(verify_value(tree.root(), shorter, key));
  }
}

TEST(StateTree, EmptyTreeProvesAbsence) {
  Tree tree;
  const auto proof = tree.tree->prove(tree.tree->final_version(), as_bytes("x")).value();
  const auto shown = verify_value(Bytes32{}, proof, as_bytes("x"));
  ASSERT_TRUE(shown);
  EXPECT_FALSE(shown->has_value());
}

TEST(StateTree, RewritingTheSameValueChangesNothing_S1) {
  std::mt19937_64 random(9);
  Tree tree;
  Model model;
  tree.commit(random_writes(random, model, 80));
  const auto before = tree.tree->final_version()->root_page();
  tree.commit(writes_of(model));
  EXPECT_EQ(tree.tree->final_version()->root_page(), before);
}

TEST(StateTree, ChosenKeysCannotMakeAPageLarge_S2) {
  // Every key of two bytes: the fullest pages that keys can make.
  Tree tree;
  Model model;
  for (int i = 0; i < 65536; ++i) {
    model[{static_cast<std::byte>(i >> 8), static_cast<std::byte>(i & 255)}] = to_bytes("v");
  }
  tree.commit(writes_of(model));
  std::size_t largest = 0;
  for (const auto& [key, value] : tree.kv.map()) largest = std::max(largest, value.size());
  EXPECT_LE(largest, 17U * 64U);
}

TEST(StateTree, RootsAreFrozen) {
  Model model;
  model[to_bytes("a")] = to_bytes("1");
  EXPECT_EQ(root_of(model).hex(),
            "e3528a1fb5f73dfb26a31d0b192216c2a34a7c992c14c3c920ebffb6df24d1eb");
  model[to_bytes("ab")] = to_bytes("2");
  model[to_bytes("b")] = to_bytes("3");
  EXPECT_EQ(root_of(model).hex(),
            "b3d303a8467d316ca8d11d9c7cd9e19e20db1baae21df13ecf34755752e41499");
}

TEST(StateTrees, ARangeOfBothTreesIsNeverProven) {
  test::MemoryKv kv;
  StateTrees::Options options;
  options.prefix = to_bytes("s");
  const auto trees = StateTrees::open(kv, options).value();
  const Bytes account{std::byte{1}, std::byte{9}};
  const Bytes object{std::byte{6}, std::byte{7}};
  const Bytes node{std::byte{9}, std::byte{9}};
  const auto version =
      trees
          ->update(trees->final_version(), Height(1),
                   std::vector<StateWrite>{{account, to_bytes("a")}, {object, to_bytes("o")}})
          .value();
  const Bytes begin{std::byte{6}};
  const Bytes behind{std::byte{7}};
  const auto works = [&](const Bytes& first, const Bytes& end) {
    const auto proof = trees->prove_range(version, first, end);
    return proof && verify_state_range(version.root(), *proof, first, end);
  };
  EXPECT_TRUE(works({}, begin));
  EXPECT_TRUE(works(begin, behind));
  EXPECT_TRUE(works(behind, {}));
  EXPECT_TRUE(works(node, {}));
  for (const auto& [first, end] : std::vector<std::pair<Bytes, Bytes>>{
           {{}, {}}, {account, node}, {account, object}, {object, node}, {object, {}}}) {
    EXPECT_EQ(trees->prove_range(version, first, end).error().reason(), "BAD_ARGUMENT");
    // What one tree alone holds there would hide what the other holds.
    const bool is_accounts = tree_of(first) == StateTreeKind::Accounts;
    StateProof forged{
        tree_of(first), is_accounts ? version.index->root() : version.accounts->root(), {}};
    const Bytes narrow_end = is_accounts ? begin : behind;
    forged.proof = trees->prove_range(version, first, narrow_end).value().proof;
    EXPECT_FALSE(verify_state_range(version.root(), forged, first, end));
  }
}

TEST(StateTrees, OneRootOverBothAndProofsForEach) {
  test::MemoryKv kv;
  StateTrees::Options options;
  options.prefix = to_bytes("s");
  const auto trees = StateTrees::open(kv, options).value();
  const Bytes account{std::byte{1}, std::byte{9}};
  const Bytes object{std::byte{6}, std::byte{7}};
  const Bytes node{std::byte{9}, std::byte{9}};
  const std::vector<StateWrite> writes{
      {account, to_bytes("a")}, {object, to_bytes("o")}, {node, to_bytes("n")}};
  const auto version = trees->update(trees->final_version(), Height(1), writes).value();
  for (const auto& write : writes) {
    const auto proof = trees->prove(version, write.key).value();
    const auto decoded = codec::from_bytes<StateProof>(codec::to_bytes(proof)).value();
    EXPECT_EQ(decoded, proof);
    const auto shown = verify_state_value(version.root(), decoded, write.key);
    ASSERT_TRUE(shown) << shown.error().to_string();
    EXPECT_EQ(*shown, state_value_hash(*write.value));
    const Bytes bytes = codec::to_bytes(proof);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      Bytes bad = bytes;
      bad[i] ^= std::byte{1};
      const auto flipped = codec::from_bytes<StateProof>(bad);
      EXPECT_FALSE(flipped && verify_state_value(version.root(), *flipped, write.key)) << i;
    }
  }
}

}  // namespace
}  // namespace oort::ledger
