// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/compute.grpc.pb.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <grpcpp/support/status.h>
#include "call.hpp"
#include "compute_messages.hpp"
#include "oort/codec/codec.hpp"
#include "oort/compute/explanation.hpp"
#include "oort/compute/job_request.hpp"
#include "oort/compute/scheduler.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/jobs_operations.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/jobs_spec.hpp"
#include "oort/ledger/jobs_view.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/state.hpp"
#include "oort/ledger/transaction.hpp"
#include "oort/ledger/view.hpp"
#include "services.hpp"
#include "state_call.hpp"
#include "submitted.hpp"

namespace oort::api {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using ledger::JobsView;
using ledger::StateReader;

/// Offers that a plan looks at, at most.
constexpr std::size_t planned_offers_max = 10'000;
constexpr std::size_t log_bytes_max = std::size_t{64} * 1024;
/// How long a stream asks for one change; then it asks anew.
constexpr Duration stream_wait = 10s;

Result<void> need_module(const StateReader& state) {
  if (JobsView(state).params()) return {};
  return fail(ErrorCode::Unimplemented, reason::not_supported,
              "this network began without the module jobs");
}

Result<ledger::Job> job_in(const StateReader& state, const std::string& bytes) {
  OORT_TRY(need_module(state));
  OORT_TRY(const JobId id, read_id<JobId>("job", bytes));
  const auto job = JobsView(state).job(id);
  if (!job) return fail(ErrorCode::NotFound, reason::not_found, "there is no job " + id.hex());
  return *job;
}

/// The one operation of a transaction, which must be of one of the types.
template <class... Ts>
Result<ledger::Operation> operation_in(const std::string& bytes, const std::string& wanted) {
  OORT_TRY(const auto transaction, codec::from_bytes<ledger::Transaction>(as_bytes(bytes)));
  if (transaction.operations.size() == 1) {
    OORT_TRY(auto operation, ledger::decode_operation(transaction.operations.front()));
    if ((std::holds_alternative<Ts>(operation) || ...)) return operation;
  }
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "the transaction must hold one operation: " + wanted);
}

Result<ledger::JobSpec> spec_in(const std::string& bytes) {
  if (bytes.size() > ledger::job_spec_bytes_max) {
    return fail(ErrorCode::InvalidArgument, reason::too_large,
                "a specification has at most 256 KiB");
  }
  OORT_TRY(auto spec, codec::from_bytes<ledger::JobSpec>(as_bytes(bytes)));
  OORT_TRY(ledger::check_spec(spec));
  return spec;
}

/// A submission whose parts belong together.
Result<JobHandover> handover_in(const v1::SubmitJobRequest& request) {
  OORT_TRY(const auto spec, spec_in(request.spec()));
  OORT_TRY(const auto operation, operation_in<ledger::JobOpen>(request.transaction(), "JobOpen"));
  OORT_TRY(const auto transaction,
           codec::from_bytes<ledger::Transaction>(as_bytes(request.transaction())));
  JobHandover job;
  job.open = std::get<ledger::JobOpen>(operation);
  job.payer = transaction.sender;
  job.id = ledger::job_id_of(job.payer, job.open.nonce);
  job.spec = to_bytes(std::string_view(request.spec()));
  const bool is_same = job.open.spec == ledger::job_spec_hash(job.spec) &&
                       job.open.kind == ledger::kind_of(spec.work) &&
                       job.open.walltime_ms == spec.walltime_ms &&
                       job.open.confidence == spec.confidence;
  if (is_same) return job;
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "the transaction opens a job of another specification");
}

/// What offers on the ledger say, as if every node were idle.
compute::Explanation plan_by_offers(const StateMark& mark, const StateReader& state,
                                    const ledger::JobSpec& spec) {
  compute::Scheduler scheduler{compute::Options{}};
  const ledger::View view(state);
  for (const ledger::OfferRecord& offer : JobsView(state).offers(NodeId(), planned_offers_max)) {
    const auto node = view.node(offer.node);
    if (!node) continue;
    static_cast<void>(
        scheduler.step(mark.time, compute::OfferSet{compute::offer_of(*node, offer)}));
  }
  return scheduler.plan(compute::request_of(JobId(), spec, {}));
}

/// Whether the caller has shown that it is the payer.
Result<void> check_access(const v1::JobLogsRequest& request, const StateMark& mark,
                          const StateReader& state, const ledger::Job& job) {
  static constexpr crypto::Context context("oort.v1 job access");
  OORT_TRY(const PublicKey key, read_id<PublicKey>("public_key", request.public_key()));
  OORT_TRY(const Signature signature, read_id<Signature>("signature", request.signature()));
  codec::Writer out;
  codec::encode(out, ledger::View(state).chain().value_or(ChainId()));
  codec::encode(out, job.id);
  out.u64(request.valid_until_ms());
  const Bytes32 message = crypto::hash(context, out.bytes());
  if (crypto::account_of(key) == job.payer && mark.time.milliseconds <= request.valid_until_ms() &&
      crypto::verify(key, message.view(), signature)) {
    return {};
  }
  return fail(ErrorCode::Unauthenticated, reason::unauthenticated,
              "logs are for the payer: sign with the key that opened the job");
}

/// A stream whose every message is one answer of a port. gRPC, the answer that is awaited and the
/// write in flight share it; the last of them deletes it.
template <class Message>
class AnswerStream : public grpc::ServerWriteReactor<Message>,
                     public std::enable_shared_from_this<AnswerStream<Message>> {
 public:
  void start() {
    self_ = this->shared_from_this();
    this->StartSendInitialMetadata();
    ask_again();
  }
  void OnWriteDone(bool is_good) override {
    if (!is_good || is_cancelled_.load()) {
      this->Finish(grpc::Status::CANCELLED);
    } else if (is_last_) {
      this->Finish(grpc::Status::OK);
    } else {
      ask_again();
    }
  }
  void OnCancel() override {
    is_cancelled_ = true;
    if (claim()) this->Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { self_.reset(); }

 protected:
  /// Asks the port; its answer calls `take`.
  virtual void ask() = 0;
  enum class Next : std::uint8_t { Write, WriteLast, Wait, End };
  /// With `fill(message)` saying what to do with the answer.
  template <class T, class Fill>
  void take(const Result<T>& result, const Fill& fill) {
    if (!claim()) return;
    if (!result) return this->Finish(to_status(result.error()));
    message_.Clear();
    switch (fill(*result, message_)) {
      case Next::Write: return this->StartWrite(&message_);
      case Next::WriteLast: is_last_ = true; return this->StartWrite(&message_);
      case Next::Wait: return ask_again();
      case Next::End: return this->Finish(grpc::Status::OK);
    }
  }

 private:
  void ask_again() {
    is_waiting_ = true;
    ask();
    if (is_cancelled_.load() && claim()) this->Finish(grpc::Status::CANCELLED);
  }
  /// Whether the caller is the one to end the wait: an answer and a cancellation may race.
  [[nodiscard]] bool claim() noexcept { return is_waiting_.exchange(false); }

  std::atomic<bool> is_cancelled_{false};
  std::atomic<bool> is_waiting_{false};
  bool is_last_ = false;
  Message message_;
  std::shared_ptr<AnswerStream> self_;  // gRPC's share, given back in OnDone.
};

/// A stream that failed before it began; it keeps itself until gRPC is done with it.
template <class Message>
class RefusedStream final : public grpc::ServerWriteReactor<Message> {
 public:
  [[nodiscard]] static RefusedStream* make(const Error& error) {
    auto stream = std::make_shared<RefusedStream>();
    stream->self_ = stream;
    stream->Finish(to_status(error));
    return stream.get();
  }
  void OnDone() override { self_.reset(); }

 private:
  std::shared_ptr<RefusedStream> self_;
};

class LogStream final : public AnswerStream<v1::JobLogsResponse> {
 public:
  LogStream(BrokerPort& broker, const JobId& job, LogPlace place, bool waits)
      : broker_(broker), job_(job), place_(place), wait_(waits ? stream_wait : Duration{}) {}

 private:
  void ask() override {
    const auto self = std::static_pointer_cast<LogStream>(shared_from_this());
    broker_.read_log(job_, place_, log_bytes_max, wait_, [self](const Result<LogChunk>& chunk) {
      self->take(chunk, [&](const LogChunk& read, v1::JobLogsResponse& out) {
        return self->fill(read, out);
      });
    });
  }
  Next fill(const LogChunk& chunk, v1::JobLogsResponse& out) {
    place_ = chunk.at;
    place_.offset += chunk.bytes.size();
    if (chunk.bytes.empty() && !chunk.is_end) {
      return wait_ == Duration{} ? Next::End : Next::Wait;
    }
    out.set_offset(chunk.at.offset);
    out.set_content(to_field(chunk.bytes));
    out.set_is_end(chunk.is_end);
    return chunk.is_end ? Next::WriteLast : Next::Write;
  }

  BrokerPort& broker_;
  JobId job_;
  LogPlace place_;
  Duration wait_;
};

class WatchStream final : public AnswerStream<v1::GetJobResponse> {
 public:
  WatchStream(BrokerPort& broker, StatePort& state, const JobId& job)
      : broker_(broker), state_(state), job_(job) {}

 private:
  void ask() override {
    const auto self = std::static_pointer_cast<WatchStream>(shared_from_this());
    broker_.await_run(job_, version_, stream_wait, [self](const Result<JobRun>& run) {
      self->take(
          run, [&](const JobRun& seen, v1::GetJobResponse& out) { return self->fill(seen, out); });
    });
  }
  Next fill(const JobRun& run, v1::GetJobResponse& out) {
    if (run.version == version_ && !run.is_over) return Next::Wait;
    version_ = run.version;
    state_.read([&](const StateMark& mark, const StateReader& state) {
      write(mark, out.mutable_state());
      if (const auto job = JobsView(state).job(job_)) write(*job, state, out.mutable_job());
    });
    write(run, out.mutable_run());
    return run.is_over ? Next::WriteLast : Next::Write;
  }

  BrokerPort& broker_;
  StatePort& state_;
  JobId job_;
  std::uint64_t version_ = 0;
};

/// Jobs that the request names, with id at least `from`.
Result<std::vector<ledger::Job>> jobs_for(const StateReader& state,
                                          const v1::ListJobsRequest& request, const JobId& from,
                                          std::size_t count_max) {
  const JobsView view(state);
  switch (request.of_case()) {
    case v1::ListJobsRequest::kPayer: {
      OORT_TRY(const AccountId payer, read_id<AccountId>("payer", request.payer()));
      return view.jobs_of(payer, from, count_max);
    }
    case v1::ListJobsRequest::kBroker: {
      OORT_TRY(const NodeId broker, read_id<NodeId>("broker", request.broker()));
      return view.jobs_for(broker, from, count_max);
    }
    case v1::ListJobsRequest::OF_NOT_SET: break;
  }
  return view.jobs(from, count_max);
}

template <class Id>
Result<Id> read_id_token(const std::string& token) {
  if (token.empty()) return Id();
  const auto id = Id::from_hex(token);
  if (!id) return fail(bad_page_token());
  return *id;
}

Result<void> fill_jobs(const StateReader& state, const v1::ListJobsRequest& request,
                       v1::ListJobsResponse* out) {
  OORT_TRY(need_module(state));
  OORT_TRY(const std::size_t count_max, read_page_size(request.page().page_size()));
  OORT_TRY(const JobId from, read_id_token<JobId>(request.page().page_token()));
  OORT_TRY(const auto jobs, jobs_for(state, request, from, count_max + 1));
  for (const ledger::Job& job : jobs) {
    if (static_cast<std::size_t>(out->jobs_size()) == count_max) {
      out->set_next_page_token(job.id.hex());
      break;
    }
    write(job, state, out->add_jobs());
  }
  return {};
}

Result<void> fill_offers(const StateReader& state, const v1::ListOffersRequest& request,
                         v1::ListOffersResponse* out) {
  OORT_TRY(need_module(state));
  OORT_TRY(const std::size_t count_max, read_page_size(request.page().page_size()));
  OORT_TRY(const NodeId from, read_id_token<NodeId>(request.page().page_token()));
  for (const ledger::OfferRecord& offer : JobsView(state).offers(from, count_max + 1)) {
    if (static_cast<std::size_t>(out->offers_size()) == count_max) {
      out->set_next_page_token(offer.node.hex());
      break;
    }
    const auto node = ledger::View(state).node(offer.node);
    if (node) write(offer, *node, out->add_offers());
  }
  return {};
}

class ComputeService final : public v1::ComputeService::CallbackService {
 public:
  ComputeService(LedgerPort* ledger, StatePort* state, BrokerPort* broker)
      : ledger_(ledger), state_(state), broker_(broker) {}

  ServerUnaryReactor* PublishOffer(CallbackServerContext* context,
                                   const v1::PublishOfferRequest* request,
                                   v1::SubmitTransactionResponse* response) override {
    return submitted<ledger::OfferPost, ledger::OfferWithdraw>(
        *context, request->transaction(), "OfferPost or OfferWithdraw", response);
  }
  ServerUnaryReactor* CancelJob(CallbackServerContext* context, const v1::CancelJobRequest* request,
                                v1::SubmitTransactionResponse* response) override {
    return submitted<ledger::JobCancel>(*context, request->transaction(), "JobCancel", response);
  }

  ServerUnaryReactor* ListOffers(CallbackServerContext* context,
                                 const v1::ListOffersRequest* request,
                                 v1::ListOffersResponse* response) override {
    return answered(*context, response, [&](const StateMark&, const StateReader& state) {
      return fill_offers(state, *request, response);
    });
  }
  ServerUnaryReactor* ListJobs(CallbackServerContext* context, const v1::ListJobsRequest* request,
                               v1::ListJobsResponse* response) override {
    return answered(*context, response, [&](const StateMark&, const StateReader& state) {
      return fill_jobs(state, *request, response);
    });
  }
  ServerUnaryReactor* JobCost(CallbackServerContext* context, const v1::JobCostRequest* request,
                              v1::JobCostResponse* response) override {
    return answered(*context, response,
                    [&](const StateMark&, const StateReader& state) -> Result<void> {
                      OORT_TRY(const auto job, job_in(state, request->job()));
                      write_cost(job, state, response);
                      return {};
                    });
  }

  ServerUnaryReactor* PlanJob(CallbackServerContext* context, const v1::PlanJobRequest* request,
                              v1::PlanJobResponse* response) override {
    auto spec = spec_in(request->spec());
    if (!spec) return refuse(*context, spec.error());
    if (broker_ == nullptr) {
      return answer(state_, *context, "ComputeService",
                    [&](const StateMark& mark, const StateReader& state) -> Result<void> {
                      OORT_TRY(need_module(state));
                      write(plan_by_offers(mark, state, *spec), response);
                      return {};
                    });
    }
    tag_request(*context);
    ServerUnaryReactor* reactor = context->DefaultReactor();
    broker_->plan(*std::move(spec),
                  finish_with<compute::Explanation>(
                      reactor, [response](const compute::Explanation& explanation) {
                        write(explanation, response);
                        response->set_knows_leases(true);
                      }));
    return reactor;
  }

  ServerUnaryReactor* SubmitJob(CallbackServerContext* context, const v1::SubmitJobRequest* request,
                                v1::SubmitJobResponse* response) override {
    if (broker_ == nullptr || ledger_ == nullptr) {
      return refuse(*context, not_offered("the handing over of jobs"));
    }
    auto job = handover_in(*request);
    if (!job) return refuse(*context, job.error());
    tag_request(*context);
    ServerUnaryReactor* reactor = context->DefaultReactor();
    response->set_job(to_field(job->id.view()));
    auto send = finish_with<Submitted>(reactor, [response](const Submitted& submitted) {
      write(submitted, response->mutable_submitted());
    });
    Bytes transaction = to_bytes(std::string_view(request->transaction()));
    broker_->accept(*std::move(job),
                    [this, reactor, send = std::move(send), transaction = std::move(transaction),
                     deadline = remaining(*context)](const Result<void>& accepted) mutable {
                      if (!accepted) return reactor->Finish(to_status(accepted.error()));
                      ledger_->submit(std::move(transaction), true, deadline, std::move(send));
                    });
    return reactor;
  }

  ServerUnaryReactor* GetJob(CallbackServerContext* context, const v1::GetJobRequest* request,
                             v1::GetJobResponse* response) override {
    if (state_ == nullptr) return refuse(*context, not_offered("ComputeService"));
    Result<ledger::Job> job = fail(not_offered("ComputeService"));
    state_->read([&](const StateMark& mark, const StateReader& state) {
      write(mark, response->mutable_state());
      job = job_in(state, request->job());
      if (job) write(*job, state, response->mutable_job());
    });
    if (!job) return refuse(*context, job.error());
    tag_request(*context);
    ServerUnaryReactor* reactor = context->DefaultReactor();
    if (broker_ == nullptr) {
      reactor->Finish(grpc::Status::OK);
      return reactor;
    }
    broker_->get_run(job->id, [reactor, response](const Result<JobRun>& run) {
      if (run) write(*run, response->mutable_run());
      reactor->Finish(grpc::Status::OK);
    });
    return reactor;
  }

  grpc::ServerWriteReactor<v1::GetJobResponse>* WatchJob(
      CallbackServerContext* context, const v1::WatchJobRequest* request) override {
    tag_request(*context);
    using Refused = RefusedStream<v1::GetJobResponse>;
    if (broker_ == nullptr || state_ == nullptr) {
      return Refused::make(not_offered("the watching of jobs"));
    }
    const auto id = read_id<JobId>("job", request->job());
    if (!id) return Refused::make(id.error());
    const auto stream = std::make_shared<WatchStream>(*broker_, *state_, *id);
    stream->start();
    return stream.get();
  }

  grpc::ServerWriteReactor<v1::JobLogsResponse>* JobLogs(
      CallbackServerContext* context, const v1::JobLogsRequest* request) override {
    tag_request(*context);
    using Refused = RefusedStream<v1::JobLogsResponse>;
    if (broker_ == nullptr || state_ == nullptr) {
      return Refused::make(not_offered("the logs of jobs"));
    }
    Result<ledger::Job> job = fail(not_offered("ComputeService"));
    Result<void> access;
    state_->read([&](const StateMark& mark, const StateReader& state) {
      job = job_in(state, request->job());
      if (job) access = check_access(*request, mark, state, *job);
    });
    if (!job) return Refused::make(job.error());
    if (!access) return Refused::make(access.error());
    const auto stream = std::make_shared<LogStream>(
        *broker_, job->id, LogPlace{request->task(), request->offset()}, !request->no_wait());
    stream->start();
    return stream.get();
  }

 private:
  template <class... Ts, class Response>
  ServerUnaryReactor* submitted(CallbackServerContext& context, const std::string& transaction,
                                const std::string& wanted, Response* response) {
    if (ledger_ == nullptr) return refuse(context, not_offered("ComputeService"));
    const auto operation = operation_in<Ts...>(transaction, wanted);
    if (!operation) return refuse(context, operation.error());
    tag_request(context);
    ServerUnaryReactor* reactor = context.DefaultReactor();
    ledger_->submit(to_bytes(std::string_view(transaction)), true, remaining(context),
                    finish_with<Submitted>(
                        reactor, [response](const Submitted& done) { write(done, response); }));
    return reactor;
  }
  template <class Response, class Fill>
  ServerUnaryReactor* answered(CallbackServerContext& context, Response* response,
                               const Fill& fill) {
    return answer(state_, context, "ComputeService",
                  [&](const StateMark& mark, const StateReader& state) {
                    write(mark, response->mutable_state());
                    return fill(mark, state);
                  });
  }

  LedgerPort* ledger_;
  StatePort* state_;
  BrokerPort* broker_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_compute_service(LedgerPort* ledger, StatePort* state,
                                                    BrokerPort* broker) {
  return std::make_unique<ComputeService>(ledger, state, broker);
}

}  // namespace oort::api
