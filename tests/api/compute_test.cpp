// SPDX-License-Identifier: Apache-2.0
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <oort/v1/compute.grpc.pb.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "oort/api/broker_port.hpp"
#include "oort/api/ports.hpp"
#include "oort/api/server.hpp"
#include "oort/codec/codec.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/jobs_keys.hpp"
#include "oort/ledger/jobs_operations.hpp"
#include "oort/ledger/jobs_spec.hpp"
#include "oort/ledger/keys.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/state.hpp"
#include "oort/ledger/transaction.hpp"

namespace oort::api {
namespace {

crypto::KeyPair payer() {
  Bytes32 seed;
  seed.mutable_view()[0] = std::byte{7};
  return crypto::KeyPair(crypto::SecretSeed(seed.array()));
}
AccountId payer_account() { return crypto::account_of(payer().public_key()); }
NodeId node_id(std::uint8_t number) {
  NodeId id;
  id.mutable_view()[0] = std::byte{number};
  return id;
}

ledger::JobSpec small_spec(std::uint32_t cpu_milli = 1'000) {
  ledger::JobSpec spec;
  spec.work = ledger::BuiltinWork{"blake3", 1, {}};
  ledger::JobAlternative way;
  way.cpu_milli = cpu_milli;
  spec.any_of = {way};
  spec.walltime_ms = 1'000;
  return spec;
}

/// Two nodes that offer 4 and 2 cores, and one job of the payer's.
class FakeState final : public StatePort {
 public:
  FakeState() {
    put(ledger::keys::jobs_params(), ledger::JobsParams{});
    for (const std::uint8_t number : {std::uint8_t{1}, std::uint8_t{2}}) {
      ledger::Node node;
      node.id = node_id(number);
      node.owner.mutable_view()[0] = std::byte{number};
      node.endpoints = {{ledger::EndpointKind::Grpc, "127.0.0.1", 9'000}};
      put(ledger::keys::node(node.id), node);
      ledger::OfferRecord offer;
      offer.node = node.id;
      offer.summary.cpu_milli = 6'000U - number * 2'000U;
      offer.summary.memory_mib = 1'024;
      offer.summary.tiers = 1;
      offer.summary.expires_ms = 10'000'000;
      put(ledger::keys::offer(node.id), offer);
    }
    job.id = ledger::job_id_of(payer_account(), 1);
    job.payer = payer_account();
    job.brokers = {node_id(1), node_id(2)};
    job.broker_epoch = 2;
    job.budget = ledger::Units(100);
    job.broker_share = 100'000;
    job.anchored.totals = {3, 1, ledger::Units(20)};
    put(ledger::keys::job(job.id), job);
    const std::vector<ledger::StateWrite> index = {
        {ledger::keys::job_payer(job.payer, job.id), Bytes{}}};
    state_.apply(index);
  }
  void read(const Use& use) override {
    StateMark mark;
    mark.time = {1'000};
    use(mark, state_);
  }
  ledger::Job job;

 private:
  template <class T>
  void put(const Bytes& key, const T& record) {
    const std::vector<ledger::StateWrite> writes = {{key, codec::to_bytes(record)}};
    state_.apply(writes);
  }
  ledger::MemoryState state_;
};

class FakeBroker final : public BrokerPort {
 public:
  void accept(JobHandover job, Callback<Result<void>> done) override {
    accepted = std::move(job);
    done(refuses ? Result<void>(fail(ErrorCode::Unavailable, "PEER_UNREACHABLE", "nobody"))
                 : Result<void>());
  }
  void plan(ledger::JobSpec, Callback<Result<compute::Explanation>> done) override {
    done(compute::Explanation{});
  }
  void get_run(const JobId& job, Callback<Result<JobRun>> done) override {
    JobRun run;
    run.id = job;
    run.done = 2;
    done(std::move(run));
  }
  void await_run(const JobId& job, std::uint64_t after, Duration,
                 Callback<Result<JobRun>> done) override {
    JobRun run;
    run.id = job;
    run.version = after + 1;
    run.is_over = run.version == 3;
    done(std::move(run));
  }
  void read_log(const JobId&, LogPlace place, std::size_t, Duration,
                Callback<Result<LogChunk>> done) override {
    const std::string text = "hello";
    LogChunk chunk;
    chunk.at = place;
    if (place.offset < text.size()) {
      chunk.bytes = to_bytes(std::string_view(text).substr(place.offset, 3));
    }
    chunk.is_end = place.offset + chunk.bytes.size() >= text.size();
    done(std::move(chunk));
  }
  std::optional<JobHandover> accepted;
  bool refuses = false;
};

/// Takes every transaction.
class FakeLedger final : public LedgerPort {
 public:
  void submit(Bytes transaction, bool, Duration, Callback<Result<Submitted>> done) override {
    submitted = std::move(transaction);
    done(Submitted{});
  }
  void find_transaction(const TransactionId&, Callback<Result<TransactionOutcome>> done) override {
    done(TransactionOutcome{});
  }
  void get_account(const AccountId&, Consistency, Callback<Result<AccountView>> done) override {
    done(AccountView{});
  }
  void get_block(Height, Callback<Result<BlockView>> done) override { done(BlockView{}); }
  void await_block(Height, Callback<Result<BlockView>> done) override { done(BlockView{}); }
  void get_chain(Callback<Result<ChainView>> done) override { done(ChainView{}); }
  void prove(ProofTarget, Callback<Result<Proof>> done) override { done(Proof{}); }
  void list_faults(const Bytes32&, std::size_t, Callback<Result<FaultsView>> done) override {
    done(FaultsView{});
  }
  void list_statement(const AccountId&, StatementPlace, std::size_t,
                      Callback<Result<StatementView>> done) override {
    done(StatementView{});
  }
  std::optional<Bytes> submitted;
};

class Compute : public ::testing::Test {
 protected:
  void open(bool has_broker = true) {
    Ports ports;
    ports.state = &state;
    ports.ledger = &ledger;
    if (has_broker) ports.broker = &broker;
    server = Server::start({}, ports).value();
    stub = v1::ComputeService::NewStub(
        grpc::CreateChannel(server->endpoint(), grpc::InsecureChannelCredentials()));
  }
  template <class Response, class Method, class Request>
  grpc::Status ask(Method method, const Request& request, Response& response) {
    grpc::ClientContext context;
    return ((*stub).*method)(&context, request, &response);
  }
  static std::string field(ByteView bytes) { return std::string(as_text(bytes)); }
  v1::SubmitJobRequest submission(const ledger::JobSpec& spec) {
    ledger::JobOpen open;
    open.nonce = 5;
    open.spec = ledger::job_spec_hash(codec::to_bytes(spec));
    open.walltime_ms = spec.walltime_ms;
    ledger::Transaction transaction;
    ledger::add_operation(transaction, open);
    ledger::sign(transaction, payer());
    v1::SubmitJobRequest request;
    request.set_transaction(field(codec::to_bytes(transaction)));
    request.set_spec(field(codec::to_bytes(spec)));
    return request;
  }

  FakeState state;
  FakeBroker broker;
  FakeLedger ledger;
  std::unique_ptr<Server> server;
  std::unique_ptr<v1::ComputeService::Stub> stub;
};

TEST_F(Compute, ListsOffersAndJobsInPages) {
  open();
  v1::ListOffersRequest request;
  request.mutable_page()->set_page_size(1);
  v1::ListOffersResponse offers;
  ASSERT_TRUE(ask(&v1::ComputeService::Stub::ListOffers, request, offers).ok());
  ASSERT_EQ(offers.offers_size(), 1);
  EXPECT_EQ(offers.offers(0).cpu_milli(), 4'000U);
  EXPECT_EQ(offers.offers(0).tiers(0), "wasm");
  request.mutable_page()->set_page_token(offers.next_page_token());
  v1::ListOffersResponse rest;
  ASSERT_TRUE(ask(&v1::ComputeService::Stub::ListOffers, request, rest).ok());
  ASSERT_EQ(rest.offers_size(), 1);
  EXPECT_TRUE(rest.next_page_token().empty());
  v1::ListJobsRequest by_payer;
  by_payer.set_payer(field(payer_account().view()));
  v1::ListJobsResponse jobs;
  ASSERT_TRUE(ask(&v1::ComputeService::Stub::ListJobs, by_payer, jobs).ok());
  ASSERT_EQ(jobs.jobs_size(), 1);
  EXPECT_EQ(jobs.jobs(0).broker(), field(node_id(2).view())) << "of epoch 2";
  EXPECT_EQ(jobs.jobs(0).broker_endpoint(), "127.0.0.1:9000");
  by_payer.set_payer("short");
  EXPECT_FALSE(ask(&v1::ComputeService::Stub::ListJobs, by_payer, jobs).ok());
}

TEST_F(Compute, AJobComesWithWhatItsBrokerKnowsAndWhatItCosts) {
  open();
  v1::GetJobRequest request;
  request.set_job(field(state.job.id.view()));
  v1::GetJobResponse found;
  ASSERT_TRUE(ask(&v1::ComputeService::Stub::GetJob, request, found).ok());
  EXPECT_EQ(found.job().pay(), "20");
  EXPECT_EQ(found.run().done_count(), 2U);
  v1::JobCostRequest of;
  of.set_job(request.job());
  v1::JobCostResponse cost;
  ASSERT_TRUE(ask(&v1::ComputeService::Stub::JobCost, of, cost).ok());
  EXPECT_EQ(cost.share(), "2");
  request.set_job(std::string(32, 'x'));
  EXPECT_EQ(ask(&v1::ComputeService::Stub::GetJob, request, found).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(Compute, WithoutABrokerAPlanGoesByTheOffersOfTheLedger) {
  open(false);
  v1::PlanJobRequest request;
  request.set_spec(field(codec::to_bytes(small_spec())));
  v1::PlanJobResponse plan;
  ASSERT_TRUE(ask(&v1::ComputeService::Stub::PlanJob, request, plan).ok());
  EXPECT_EQ(plan.verdict(), "StartsNow");
  EXPECT_EQ(plan.nodes_count(), 2U);
  EXPECT_FALSE(plan.knows_leases());
  request.set_spec(field(codec::to_bytes(small_spec(5'000))));
  v1::PlanJobResponse none;
  ASSERT_TRUE(ask(&v1::ComputeService::Stub::PlanJob, request, none).ok());
  EXPECT_EQ(none.verdict(), "Unsatisfiable");
  EXPECT_EQ(none.relaxation().have(), 4'000U) << "the cheapest one: the larger node";
  EXPECT_EQ(none.relaxation().want(), 5'000U);
  request.set_spec("nonsense");
  EXPECT_EQ(ask(&v1::ComputeService::Stub::PlanJob, request, none).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(Compute, AJobIsHandedOverBeforeItIsOpened) {
  open();
  v1::SubmitJobResponse response;
  const v1::SubmitJobRequest request = submission(small_spec());
  broker.refuses = true;
  EXPECT_FALSE(ask(&v1::ComputeService::Stub::SubmitJob, request, response).ok());
  EXPECT_FALSE(ledger.submitted.has_value()) << "no broker has it";
  broker.refuses = false;
  ASSERT_TRUE(ask(&v1::ComputeService::Stub::SubmitJob, request, response).ok());
  EXPECT_EQ(field(*ledger.submitted), request.transaction());
  EXPECT_EQ(broker.accepted->id, ledger::job_id_of(payer_account(), 5));
  EXPECT_EQ(field(broker.accepted->spec), request.spec());
  ledger.submitted.reset();
  v1::SubmitJobRequest other = request;
  other.set_spec(field(codec::to_bytes(small_spec(2'000))));
  EXPECT_EQ(ask(&v1::ComputeService::Stub::SubmitJob, other, response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_FALSE(ledger.submitted.has_value()) << "another specification";
  v1::CancelJobRequest cancel;
  cancel.set_transaction(request.transaction());
  v1::SubmitTransactionResponse done;
  EXPECT_EQ(ask(&v1::ComputeService::Stub::CancelJob, cancel, done).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT)
      << "it opens a job";
}

TEST_F(Compute, LogsAreForThePayerAlone) {
  open();
  static constexpr crypto::Context access("oort.v1 job access");
  v1::JobLogsRequest request;
  request.set_job(field(state.job.id.view()));
  request.set_valid_until_ms(2'000);
  codec::Writer out;
  codec::encode(out, ChainId());
  codec::encode(out, state.job.id);
  out.u64(2'000);
  request.set_public_key(field(payer().public_key().view()));
  request.set_signature(field(payer().sign(crypto::hash(access, out.bytes()).view()).view()));
  const auto read = [&] {
    grpc::ClientContext context;
    const auto reader = stub->JobLogs(&context, request);
    std::string text;
    v1::JobLogsResponse chunk;
    while (reader->Read(&chunk)) text += chunk.content();
    return std::pair(text, reader->Finish().error_code());
  };
  EXPECT_EQ(read(), std::pair(std::string("hello"), grpc::StatusCode::OK));
  request.set_offset(2);
  EXPECT_EQ(read(), std::pair(std::string("llo"), grpc::StatusCode::OK));
  request.set_valid_until_ms(3'000);
  EXPECT_EQ(read().second, grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(Compute, AWatchEndsWithTheJob) {
  open();
  v1::WatchJobRequest request;
  request.set_job(field(state.job.id.view()));
  grpc::ClientContext context;
  const auto reader = stub->WatchJob(&context, request);
  std::vector<std::uint64_t> versions;
  v1::GetJobResponse seen;
  while (reader->Read(&seen)) versions.push_back(seen.run().version());
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(versions, (std::vector<std::uint64_t>{1, 2, 3}));
}

}  // namespace
}  // namespace oort::api
