// SPDX-License-Identifier: Apache-2.0
#include "oort/store/rocks_store.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill and sigaction are POSIX.
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "bytes.hpp"
#include "oort/core/reasons.hpp"
#include "temp_folder.hpp"

namespace oort::store {
namespace {

using oort::test::TempFolder;

env::KvBatch batch_of(std::uint64_t number, std::size_t keys_count) {
  env::KvBatch batch;
  for (std::size_t i = 0; i < keys_count; ++i) {
    batch.put(as_bytes("key" + std::to_string(i)), as_bytes(std::to_string(number)));
  }
  return batch;
}

/// What a child process does, named by its environment; a child is this binary started afresh,
/// because a forked one would have RocksDB's locks but not its threads.
constexpr const char* act_variable = "OORT_STORE_TEST_ACT";

/// Where a child tells.
constexpr int told_fd = 9;

pid_t start_child(const std::string& act, const std::filesystem::path& folder, int out) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::setenv(act_variable, act.c_str(), 1);
  ::setenv("OORT_STORE_TEST_FOLDER", folder.c_str(), 1);
  if (out >= 0) ::dup2(out, told_fd);
  ::execl("/proc/self/exe", "test_store", "--gtest_filter=RocksChild.Acts", nullptr);
  ::_exit(99);
}

/// The exit status of a child that ended by itself, or -1.
int wait_for(pid_t child) {
  int status = 0;
  if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

TEST(RocksStore, RefusesAFolderThatIsOpen) {
  TempFolder folder;
  const auto first = open_rocks(folder.path() / "db").value();
  const auto second = open_rocks(folder.path() / "db");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason(), reason::already_running);
}

TEST(RocksStore, RefusesOptionsOutOfRange) {
  TempFolder folder;
  for (const RocksOptions& options :
       {RocksOptions{.cache_bytes = 1}, RocksOptions{.write_buffer_bytes = 1},
        RocksOptions{.open_files_max = 1}, RocksOptions{.background_jobs_max = 0}}) {
    EXPECT_EQ(open_rocks(folder.path(), options).error().reason(), reason::bad_argument);
  }
}

TEST(RocksStore, ReadersOutliveTheStore) {
  TempFolder folder;
  auto store = open_rocks(folder.path()).value();
  ASSERT_TRUE(store->write(batch_of(5, 3), env::Sync::No));
  const auto snapshot = store->snapshot();
  const auto walk = snapshot->iterate({});
  store.reset();
  EXPECT_EQ(snapshot->get(as_bytes("key1")).value(), to_bytes("5"));
  EXPECT_TRUE(walk->is_valid());
}

TEST(RocksStore, FindsAFlippedBit) {
  TempFolder folder;
  {
    auto store = open_rocks(folder.path()).value();
    oort::test::SeededRandom random(1);
    env::KvBatch batch;
    for (int i = 0; i < 200; ++i) batch.put(random.bytes(16), random.bytes(100'000));
    ASSERT_TRUE(store->write(batch, env::Sync::Yes));
    // Reopening turns the log into files.
    store.reset();
    store = open_rocks(folder.path()).value();
  }
  bool is_flipped = false;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    if (entry.path().extension() != ".sst") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(200'000);
    const char c = static_cast<char>(file.get());
    file.seekp(200'000);
    file.put(static_cast<char>(c ^ 0x10));
    is_flipped = true;
  }
  ASSERT_TRUE(is_flipped);
  const auto store = open_rocks(folder.path()).value();
  const auto walk = store->iterate({});
  while (walk->is_valid()) walk->next();
  ASSERT_FALSE(walk->status());
  EXPECT_EQ(walk->status().error().reason(), reason::corrupt_data);
}

TEST(RocksStore, NamesACorruptDatabase) {
  TempFolder folder;
  {
    ASSERT_TRUE(open_rocks(folder.path()).value()->write(batch_of(1, 1), env::Sync::Yes));
  }
  std::ofstream(folder.path() / "CURRENT") << "MANIFEST-999999\n";
  const auto refused = open_rocks(folder.path());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail().find("open"), std::string::npos);
}

/// Writes synced batches for ever and tells the number of each after the reply.
int write_for_ever(const std::filesystem::path& folder) {
  const auto store = open_rocks(folder, {.write_buffer_bytes = limits::mib});
  if (!store) return 1;
  const auto before = (*store)->get(as_bytes("key0")).value();
  std::uint64_t number = before ? std::stoull(std::string(as_text(*before))) : 0;
  for (;;) {
    ++number;
    if (!(*store)->write(batch_of(number, 200), env::Sync::Yes)) return 2;
    if (::write(told_fd, &number, sizeof(number)) != sizeof(number)) return 3;
  }
}

// Killed at some moment, everything that was told is there, and no batch in parts.
TEST(RocksStore, KeepsWhatItAcknowledgedWhenItsProcessIsKilled_K1_K2) {
  TempFolder folder;
  for (int round = 0; round < 4; ++round) {
    int told[2];
    ASSERT_EQ(::pipe(told), 0);
    const pid_t child = start_child("write", folder.path(), told[1]);
    ::close(told[1]);
    std::uint64_t last = 0;
    for (int heard = 0; heard < 150; ++heard) {
      ASSERT_EQ(::read(told[0], &last, sizeof(last)), ssize_t{sizeof(last)});
    }
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    while (::read(told[0], &last, sizeof(last)) == ssize_t{sizeof(last)}) {
    }
    ::close(told[0]);

    const auto store = open_rocks(folder.path()).value();
    const auto first = store->get(as_bytes("key0")).value();
    ASSERT_TRUE(first);
    EXPECT_GE(std::stoull(std::string(as_text(*first))), last);
    for (int i = 0; i < 200; ++i) {
      EXPECT_EQ(store->get(as_bytes("key" + std::to_string(i))).value(), first);
    }
  }
}

constexpr int no_right_to_mount = 77;

/// On a disk of 24 MiB: fills it, checks, makes space, goes on. Tells what failed by its number.
int fill_and_go_on(const std::filesystem::path& folder) {
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=24m") != 0) {
    return no_right_to_mount;
  }
  const auto filler = folder / "filler";
  std::ofstream(filler) << std::string(8 * limits::mib, 'x');
  const RocksOptions options{.write_buffer_bytes = limits::mib, .reserve_bytes = 6 * limits::mib};
  auto opened = open_rocks(folder / "db", options);
  if (!opened) return 1;
  auto store = *std::move(opened);
  oort::test::SeededRandom random(1);
  int acknowledged = 0;
  // Work in the background may free some of it: the disk is full once it is full twice in a row.
  for (int refusals = 0; refusals < 2;) {
    env::KvBatch batch;
    batch.put(as_bytes("key" + std::to_string(acknowledged)), random.bytes(64 * limits::kib));
    const auto written = store->write(batch, env::Sync::Yes);
    if (written) {
      ++acknowledged;
      refusals = 0;
      continue;
    }
    if (written.error().reason() != reason::disk_full) return 2;
    ++refusals;
  }
  const auto is_right = [&] {
    for (int i = 0; i <= acknowledged; ++i) {
      const auto value = store->get(as_bytes("key" + std::to_string(i)));
      if (!value || value->has_value() != (i < acknowledged)) return false;
    }
    return true;
  };
  if (!is_right()) return 3;
  std::filesystem::remove(filler);
  if (!store->write(batch_of(9, 0), env::Sync::Yes)) return 4;
  if (!is_right()) return 5;
  store.reset();
  auto again = open_rocks(folder / "db", options);
  if (!again) return 6;
  store = *std::move(again);
  return is_right() ? 0 : 7;
}

TEST(RocksStore, LosesNothingWhenTheDiskIsFullAndGoesOnWhenThereIsSpace_K1_K2) {
  TempFolder folder;
  const int status = wait_for(start_child("fill", folder.path(), -1));
  if (status == no_right_to_mount) GTEST_SKIP() << "no right to mount a small disk";
  EXPECT_EQ(status, 0);
}

/// A limit on the size of files: the disk fails in the middle of a write.
int fail_in_a_write(const std::filesystem::path& folder) {
  ::signal(SIGXFSZ, SIG_IGN);
  auto store = open_rocks(folder).value();
  if (!store->write(batch_of(7, 3), env::Sync::Yes)) return 1;
  const rlimit small{.rlim_cur = 64 * limits::kib, .rlim_max = RLIM_INFINITY};
  ::setrlimit(RLIMIT_FSIZE, &small);
  env::KvBatch big;
  oort::test::SeededRandom random(1);
  big.put(as_bytes("key0"), random.bytes(limits::mib));
  if (store->write(big, env::Sync::Yes)) return 2;
  // Nothing of the batch is visible, and nothing is written behind the hole.
  if (store->get(as_bytes("key0")).value() != to_bytes("7")) return 3;
  const auto refused = store->write(batch_of(8, 3), env::Sync::Yes);
  return refused || refused.error().reason() != reason::disk_failed ? 4 : 0;
}

TEST(RocksStore, StopsWritingAfterAFailedDisk) {
  TempFolder folder;
  EXPECT_EQ(wait_for(start_child("fail", folder.path(), -1)), 0);
  const auto store = open_rocks(folder.path()).value();
  EXPECT_EQ(store->get(as_bytes("key0")).value(), to_bytes("7"));
  EXPECT_TRUE(store->write(batch_of(8, 3), env::Sync::Yes));
}

TEST(RocksChild, Acts) {
  const char* act = std::getenv(act_variable);
  if (act == nullptr) GTEST_SKIP() << "this is what the other tests start as a child";
  const std::filesystem::path folder = std::getenv("OORT_STORE_TEST_FOLDER");
  std::fflush(stdout);
  const std::string_view name = act;
  if (name == "write") ::_exit(write_for_ever(folder));
  if (name == "fill") ::_exit(fill_and_go_on(folder));
  ::_exit(name == "fail" ? fail_in_a_write(folder) : 98);
}

}  // namespace
}  // namespace oort::store
