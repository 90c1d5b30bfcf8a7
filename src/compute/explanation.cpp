// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/explanation.hpp"

#include <cstddef>

namespace oort::compute {
namespace {

const char* to_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::StartsNow: return "starts now";
    case Verdict::WaitsForTurn: return "waits for its turn";
    case Verdict::WaitsForResources: return "waits for resources";
    case Verdict::Unsatisfiable: return "no node could run it";
    case Verdict::WaitsForJobs: return "waits for other jobs";
    case Verdict::NotWaiting: return "does not wait";
  }
  return "";
}

}  // namespace

const char* to_text(Constraint constraint) noexcept {
  switch (constraint) {
    case Constraint::Region: return "region";
    case Constraint::Operator: return "operator";
    case Constraint::ExcludedNode: return "excluded node";
    case Constraint::Isolation: return "isolation tier";
    case Constraint::DataClass: return "data class";
    case Constraint::Credibility: return "credibility";
    case Constraint::Architecture: return "architecture";
    case Constraint::Network: return "network";
    case Constraint::GpuModel: return "GPU model";
    case Constraint::GpuMemory: return "GPU memory";
    case Constraint::GpuCount: return "GPU count";
    case Constraint::Interconnect: return "interconnect";
    case Constraint::Price: return "price";
    case Constraint::Availability: return "availability";
    case Constraint::Spread: return "spread";
    case Constraint::NodeBackOff: return "node back-off";
    case Constraint::Cpu: return "CPU";
    case Constraint::Memory: return "memory";
    case Constraint::Disk: return "disk";
    case Constraint::Risk: return "value at risk";
    case Constraint::Gpu: return "free GPUs";
    case Constraint::Reserved: return "reserved";
  }
  return "";
}

std::string to_text(const Explanation& explanation) {
  std::string text = to_text(explanation.verdict);
  if (explanation.nodes == 0) return text;
  text += ": " + std::to_string(explanation.usable) + " of " + std::to_string(explanation.nodes) +
          " nodes usable";
  for (std::size_t i = 0; i < constraints_count; ++i) {
    if (explanation.removed[i] == 0) continue;
    text += ", " + std::to_string(explanation.removed[i]) + " lost to " +
            to_text(static_cast<Constraint>(i));
  }
  if (const auto& relaxation = explanation.relaxation; relaxation && explanation.usable == 0) {
    text += std::string("; cheapest to relax: ") + to_text(relaxation->constraint);
    if (relaxation->want != relaxation->have) {
      text += " (" + std::to_string(relaxation->have) + " instead of " +
              std::to_string(relaxation->want) + ")";
    }
  }
  return text;
}

}  // namespace oort::compute
