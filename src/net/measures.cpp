// SPDX-License-Identifier: Apache-2.0
#include "measures.hpp"

#include <string_view>

#include "oort/env/transport.hpp"

namespace oort::net {
namespace {

std::string_view name_of(env::TrafficClass traffic) noexcept {
  switch (traffic) {
    case env::TrafficClass::Consensus: return "consensus";
    case env::TrafficClass::Proposal: return "proposal";
    case env::TrafficClass::Bulk: return "bulk";
    case env::TrafficClass::Gossip: return "gossip";
  }
  return "";
}

metrics::Counter count(std::string_view name, std::string_view help, env::TrafficClass traffic) {
  return metrics::counter(name, help, {{"class", name_of(traffic)}});
}

metrics::Gauge measure(std::string_view name, std::string_view help, env::TrafficClass traffic) {
  return metrics::gauge(name, help, {{"class", name_of(traffic)}});
}

}  // namespace

ClassMeasures::ClassMeasures(env::TrafficClass traffic)
    : frames_sent(count("oort_net_frames_sent_total", "Frames sent to other nodes.", traffic)),
      frames_received(
          count("oort_net_frames_received_total", "Frames received from other nodes.", traffic)),
      bytes_sent(count("oort_net_sent_bytes_total", "Bytes of frames sent.", traffic)),
      bytes_received(count("oort_net_received_bytes_total", "Bytes of frames received.", traffic)),
      refused(count("oort_net_refused_frames_total", "Frames that a full queue refused.", traffic)),
      connected(count("oort_net_connections_made_total", "Connections made.", traffic)),
      lost(count("oort_net_connections_lost_total", "Connections that ended.", traffic)),
      connections(measure("oort_net_connections", "Connections that are up.", traffic)),
      queued_bytes(measure("oort_net_queued_bytes", "Bytes waiting to be sent.", traffic)),
      deadlines_exceeded(count("oort_net_deadlines_exceeded_total",
                               "Requests whose answer did not come in time.", traffic)) {}

ClassMeasures& measures_of(env::TrafficClass traffic) {
  static std::array<ClassMeasures, env::traffic_classes_count> all = {
      ClassMeasures(env::TrafficClass::Consensus), ClassMeasures(env::TrafficClass::Proposal),
      ClassMeasures(env::TrafficClass::Bulk), ClassMeasures(env::TrafficClass::Gossip)};
  return all[static_cast<std::size_t>(traffic)];
}

}  // namespace oort::net
