// SPDX-License-Identifier: Apache-2.0
#include "oort/gpu/discovery.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "oort/core/reasons.hpp"

namespace oort::gpu {
namespace {

Libraries driver(const std::string& name) {
  const auto path = std::filesystem::path(OORT_FAKE_DRIVERS) / ("libfake_driver_" + name + ".so");
  return {path, path};
}

TEST(Discovery, TellsWhatTheDriverTells_GD1) {
  const auto found = discover(driver("good"));
  ASSERT_TRUE(found) << found.error().to_string();
  EXPECT_EQ(found->driver_version, "570.86.15");
  EXPECT_EQ(found->cuda_version, 12'080U);
  EXPECT_TRUE(found->missing.empty());
  ASSERT_EQ(found->devices.size(), 2U);
  EXPECT_EQ(found->devices[1],
            (FoundDevice{1, "Fake H201", "GPU-00000001", 150'000'000'000U, 90, Health::Good, ""}));
}

TEST(Discovery, DoesWithoutWhatAnOldDriverLacks_GD1) {
  const auto found = discover(driver("bare"));
  ASSERT_TRUE(found) << found.error().to_string();
  EXPECT_EQ(found->driver_version, "");
  EXPECT_EQ(found->cuda_version, 0U);
  EXPECT_EQ(found->missing.size(), 5U);
  ASSERT_EQ(found->devices.size(), 2U);
  EXPECT_EQ(found->devices[0],
            (FoundDevice{0, "Fake H200", "", 150'000'000'000U, 0, Health::Good, ""}));
}

TEST(Discovery, OneDevicesTroubleHidesNoOther_GD2) {
  const auto found = discover(driver("sick"));
  ASSERT_TRUE(found) << found.error().to_string();
  ASSERT_EQ(found->devices.size(), 4U);
  EXPECT_EQ(found->devices[0].health, Health::Lost);
  EXPECT_EQ(found->devices[1].health, Health::Degraded);
  EXPECT_EQ(found->devices[1].why, "3 uncorrected memory errors");
  EXPECT_EQ(found->devices[2].health, Health::Degraded);
  EXPECT_EQ(found->devices[2].memory_bytes, 0U);
  // Without such memory there are no errors of it.
  EXPECT_EQ(found->devices[3].health, Health::Good);
  EXPECT_STREQ(to_string(found->devices[0].health), "lost");
}

TEST(Discovery, SaysWhyThereIsNothing) {
  const auto absent = discover({"/nowhere/libnvidia-ml.so.1", "/nowhere/libcuda.so.1"});
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().reason(), reason::not_found);
  const auto unfit = discover(driver("unfit"));
  ASSERT_FALSE(unfit);
  EXPECT_EQ(unfit.error().reason(), reason::not_supported);
  EXPECT_NE(unfit.error().detail().find("nvmlDeviceGetMemoryInfo"), std::string::npos);
  const auto asleep = discover(driver("asleep"));
  ASSERT_FALSE(asleep);
  EXPECT_EQ(asleep.error().reason(), reason::not_ready);
  EXPECT_NE(asleep.error().detail().find("says 9"), std::string::npos);
  const auto blind = discover(driver("blind"));
  ASSERT_FALSE(blind);
  EXPECT_EQ(blind.error().code(), ErrorCode::Unavailable);
  const auto none = discover(driver("none"));
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->devices.empty());
}

TEST(Discovery, WithoutCudaNoDeviceIsGood) {
  Libraries libraries = driver("good");
  libraries.cuda = "/nowhere/libcuda.so.1";
  EXPECT_EQ(discover(libraries)->devices.front().why, "there is no library of CUDA");
  libraries.cuda = driver("headless").cuda;
  EXPECT_EQ(discover(libraries)->devices.front().why, "the library of CUDA lacks its functions");
  libraries.cuda = driver("asleep").cuda;
  EXPECT_EQ(discover(libraries)->devices.front().why, "CUDA does not start: the driver says 100");
  EXPECT_EQ(discover(libraries)->devices.front().health, Health::Degraded);
}

TEST(Discovery, ShutsTheDriverDownWhateverHappens_GD3) {
  for (const std::string name : {"good", "sick", "blind", "asleep", "none"}) {
    const Libraries libraries = driver(name);
    // Held open, so that its count of sessions is not lost with it.
    void* const held = ::dlopen(libraries.nvml.c_str(), RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(held, nullptr);
    auto* const sessions = reinterpret_cast<int (*)()>(::dlsym(held, "oort_fake_sessions"));
    static_cast<void>(discover(libraries));
    EXPECT_EQ(sessions(), 0) << name;
    ::dlclose(held);
    EXPECT_EQ(::dlopen(libraries.nvml.c_str(), RTLD_NOW | RTLD_NOLOAD), nullptr) << name;
  }
}

}  // namespace
}  // namespace oort::gpu
