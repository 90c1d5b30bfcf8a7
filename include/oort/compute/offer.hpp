// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "oort/core/ids.hpp"
#include "oort/core/time.hpp"

/// What a node offers to run tasks on, as the scheduler sees it. Broker and executor translate
/// their signed messages into these values.
namespace oort::compute {

/// Devices of one node, at most.
inline constexpr std::size_t devices_max = 16;
/// A whole device in thousandths.
inline constexpr std::uint16_t gpu_whole = 1000;

/// How strongly a task is kept apart from its host, weakest first.
enum class IsolationTier : std::uint8_t { Wasm, Launcher, Runtime, Gvisor, MicroVm };
inline constexpr std::uint8_t isolation_tiers_count = 5;

/// Who may see a task's data: a node of a class serves that class and all before it.
enum class DataClass : std::uint8_t { Public, Bonded, Attested };

enum class Architecture : std::uint8_t { Amd64, Arm64 };

struct Device {
  std::string model;
  std::uint32_t memory_mib = 0;
  /// Devices of one number are joined by a fast link. Any value; compared inside a node alone.
  std::uint16_t interconnect = 0;
  friend bool operator==(const Device&, const Device&) = default;
  friend auto operator<=>(const Device&, const Device&) = default;
};

/// Prices are microcredits an hour.
struct Offer {
  NodeId node;
  OperatorId operator_id;
  std::string region;
  /// Network of the node, such as its autonomous system: nodes of one number fail together.
  std::uint32_t network = 0;
  /// Nodes of one number other than 0 share a fast fabric.
  std::uint32_t fabric = 0;
  std::vector<Device> devices;
  std::uint32_t cpu_milli = 0;
  std::uint32_t memory_mib = 0;
  std::uint32_t disk_mib = 0;
  std::uint32_t network_mbps = 0;
  Architecture architecture = Architecture::Amd64;
  /// Bit n: the tier of value n is supported.
  std::uint8_t tiers = 0;
  DataClass data_class = DataClass::Public;
  std::uint64_t ask_per_gpu = 0;
  std::uint64_t ask_per_core = 0;
  /// The node leaves then; no lease reaches beyond.
  WallTime available_until{std::numeric_limits<std::uint64_t>::max()};
  /// Credibility in parts per billion.
  std::uint32_t credibility_ppb = 0;
  /// What may be at risk on the node at one time, in microcredits.
  std::uint64_t risk_limit = 0;
  /// Stake times credibility, in whole credits.
  std::uint64_t honest_weight = 0;
  friend bool operator==(const Offer&, const Offer&) = default;
  friend auto operator<=>(const Offer&, const Offer&) = default;
};

}  // namespace oort::compute
