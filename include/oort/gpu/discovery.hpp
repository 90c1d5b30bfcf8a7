// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "oort/core/result.hpp"

/// What graphics processors this machine has, as its driver tells. The driver's libraries are
/// opened at run time: a machine without them has none, and the daemon is the same.
namespace oort::gpu {

/// Where the driver's libraries are; names without a folder are sought as the system does.
struct Libraries {
  std::filesystem::path nvml = "libnvidia-ml.so.1";
  std::filesystem::path cuda = "libcuda.so.1";
};

enum class Health : std::uint8_t {
  Good,
  /// It answers, and something is wrong: `why` says what. No work should go there.
  Degraded,
  /// It has fallen off the bus.
  Lost,
};
/// "good", "degraded" or "lost".
[[nodiscard]] const char* to_string(Health health) noexcept;

struct FoundDevice {
  /// Place in the driver's list, which other calls take.
  std::uint32_t index = 0;
  std::string name;
  /// "GPU-" and a UUID; empty where the driver does not tell.
  std::string uuid;
  std::uint64_t memory_bytes = 0;
  /// Major times ten plus minor; 0 where the driver does not tell.
  std::uint16_t compute_capability = 0;
  Health health = Health::Good;
  std::string why;
  friend bool operator==(const FoundDevice&, const FoundDevice&) = default;
};

struct Found {
  std::string driver_version;
  /// The newest CUDA that the driver runs, major times 1000 plus minor times ten; 0: unknown.
  std::uint32_t cuda_version = 0;
  /// In the order of the driver.
  std::vector<FoundDevice> devices;
  /// Functions that this driver lacks and that are done without.
  std::vector<std::string> missing;
};

/// Invariants
///   GD1 Nothing is made up: what the driver does not tell is empty or 0.
///   GD2 One device's trouble hides no other.
///   GD3 Whatever happens, the driver is shut down again and its libraries are closed.
///
/// Asks the driver; blocks for up to seconds where it has to wake devices. Fails with NOT_FOUND
/// without NVML's library, with NOT_SUPPORTED where that lacks a function that cannot be done
/// without, and with UNAVAILABLE where the driver does not start or cannot count its devices.
/// Without CUDA's library, or where it does not start, every device is Degraded.
/// Threads: any, one at a time.
[[nodiscard]] Result<Found> discover(const Libraries& libraries = {});

}  // namespace oort::gpu
