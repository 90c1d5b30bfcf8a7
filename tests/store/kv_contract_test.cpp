// SPDX-License-Identifier: Apache-2.0
// What every `env::KvStore` promises, shown by RocksDB and by the simulated twin alike.
#include "kv_contract.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <tuple>
#include <vector>

#include "bytes.hpp"
#include "oort/store/rocks_store.hpp"
#include "sim/disk.hpp"
#include "temp_folder.hpp"

namespace oort::store::test {
namespace {

class RocksPlace final : public KvPlace {
 public:
  env::KvStore& store() override {
    if (!store_) store_ = open_rocks(path()).value();
    return *store_;
  }
  void close() override { store_.reset(); }
  // The files as they lie in the system at one moment are what a process that dies leaves. Work in
  // the background may move them while they are copied; then they are copied again.
  void crash() override {
    const auto before = path();
    ++generation_;
    for (;;) {
      const auto seen = look(before);
      std::error_code problem;
      std::filesystem::remove_all(path());
      std::filesystem::copy(before, path(), std::filesystem::copy_options::recursive, problem);
      if (!problem && look(before) == seen) break;
    }
    store_.reset();
  }

 private:
  using Look = std::map<std::string, std::tuple<ino_t, off_t, std::int64_t, std::int64_t>>;

  /// What tells whether a file changed.
  static Look look(const std::filesystem::path& folder) {
    Look found;
    for (const auto& one : std::filesystem::directory_iterator(folder)) {
      struct stat state{};
      if (::stat(one.path().c_str(), &state) != 0) continue;
      found[one.path().filename()] = {state.st_ino, state.st_size, state.st_mtim.tv_sec,
                                      state.st_mtim.tv_nsec};
    }
    return found;
  }

  [[nodiscard]] std::filesystem::path path() const {
    return folder_.path() / std::to_string(generation_);
  }

  oort::test::TempFolder folder_;
  int generation_ = 0;
  std::unique_ptr<env::KvStore> store_;
};

class SimPlace final : public KvPlace {
 public:
  env::KvStore& store() override {
    if (!store_) store_ = disk_.open_kv("state");
    return *store_;
  }
  void close() override { store_.reset(); }
  void crash() override {
    disk_.crash();
    store_.reset();
  }

 private:
  sim::World world_{7};
  sim::SimDisk disk_{world_};
  std::unique_ptr<env::KvStore> store_;
};

class KvContract : public testing::TestWithParam<KvKind> {
 protected:
  std::unique_ptr<KvPlace> place = GetParam().make();
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string to_string(ByteView bytes) { return std::string(as_text(bytes)); }

std::optional<std::string> get(const env::KvReader& reader, std::string_view key) {
  const auto value = reader.get(as_bytes(key)).value();
  if (!value) return std::nullopt;
  return to_string(*value);
}

void put(env::KvStore& store, const Pairs& pairs, env::Sync sync = env::Sync::Yes) {
  env::KvBatch batch;
  for (const auto& [key, value] : pairs) batch.put(as_bytes(key), as_bytes(value));
  ASSERT_TRUE(store.write(batch, sync));
}

Pairs rest(env::KvIterator& walk) {
  Pairs pairs;
  for (; walk.is_valid(); walk.next()) {
    pairs.emplace_back(to_string(walk.key()), to_string(walk.value()));
  }
  EXPECT_TRUE(walk.status());
  return pairs;
}

Pairs all(const env::KvReader& reader, std::string_view prefix = {}) {
  return rest(*reader.iterate(as_bytes(prefix)));
}

TEST_P(KvContract, GivesBackWhatWasPut) {
  auto& store = place->store();
  put(store, {{"a", "1"}, {"b", ""}, {"", "empty key"}});
  EXPECT_EQ(get(store, "a"), "1");
  EXPECT_EQ(get(store, "b"), "");
  EXPECT_EQ(get(store, ""), "empty key");
  EXPECT_EQ(get(store, "c"), std::nullopt);
}

TEST_P(KvContract, LaterChangeOfOneKeyWins) {
  auto& store = place->store();
  put(store, {{"gone", "x"}});
  env::KvBatch batch;
  batch.put(as_bytes("a"), as_bytes("1"));
  batch.erase(as_bytes("a"));
  batch.put(as_bytes("b"), as_bytes("1"));
  batch.put(as_bytes("b"), as_bytes("2"));
  batch.erase(as_bytes("gone"));
  batch.erase(as_bytes("never"));
  ASSERT_TRUE(store.write(batch, env::Sync::No));
  EXPECT_EQ(all(store), (Pairs{{"b", "2"}}));
}

TEST_P(KvContract, WalksAPrefixInByteOrder) {
  auto& store = place->store();
  put(store,
      {{"a", "0"}, {"p", "1"}, {"p\x01", "2"}, {"p\xff", "3"}, {"p\xff\xff", "4"}, {"q", "5"}});
  EXPECT_EQ(all(store, "p"),
            (Pairs{{"p", "1"}, {"p\x01", "2"}, {"p\xff", "3"}, {"p\xff\xff", "4"}}));
  EXPECT_EQ(all(store, "p\xff"), (Pairs{{"p\xff", "3"}, {"p\xff\xff", "4"}}));
  EXPECT_EQ(all(store).size(), 6U);
  EXPECT_TRUE(all(store, "z").empty());
}

TEST_P(KvContract, WalksAPrefixOfHighestBytes) {
  auto& store = place->store();
  put(store, {{"\xfe", "0"}, {"\xff\xff", "1"}, {"\xff\xff\xff", "2"}});
  EXPECT_EQ(all(store, "\xff\xff"), (Pairs{{"\xff\xff", "1"}, {"\xff\xff\xff", "2"}}));
}

TEST_P(KvContract, SeeksInsideThePrefixOnly) {
  auto& store = place->store();
  put(store, {{"a", "0"}, {"p1", "1"}, {"p3", "3"}, {"q", "5"}});
  const auto walk = store.iterate(as_bytes("p"));
  walk->seek(as_bytes("p2"));
  EXPECT_EQ(rest(*walk), (Pairs{{"p3", "3"}}));
  walk->seek(as_bytes(""));
  EXPECT_EQ(rest(*walk), (Pairs{{"p1", "1"}, {"p3", "3"}}));
  walk->seek(as_bytes("p4"));
  EXPECT_FALSE(walk->is_valid());
  walk->seek(as_bytes("z"));
  EXPECT_FALSE(walk->is_valid());
}

TEST_P(KvContract, IteratorKeepsTheStateOfItsMaking) {
  auto& store = place->store();
  put(store, {{"a", "1"}, {"b", "1"}});
  const auto walk = store.iterate({});
  put(store, {{"a", "2"}, {"c", "2"}});
  EXPECT_EQ(rest(*walk), (Pairs{{"a", "1"}, {"b", "1"}}));
}

TEST_P(KvContract, SnapshotNeverChanges_K3) {
  auto& store = place->store();
  put(store, {{"a", "1"}, {"b", "1"}});
  const auto before = store.snapshot();
  env::KvBatch batch;
  batch.put(as_bytes("a"), as_bytes("2"));
  batch.erase(as_bytes("b"));
  batch.put(as_bytes("c"), as_bytes("2"));
  ASSERT_TRUE(store.write(batch, env::Sync::Yes));
  const auto walk = before->iterate({});
  const auto after = store.snapshot();
  put(store, {{"a", "3"}});

  EXPECT_EQ(get(*before, "a"), "1");
  EXPECT_EQ(get(*before, "c"), std::nullopt);
  EXPECT_EQ(all(*before), (Pairs{{"a", "1"}, {"b", "1"}}));
  EXPECT_EQ(rest(*walk), (Pairs{{"a", "1"}, {"b", "1"}}));
  EXPECT_EQ(all(*after), (Pairs{{"a", "2"}, {"c", "2"}}));
  EXPECT_EQ(all(store), (Pairs{{"a", "3"}, {"c", "2"}}));
}

TEST_P(KvContract, SyncedBatchesAndAllBeforeThemSurvive_K2) {
  put(place->store(), {{"a", "1"}}, env::Sync::No);
  put(place->store(), {{"b", "2"}}, env::Sync::Yes);
  put(place->store(), {{"c", "3"}}, env::Sync::No);
  place->crash();
  EXPECT_EQ(get(place->store(), "a"), "1");
  EXPECT_EQ(get(place->store(), "b"), "2");
}

TEST_P(KvContract, OrderlyEndAndSyncKeepEverything_K2) {
  put(place->store(), {{"a", "1"}}, env::Sync::Yes);
  place->close();
  EXPECT_EQ(all(place->store()), (Pairs{{"a", "1"}}));
}

// Whatever survives is a prefix of the batches, each whole: key `i` of a batch says how often the
// batch was written, so a torn batch would show as keys that disagree.
TEST_P(KvContract, BatchIsAppliedEntirelyOrNotAtAll_K1) {
  oort::test::SeededRandom random(11);
  int written = 0;
  for (int round = 0; round < 10; ++round) {
    int synced = written;
    for (int i = 0; i < 20; ++i) {
      ++written;
      Pairs pairs;
      for (int key = 0; key < 8; ++key) {
        pairs.emplace_back("k" + std::to_string(key), std::to_string(written));
      }
      const bool is_synced = random.next() % 4 == 0;
      put(place->store(), pairs, is_synced ? env::Sync::Yes : env::Sync::No);
      if (is_synced) synced = written;
    }
    place->crash();
    const Pairs found = all(place->store());
    ASSERT_EQ(found.size(), synced > 0 || !found.empty() ? 8U : 0U);
    for (const auto& [key, value] : found) EXPECT_EQ(value, found.front().second);
    written = found.empty() ? 0 : std::stoi(found.front().second);
    EXPECT_GE(written, synced);
  }
}

TEST_P(KvContract, AgreesWithAMapUnderRandomChanges) {
  oort::test::SeededRandom random(3);
  std::map<std::string, std::string> model;
  for (int round = 0; round < 300; ++round) {
    env::KvBatch batch;
    for (std::uint64_t i = 0, count = random.next() % 6; i < count; ++i) {
      const std::string key = "key" + std::to_string(random.next() % 40);
      const std::string value = std::to_string(random.next());
      if (random.next() % 3 == 0) {
        batch.erase(as_bytes(key));
        model.erase(key);
      } else {
        batch.put(as_bytes(key), as_bytes(value));
        model[key] = value;
      }
    }
    ASSERT_TRUE(place->store().write(batch, env::Sync::Yes));
    if (round % 60 == 59) place->crash();
  }
  EXPECT_EQ(all(place->store()), Pairs(model.begin(), model.end()));
}

INSTANTIATE_TEST_SUITE_P(
    Stores, KvContract,
    testing::Values(KvKind{"Rocks", [] { return std::make_unique<RocksPlace>(); }},
                    KvKind{"Sim", [] { return std::make_unique<SimPlace>(); }}),
    [](const auto& parameter) { return parameter.param.name; });

}  // namespace
}  // namespace oort::store::test
