// SPDX-License-Identifier: Apache-2.0
#include "compute_client.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/support/status.h>
#include "client.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/time.hpp"

namespace oort::cli {
namespace {

constexpr Duration read_deadline = 10s;
constexpr Duration submit_deadline = 30s;
constexpr std::int32_t page_size = 1'000;
using Stub = v1::ComputeService::Stub;

std::string field(const JobId& id) { return std::string(as_text(id.view())); }

template <class Message, class Each>
Result<void> read_all(const std::string& endpoint, grpc::ClientContext& context,
                      grpc::ClientReader<Message>& reader, const Each& each) {
  Message message;
  while (reader.Read(&message)) {
    if (each(message)) continue;
    context.TryCancel();
    static_cast<void>(reader.Finish());
    return {};
  }
  const grpc::Status status = reader.Finish();
  if (!status.ok()) return fail(to_error(status, endpoint));
  return {};
}

}  // namespace

ComputeClient::ComputeClient(std::string endpoint)
    : endpoint_(std::move(endpoint)), stub_(v1::ComputeService::NewStub(connect(endpoint_))) {}

Result<std::vector<v1::Offer>> ComputeClient::offers() {
  std::vector<v1::Offer> all;
  v1::ListOffersRequest request;
  request.mutable_page()->set_page_size(page_size);
  do {
    OORT_TRY(const auto page, call<v1::ListOffersResponse>(endpoint_, read_deadline, *stub_,
                                                           &Stub::ListOffers, request));
    all.insert(all.end(), page.offers().begin(), page.offers().end());
    request.mutable_page()->set_page_token(page.next_page_token());
  } while (!request.page().page_token().empty());
  return all;
}

Result<v1::PlanJobResponse> ComputeClient::plan(ByteView spec) {
  v1::PlanJobRequest request;
  request.set_spec(std::string(as_text(spec)));
  return call<v1::PlanJobResponse>(endpoint_, read_deadline, *stub_, &Stub::PlanJob, request);
}

Result<v1::SubmitJobResponse> ComputeClient::submit(ByteView transaction, ByteView spec) {
  v1::SubmitJobRequest request;
  request.set_transaction(std::string(as_text(transaction)));
  request.set_spec(std::string(as_text(spec)));
  return call<v1::SubmitJobResponse>(endpoint_, submit_deadline, *stub_, &Stub::SubmitJob, request);
}

Result<v1::GetJobResponse> ComputeClient::job(const JobId& id) {
  v1::GetJobRequest request;
  request.set_job(field(id));
  return call<v1::GetJobResponse>(endpoint_, read_deadline, *stub_, &Stub::GetJob, request);
}

Result<std::vector<v1::Job>> ComputeClient::jobs(const v1::ListJobsRequest& request) {
  std::vector<v1::Job> all;
  v1::ListJobsRequest next = request;
  next.mutable_page()->set_page_size(page_size);
  do {
    OORT_TRY(const auto page,
             call<v1::ListJobsResponse>(endpoint_, read_deadline, *stub_, &Stub::ListJobs, next));
    all.insert(all.end(), page.jobs().begin(), page.jobs().end());
    next.mutable_page()->set_page_token(page.next_page_token());
  } while (!next.page().page_token().empty());
  return all;
}

Result<v1::JobCostResponse> ComputeClient::cost(const JobId& id) {
  v1::JobCostRequest request;
  request.set_job(field(id));
  return call<v1::JobCostResponse>(endpoint_, read_deadline, *stub_, &Stub::JobCost, request);
}

Result<void> ComputeClient::watch(const JobId& id,
                                  const std::function<bool(const v1::GetJobResponse&)>& each) {
  v1::WatchJobRequest request;
  request.set_job(field(id));
  grpc::ClientContext context;
  const auto reader = stub_->WatchJob(&context, request);
  return read_all(endpoint_, context, *reader, each);
}

Result<void> ComputeClient::logs(const v1::JobLogsRequest& request,
                                 const std::function<bool(const v1::JobLogsResponse&)>& each) {
  grpc::ClientContext context;
  const auto reader = stub_->JobLogs(&context, request);
  return read_all(endpoint_, context, *reader, each);
}

Result<ComputeClient> open_compute(const Session& session) {
  OORT_TRY(std::string endpoint, session.endpoint());
  return ComputeClient(std::move(endpoint));
}

Result<ComputeClient> open_broker(const Session& session, const JobId& job) {
  OORT_TRY(ComputeClient any, open_compute(session));
  OORT_TRY(const auto found, any.job(job));
  if (found.has_run()) return any;
  if (found.job().broker_endpoint().empty()) {
    return fail(ErrorCode::NotFound, reason::not_found,
                "the job's broker " + hex_of(found.job().broker()) + " names no gRPC door");
  }
  return ComputeClient(found.job().broker_endpoint());
}

}  // namespace oort::cli
