// SPDX-License-Identifier: Apache-2.0
#include "cgroups.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace oort::sandbox
