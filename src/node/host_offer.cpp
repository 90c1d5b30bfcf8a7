// SPDX-License-Identifier: Apache-2.0
#include "host_offer.hpp"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "compute_driver.hpp"
#include "oort/compute/messages.hpp"
#include "oort/compute/offer.hpp"
#include "oort/core/limits.hpp"
#include "oort/core/log.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/sandbox.hpp"
#include "oort/gpu/discovery.hpp"
#include "oort/sandbox/sandbox.hpp"

namespace oort::node {
namespace {

/// Those that work.
std::vector<compute::DeviceFacts> devices_of(const gpu::Found& found) {
  std::vector<compute::DeviceFacts> devices;
  for (const gpu::FoundDevice& one : found.devices) {
    if (one.health != gpu::Health::Good || devices.size() == compute::devices_max) continue;
    compute::DeviceFacts facts;
    facts.device.model = one.name;
    facts.device.memory_mib = static_cast<std::uint32_t>(one.memory_bytes / limits::mib);
    facts.uuid = one.uuid;
    facts.compute_capability = one.compute_capability;
    facts.driver_version = found.driver_version;
    devices.push_back(std::move(facts));
  }
  return devices;
}

/// Asks the driver of graphics processors.
void find_devices(const std::weak_ptr<ComputeDriver>& weak, env::Executor& strand) {
  const auto found = gpu::discover();
  if (!found) {
    log::debug("compute", "no graphics processors", {{"why", found.error().to_string()}});
    return;
  }
  strand.post([weak, devices = devices_of(*found)]() mutable {
    if (const auto driver = weak.lock()) driver->set_devices(std::move(devices));
  });
}

/// Runs a program in each tier.
void find_sandbox(const std::weak_ptr<ComputeDriver>& weak, env::Executor& strand,
                  env::Executor& pool) {
  auto opened = sandbox::open_sandbox({}, pool, strand);
  if (!opened) {
    log::warn("compute", "this node runs no containers", {{"why", opened.error().to_string()}});
    return;
  }
  strand.post([weak, sandbox = std::shared_ptr<env::Sandbox>(*std::move(opened))] {
    if (const auto driver = weak.lock()) driver->set_sandbox(sandbox);
  });
}

}  // namespace

void look_at_host(const HostLook& look) {
  look.pool.post([look] {
    find_devices(look.driver, look.strand);
    find_sandbox(look.driver, look.strand, look.sandbox_pool);
  });
}

}  // namespace oort::node
