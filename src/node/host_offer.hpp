// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "compute_driver.hpp"
#include "oort/env/executor.hpp"

namespace oort::node {

struct HostLook {
  std::weak_ptr<ComputeDriver> driver;
  /// The driver's.
  env::Executor& strand;
  /// Looks; a look takes seconds.
  env::Executor& pool;
  /// Whose threads wait for containers.
  env::Executor& sandbox_pool;
};

/// Tells the driver, once each is known, which graphics processors this host has and how it can
/// keep strangers' programs in. What it lacks is not offered. The executors outlive the look.
void look_at_host(const HostLook& look);

}  // namespace oort::node
