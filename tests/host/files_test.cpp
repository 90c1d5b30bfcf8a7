// SPDX-License-Identifier: Apache-2.0
#include "oort/host/files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "failing_disk.hpp"
#include "oort/core/reasons.hpp"
#include "temp_folder.hpp"

namespace oort::host {
namespace {

using oort::test::TempFolder;

unsigned mode_of(const std::filesystem::path& path) {
  struct stat facts{};
  EXPECT_EQ(::stat(path.c_str(), &facts), 0);
  return facts.st_mode & 0777U;
}

TEST(FolderLock, KeepsASecondHolderOut) {
  TempFolder folder;
  const auto data = folder.path() / "deep" / "data";
  auto first = lock_folder(data);
  ASSERT_TRUE(first);
  const auto second = lock_folder(data);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason(), reason::already_running);
  EXPECT_NE(second.error().detail().find(std::to_string(::getpid())), std::string::npos);
  first->reset();
  EXPECT_TRUE(lock_folder(data));
}

TEST(FolderLock, GoesWithTheProcessThatHeldIt) {
  TempFolder folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = lock_folder(folder.path());
    const char told = lock ? 'y' : 'n';
    if (::write(ready[1], &told, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char told = 0;
  ASSERT_EQ(::read(ready[0], &told, 1), 1);
  ASSERT_EQ(told, 'y');
  const auto refused = lock_folder(folder.path());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail().find(std::to_string(child)), std::string::npos);

  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(lock_folder(folder.path()));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(Files, WritesAndReads) {
  TempFolder folder;
  const auto path = folder.path() / "genesis.oort";
  ASSERT_TRUE(write_file(path, as_bytes("one"), FileMode::Public));
  ASSERT_TRUE(write_file(path, as_bytes("three"), FileMode::Public));
  EXPECT_EQ(read_file(path, 5).value(), to_bytes("three"));
  EXPECT_EQ(mode_of(path), 0644U);
  EXPECT_EQ(read_file(path, 4).error().reason(), reason::too_large);
  EXPECT_EQ(read_file(folder.path() / "none", 4).error().reason(), reason::not_found);
}

TEST(Files, LeavesTheOldFileWhenTheNewOneFails) {
  TempFolder folder;
  const auto path = folder.path() / "f";
  ASSERT_TRUE(write_file(path, as_bytes("old"), FileMode::Public));
  {
    test::FailingDisk disk;
    disk.write_error = ENOSPC;
    EXPECT_EQ(write_file(path, as_bytes("new"), FileMode::Public).error().reason(),
              reason::disk_full);
  }
  EXPECT_EQ(read_file(path, 9).value(), to_bytes("old"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()),
                          std::filesystem::directory_iterator()),
            1);
}

TEST(Files, CreatesButNeverOverwrites) {
  TempFolder folder;
  const auto path = folder.path() / "node.key";
  ASSERT_TRUE(create_file(path, as_bytes("first"), FileMode::Secret));
  EXPECT_EQ(mode_of(path), 0600U);
  EXPECT_EQ(create_file(path, as_bytes("second"), FileMode::Secret).error().reason(),
            reason::already_exists);
  EXPECT_EQ(read_secret_file(path, 99).value(), to_bytes("first"));
}

TEST(Files, RefusesASecretThatOthersMayRead) {
  TempFolder folder;
  const auto path = folder.path() / "node.key";
  ASSERT_TRUE(create_file(path, as_bytes("secret"), FileMode::Secret));
  for (const mode_t mode : {0640U, 0604U, 0610U}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    const auto refused = read_secret_file(path, 99);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason(), reason::not_allowed);
    EXPECT_NE(refused.error().detail().find("chmod 600"), std::string::npos);
  }
}

}  // namespace
}  // namespace oort::host
