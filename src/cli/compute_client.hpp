// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <oort/v1/compute.grpc.pb.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "session.hpp"

namespace oort::cli {

/// ComputeService of one node. Lists are whole: all pages.
class ComputeClient {
 public:
  explicit ComputeClient(std::string endpoint);

  [[nodiscard]] Result<std::vector<v1::Offer>> offers();
  [[nodiscard]] Result<v1::PlanJobResponse> plan(ByteView spec);
  [[nodiscard]] Result<v1::SubmitJobResponse> submit(ByteView transaction, ByteView spec);
  [[nodiscard]] Result<v1::GetJobResponse> job(const JobId& id);
  [[nodiscard]] Result<std::vector<v1::Job>> jobs(const v1::ListJobsRequest& request);
  [[nodiscard]] Result<v1::JobCostResponse> cost(const JobId& id);
  /// Calls `each` with every message until the stream ends or `each` says false.
  [[nodiscard]] Result<void> watch(const JobId& id,
                                   const std::function<bool(const v1::GetJobResponse&)>& each);
  [[nodiscard]] Result<void> logs(const v1::JobLogsRequest& request,
                                  const std::function<bool(const v1::JobLogsResponse&)>& each);

 private:
  std::string endpoint_;
  std::unique_ptr<v1::ComputeService::Stub> stub_;
};

[[nodiscard]] Result<ComputeClient> open_compute(const Session& session);
/// The door of the job's broker in office, which alone knows its tasks and logs. Fails with
/// NOT_FOUND where it names none.
[[nodiscard]] Result<ComputeClient> open_broker(const Session& session, const JobId& job);

}  // namespace oort::cli
