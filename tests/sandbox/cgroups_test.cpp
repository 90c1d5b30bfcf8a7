// SPDX-License-Identifier: Apache-2.0
#include "cgroups.hpp"

#include <gtest/gtest.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX.
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "kernel.hpp"
#include "oort/env/sandbox.hpp"

namespace oort::sandbox {
namespace {

constexpr const char* v2_mounts =
    "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
    "30 23 0:27 / /proc rw - proc proc rw\n";

constexpr const char* v1_mounts =
    "31 23 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "32 23 0:29 /part /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
    "33 23 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

TEST(CgroupPlaces, AreOneFolderOnV2) {
  const auto places = find_cgroup_places(v2_mounts, "0::/system.slice/oortd.service\n");
  ASSERT_EQ(places.size(), 4U);
  const CgroupPlace place{"/sys/fs/cgroup/system.slice/oortd.service", true};
  for (const auto& [controller, found] : places) EXPECT_EQ(found, place) << controller;
}

TEST(CgroupPlaces, AreThoseOfV1WhereBothAreMounted) {
  const auto places = find_cgroup_places(v1_mounts, "5:memory:/a\n4:cpu,cpuacct:/part/b\n0::/c\n");
  const CgroupPlace memory{"/sys/fs/cgroup/memory/a", false};
  const CgroupPlace cpu{"/sys/fs/cgroup/cpu/b", false};
  const CgroupPlace pids{"/sys/fs/cgroup/unified/c", true};
  EXPECT_EQ(places.at("memory"), memory);
  EXPECT_EQ(places.at("cpu"), cpu);
  EXPECT_EQ(places.at("cpuacct"), cpu);
  EXPECT_EQ(places.at("pids"), pids);
}

TEST(CgroupPlaces, AreNoneOfNothing) {
  EXPECT_TRUE(find_cgroup_places("", "").empty());
  EXPECT_TRUE(find_cgroup_places("1 2 3\n- cgroup\n", "x\n:\n").empty());
}

/// How many groups of a launcher there are on this machine.
int groups_of(pid_t launcher) {
  int count = 0;
  for (const auto& [controller, place] :
       find_cgroup_places(kernel::read_text("/proc/self/mountinfo").value(),
                          kernel::read_text("/proc/self/cgroup").value())) {
    count += std::filesystem::exists(place.folder / ("oort-task-" + std::to_string(launcher)));
  }
  return count;
}

// Nodes of one machine share its hierarchies, and a group is empty between its making and the start
// of its task.
TEST(Cgroups, AreSweptOnceTheirLauncherIsDead) {
  int told[2];
  ASSERT_EQ(::pipe(told), 0);
  const pid_t launcher = ::fork();
  if (launcher == 0) {
    const Cgroups groups = Cgroups::make({}, 0);
    char count = 0;
    for (const char* controller : {"memory", "pids", "cpu", "cpuacct"}) {
      if (groups.has(controller)) ++count;
    }
    static_cast<void>(::write(told[1], &count, 1));
    for (;;) ::pause();
  }
  char made = 0;
  ASSERT_EQ(::read(told[0], &made, 1), 1);
  ::close(told[0]);
  ::close(told[1]);
  EXPECT_EQ(groups_of(launcher), made);
  sweep_cgroups();
  EXPECT_EQ(groups_of(launcher), made) << "it lives";
  ::kill(launcher, SIGKILL);
  ASSERT_EQ(::waitpid(launcher, nullptr, 0), launcher);
  EXPECT_EQ(groups_of(launcher), made);
  sweep_cgroups();
  EXPECT_EQ(groups_of(launcher), 0);
  if (made == 0) GTEST_SKIP() << "this host lets nobody make a group";
}

}  // namespace
}  // namespace oort::sandbox
