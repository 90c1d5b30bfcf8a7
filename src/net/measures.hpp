// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "oort/core/metrics.hpp"
#include "oort/env/transport.hpp"

namespace oort::net {

/// What is counted, for each traffic class.
struct ClassMeasures {
  explicit ClassMeasures(env::TrafficClass traffic);

  metrics::Counter frames_sent;
  metrics::Counter frames_received;
  metrics::Counter bytes_sent;
  metrics::Counter bytes_received;
  /// Frames that a full queue refused.
  metrics::Counter refused;
  /// Connections made, and those that broke.
  metrics::Counter connected;
  metrics::Counter lost;
  metrics::Gauge connections;
  /// Bytes waiting, over all peers.
  metrics::Gauge queued_bytes;
  metrics::Counter deadlines_exceeded;
};

[[nodiscard]] ClassMeasures& measures_of(env::TrafficClass traffic);

}  // namespace oort::net
