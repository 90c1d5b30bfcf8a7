// SPDX-License-Identifier: Apache-2.0
#include "oort/api/server.hpp"

#include <google/rpc/status.pb.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <oort/v1/admin.grpc.pb.h>
#include <oort/v1/ledger.grpc.pb.h>
#include <oort/v1/node.grpc.pb.h>
#include <oort/v1/object.grpc.pb.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mutex>
#include <string>
#include <thread>

#include "oort/core/reasons.hpp"

namespace oort::api {
namespace {

/// Final blocks up to a height that the test raises; answers waiting callers as it does.
class FakeLedger final : public LedgerPort {
 public:
  void submit(Bytes transaction, bool waits, Duration, Callback<Result<Submitted>> done) override {
    if (as_text(transaction) == "no quorum") {
      done(fail(ErrorCode::Unavailable, reason::no_quorum, "2 of 4 validators answer"));
      return;
    }
    Submitted submitted;
    submitted.id.mutable_view()[0] = std::byte{7};
    if (waits) {
      submitted.outcome = TransactionOutcome{.height = Height(3),
                                             .index = 1,
                                             .fee = Oort(5),
                                             .operations = {{.operation = 0x0101,
                                                             .rejection = 0x0102,
                                                             .rejection_name = "BANK_TOO_POOR",
                                                             .result = {}}}};
    }
    done(submitted);
  }
  void find_transaction(const TransactionId&, Callback<Result<TransactionOutcome>> done) override {
    done(fail(ErrorCode::NotFound, reason::not_found, "no such transaction is final"));
  }
  void get_account(const AccountId&, Consistency consistency,
                   Callback<Result<AccountView>> done) override {
    AccountView view;
    view.balance = Oort(~Uint128{0});
    view.lanes = {{0, consistency == Consistency::Strong ? 1U : 2U}};
    done(view);
  }
  void get_block(Height height, Callback<Result<BlockView>> done) override {
    BlockView block;
    block.height = height;
    done(block);
  }
  void await_block(Height height, Callback<Result<BlockView>> done) override {
    {
      const std::lock_guard lock(mutex_);
      if (is_stopped_) {
        done(fail(ErrorCode::Cancelled, reason::cancelled, "the node stops"));
        return;
      }
      if (height > final_height_) {
        waiting_.emplace_back(height, std::move(done));
        return;
      }
    }
    get_block(height, std::move(done));
  }
  void get_chain(Callback<Result<ChainView>> done) override { done(ChainView{}); }
  void prove(ProofTarget target, Callback<Result<Proof>> done) override {
    Proof proof;
    proof.is_present = std::holds_alternative<ObjectName>(target) &&
                       std::get<ObjectName>(target).name == "cat.png";
    done(proof);
  }

  /// 250 faults, whose ids begin with their number.
  void list_faults(const Bytes32& from, std::size_t count_max,
                   Callback<Result<FaultsView>> done) override {
    FaultsView view;
    view.state.height = Height(9);
    for (unsigned number = 0; number < 250; ++number) {
      FaultView fault;
      fault.id.mutable_view()[0] = static_cast<std::byte>(number);
      fault.kind = 1;
      fault.height = Height(number + 1);
      if (fault.id >= from && view.faults.size() < count_max) view.faults.push_back(fault);
    }
    done(std::move(view));
  }

  /// 250 lines, two a block.
  void list_statement(const AccountId&, StatementPlace from, std::size_t count_max,
                      Callback<Result<StatementView>> done) override {
    StatementView view;
    view.state.height = Height(125);
    for (std::uint32_t number = 0; number < 250; ++number) {
      StatementLine line;
      line.height = Height(number / 2 + 1);
      line.index = number % 2;
      line.purpose = "transfer";
      line.amount = Oort(number);
      const bool is_before =
          line.height < from.height || (line.height == from.height && line.index < from.index);
      if (!is_before && view.lines.size() < count_max) view.lines.push_back(line);
    }
    done(std::move(view));
  }

  void raise(Height height) {
    std::vector<std::pair<Height, Callback<Result<BlockView>>>> ready;
    {
      const std::lock_guard lock(mutex_);
      final_height_ = height;
      ready.swap(waiting_);
    }
    for (auto& [wanted, done] : ready) await_block(wanted, std::move(done));
  }
  /// Ends every wait, also of who asks from now on: a stream's next question may come late.
  void stop() {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
    for (auto& [height, done] : waiting_) {
      done(fail(ErrorCode::Cancelled, reason::cancelled, "the node stops"));
    }
    waiting_.clear();
  }

 private:
  std::mutex mutex_;
  Height final_height_{2};
  bool is_stopped_ = false;
  std::vector<std::pair<Height, Callback<Result<BlockView>>>> waiting_;
};

class FakeNode final : public NodePort {
 public:
  void get_status(Callback<Result<NodeStatus>> done) override {
    NodeStatus status;
    status.name = "super-1";
    status.uptime = 1500ms;
    status.storage.missing_shards_count = 4;
    done(status);
  }
  void list_peers(Callback<Result<std::vector<PeerView>>> done) override {
    done(std::vector<PeerView>(3));
  }
};

class FakeObjects final : public ObjectPort {
 public:
  void list_buckets(const AccountId&, Consistency, Callback<Result<BucketsView>> done) override {
    done(BucketsView{});
  }
  void list_missing_shards(Callback<Result<std::vector<MissingShard>>> done) override {
    std::vector<MissingShard> shards(250);
    for (std::size_t i = 0; i < shards.size(); ++i) {
      shards[i].shard.index = static_cast<std::uint8_t>(i);
    }
    done(shards);
  }
  void seal_bucket_keys(std::string bucket, Callback<Result<BucketKeysView>> done) override {
    if (bucket != "photos") {
      done(fail(ErrorCode::NotFound, reason::no_such_bucket, "bucket " + bucket));
      return;
    }
    BucketKeysView keys;
    keys.bucket = BucketId(7);
    keys.epoch = 3;
    keys.seals = {{NodeId(), to_bytes(as_bytes("sealed"))}};
    done(std::move(keys));
  }
};

class FakeOperator final : public AdminPort {
 public:
  void dump_consensus(Callback<Result<std::string>> done) override { done(std::string("text")); }
  void await_height(Height height, Duration, Callback<Result<Height>> done) override {
    done(height);
  }
  void await_durable(Duration, Callback<Result<Height>> done) override { done(Height(1)); }
  void seal_open_segments(Callback<Result<SealReport>> done) override {
    done(SealReport{3, 1, 2, "NOT_ENOUGH_NODES: why"});
  }
  void pause_repair(bool pauses, Callback<Result<void>> done) override {
    is_paused = pauses;
    done({});
  }
  void step_repair(Callback<Result<RepairReport>> done) override {
    RepairReport report;
    if (is_paused) {
      report.kind = RepairReport::Kind::Repaired;
      report.shard.index = 5;
      report.to.mutable_view()[0] = std::byte{9};
    }
    done(std::move(report));
  }
  void scrub(Callback<Result<ScrubReport>> done) override {
    if (!holds_shards) {
      done(fail(ErrorCode::Unimplemented, reason::not_supported, "this node holds no shards"));
      return;
    }
    ScrubReport report;
    report.shards_count = 5000;
    report.bytes = 1 << 20;
    report.unreadable_count = 1;
    report.damaged_count = 1500;
    report.damaged.resize(1500);
    report.damaged[1] = {SegmentId(), 4, 2};
    done(std::move(report));
  }
  void shut_down() override {}

  bool is_paused = false;
  bool holds_shards = true;
};

struct Door {
  explicit Door(bool has_ports = true) {
    folder = ::testing::TempDir() + "api-" + std::to_string(::getpid());
    ::mkdir(folder.c_str(), 0700);
    ServerOptions options;
    options.admin_socket = folder + "/admin.sock";
    Ports ports;
    if (has_ports) {
      ports = {.ledger = &ledger, .node = &node, .object = &objects, .admin = &operator_port};
    }
    server = Server::start(options, ports).value();
    channel = grpc::CreateChannel(server->endpoint(), grpc::InsecureChannelCredentials());
  }
  ~Door() {
    ledger.stop();
    server->stop(1s);
    ::rmdir(folder.c_str());
  }
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  FakeLedger ledger;
  FakeNode node;
  FakeObjects objects;
  FakeOperator operator_port;
  std::string folder;
  std::unique_ptr<Server> server;
  std::shared_ptr<grpc::Channel> channel;
};

std::string reason_of(const grpc::Status& status) {
  google::rpc::Status rich;
  google::rpc::ErrorInfo info;
  if (!rich.ParseFromString(status.error_details()) || rich.details_size() != 1 ||
      !rich.details(0).UnpackTo(&info) || info.domain() != "oort") {
    return "no ErrorInfo";
  }
  return info.reason();
}

TEST(Server, EveryErrorCarriesItsReason_A1) {
  Door door;
  const auto stub = v1::LedgerService::NewStub(door.channel);
  {
    grpc::ClientContext context;
    v1::SubmitTransactionRequest request;
    v1::SubmitTransactionResponse response;
    request.set_transaction("no quorum");
    const auto status = stub->SubmitTransaction(&context, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(status.error_message(), "2 of 4 validators answer");
    EXPECT_EQ(reason_of(status), "NO_QUORUM");
  }
  {
    grpc::ClientContext context;
    v1::GetAccountRequest request;
    v1::GetAccountResponse response;
    request.set_account("short");
    const auto status = stub->GetAccount(&context, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(reason_of(status), "BAD_ARGUMENT");
    EXPECT_EQ(status.error_message(), "account has 5 bytes; it must have 20");
  }
  {
    grpc::ClientContext context;
    v1::GetProofRequest request;
    v1::GetProofResponse response;
    EXPECT_EQ(reason_of(stub->GetProof(&context, request, &response)), "BAD_ARGUMENT");
  }
}

TEST(Server, AnswersFromItsPorts) {
  Door door;
  const auto ledger = v1::LedgerService::NewStub(door.channel);
  const auto node = v1::NodeService::NewStub(door.channel);
  {
    grpc::ClientContext context;
    context.AddMetadata("x-request-id", "my-id");
    v1::SubmitTransactionRequest request;
    v1::SubmitTransactionResponse response;
    ASSERT_TRUE(ledger->SubmitTransaction(&context, request, &response).ok());
    EXPECT_EQ(response.receipt().operations(0).rejection_name(), "BANK_TOO_POOR");
    const auto& trailers = context.GetServerTrailingMetadata();
    EXPECT_EQ(trailers.find("x-request-id")->second, "my-id");
  }
  {
    grpc::ClientContext context;
    v1::GetAccountRequest request;
    v1::GetAccountResponse response;
    request.set_account(std::string(20, 'a'));
    request.set_consistency(v1::CONSISTENCY_LOCAL);
    ASSERT_TRUE(ledger->GetAccount(&context, request, &response).ok());
    EXPECT_EQ(response.balance(), "340282366920938463463374607431768211455");
    EXPECT_EQ(response.lanes(0).next_sequence(), 2U);
  }
  {
    grpc::ClientContext context;
    v1::GetProofRequest request;
    v1::GetProofResponse response;
    request.mutable_object()->set_name("cat.png");
    ASSERT_TRUE(ledger->GetProof(&context, request, &response).ok());
    EXPECT_TRUE(response.is_present());
  }
  {
    grpc::ClientContext context;
    v1::GetStatusRequest request;
    v1::GetStatusResponse response;
    ASSERT_TRUE(node->GetStatus(&context, request, &response).ok());
    EXPECT_EQ(response.name(), "super-1");
    EXPECT_EQ(response.uptime_ms(), 1500U);
    EXPECT_EQ(response.storage().missing_shards_count(), 4U);
  }
}

TEST(Server, PagesThroughMissingShards) {
  Door door;
  const auto stub = v1::ObjectService::NewStub(door.channel);
  std::size_t seen_count = 0;
  v1::ListMissingShardsRequest request;
  do {
    grpc::ClientContext context;
    v1::ListMissingShardsResponse response;
    ASSERT_TRUE(stub->ListMissingShards(&context, request, &response).ok());
    EXPECT_EQ(response.total_count(), 250U);
    for (const auto& shard : response.shards()) {
      EXPECT_EQ(shard.index(), seen_count % 256);
      ++seen_count;
    }
    request.mutable_page()->set_page_token(response.next_page_token());
  } while (!request.page().page_token().empty());
  EXPECT_EQ(seen_count, 250U);

  grpc::ClientContext context;
  v1::ListMissingShardsResponse response;
  request.mutable_page()->set_page_token("x");
  EXPECT_EQ(reason_of(stub->ListMissingShards(&context, request, &response)), "BAD_ARGUMENT");
}

TEST(Server, PagesThroughEvidence) {
  Door door;
  const auto stub = v1::LedgerService::NewStub(door.channel);
  std::vector<std::uint64_t> heights;
  std::vector<int> sizes;
  v1::ListEvidenceRequest request;
  do {
    grpc::ClientContext context;
    v1::ListEvidenceResponse response;
    ASSERT_TRUE(stub->ListEvidence(&context, request, &response).ok());
    EXPECT_EQ(response.state().height(), 9U);
    sizes.push_back(response.evidence_size());
    for (const v1::Evidence& evidence : response.evidence()) heights.push_back(evidence.height());
    request.mutable_page()->set_page_token(response.next_page_token());
  } while (!request.page().page_token().empty());
  EXPECT_EQ(sizes, (std::vector<int>{100, 100, 50}));
  ASSERT_EQ(heights.size(), 250U);
  for (std::size_t i = 0; i < heights.size(); ++i) EXPECT_EQ(heights[i], i + 1);

  for (const auto& [size, token] : {std::pair(-1, ""), std::pair(0, "17")}) {
    grpc::ClientContext context;
    v1::ListEvidenceResponse response;
    request.mutable_page()->set_page_size(size);
    request.mutable_page()->set_page_token(token);
    EXPECT_EQ(reason_of(stub->ListEvidence(&context, request, &response)), "BAD_ARGUMENT");
  }
}

TEST(Server, PagesThroughAStatement) {
  Door door;
  const auto stub = v1::LedgerService::NewStub(door.channel);
  std::vector<std::string> amounts;
  v1::ListStatementRequest request;
  request.set_account(std::string(20, 'a'));
  request.set_from_height(2);
  // An odd size, so that a page ends within a block.
  request.mutable_page()->set_page_size(101);
  do {
    grpc::ClientContext context;
    v1::ListStatementResponse response;
    ASSERT_TRUE(stub->ListStatement(&context, request, &response).ok());
    EXPECT_EQ(response.state().height(), 125U);
    for (const v1::StatementLine& line : response.lines()) amounts.push_back(line.amount());
    request.mutable_page()->set_page_token(response.next_page_token());
  } while (!request.page().page_token().empty());
  ASSERT_EQ(amounts.size(), 248U);
  for (std::size_t i = 0; i < amounts.size(); ++i) EXPECT_EQ(amounts[i], std::to_string(i + 2));

  for (const char* token : {"7", "7.", ".1", "7.x", "7.4294967296"}) {
    grpc::ClientContext context;
    v1::ListStatementResponse response;
    request.mutable_page()->set_page_token(token);
    EXPECT_EQ(reason_of(stub->ListStatement(&context, request, &response)), "BAD_ARGUMENT")
        << token;
  }
}

TEST(Server, StreamsBlocksInOrderAsTheyBecomeFinal) {
  Door door;
  const auto stub = v1::LedgerService::NewStub(door.channel);
  grpc::ClientContext context;
  v1::StreamBlocksRequest request;
  const auto stream = stub->StreamBlocks(&context, request);
  v1::GetBlockResponse block;
  for (std::uint64_t height = 1; height <= 2; ++height) {
    ASSERT_TRUE(stream->Read(&block));
    EXPECT_EQ(block.height(), height);
  }
  door.ledger.raise(Height(4));
  for (std::uint64_t height = 3; height <= 4; ++height) {
    ASSERT_TRUE(stream->Read(&block));
    EXPECT_EQ(block.height(), height);
  }
  door.ledger.stop();
  while (stream->Read(&block)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST(Server, AdminAnswersOnTheSocketAlone_A2) {
  Door door;
  v1::SetLogLevelRequest request;
  v1::SetLogLevelResponse response;
  request.set_level("loud");
  {
    grpc::ClientContext context;
    const auto stub = v1::AdminService::NewStub(door.channel);
    EXPECT_EQ(stub->SetLogLevel(&context, request, &response).error_code(),
              grpc::StatusCode::UNIMPLEMENTED);
  }
  const std::string path = door.folder + "/admin.sock";
  {
    grpc::ClientContext context;
    const auto stub = v1::AdminService::NewStub(
        grpc::CreateChannel("unix:" + path, grpc::InsecureChannelCredentials()));
    EXPECT_EQ(reason_of(stub->SetLogLevel(&context, request, &response)), "BAD_ARGUMENT");
  }
  struct stat socket{};
  ASSERT_EQ(::stat(path.c_str(), &socket), 0);
  EXPECT_EQ(socket.st_mode & 0777U, 0600U);
}

TEST(Server, OperatorsWorkOnStorageThroughTheSocket_A2) {
  Door door;
  const auto stub = v1::AdminService::NewStub(grpc::CreateChannel(
      "unix:" + door.folder + "/admin.sock", grpc::InsecureChannelCredentials()));
  {
    grpc::ClientContext context;
    v1::SealOpenSegmentsResponse response;
    ASSERT_TRUE(stub->SealOpenSegments(&context, {}, &response).ok());
    EXPECT_EQ(response.sealed_count(), 3U);
    EXPECT_EQ(response.failed_count(), 1U);
    EXPECT_EQ(response.left_count(), 2U);
    EXPECT_EQ(response.why(), "NOT_ENOUGH_NODES: why");
  }
  const auto step = [&] {
    grpc::ClientContext context;
    v1::StepRepairResponse response;
    EXPECT_TRUE(stub->StepRepair(&context, {}, &response).ok());
    return response;
  };
  EXPECT_EQ(step().kind(), v1::StepRepairResponse::KIND_NOTHING);
  EXPECT_EQ(step().segment(), "");
  {
    grpc::ClientContext context;
    v1::PauseRepairResponse response;
    ASSERT_TRUE(stub->PauseRepair(&context, {}, &response).ok());
    EXPECT_TRUE(door.operator_port.is_paused);
  }
  const v1::StepRepairResponse repaired = step();
  EXPECT_EQ(repaired.kind(), v1::StepRepairResponse::KIND_REPAIRED);
  EXPECT_EQ(repaired.segment().size(), 32U);
  EXPECT_EQ(repaired.index(), 5U);
  EXPECT_EQ(repaired.from(), "");
  EXPECT_EQ(repaired.to().size(), 32U);
  {
    grpc::ClientContext context;
    v1::ResumeRepairResponse response;
    ASSERT_TRUE(stub->ResumeRepair(&context, {}, &response).ok());
    EXPECT_FALSE(door.operator_port.is_paused);
  }
}

TEST(Server, AScrubNamesAtMostAThousandShards) {
  Door door;
  const auto stub = v1::AdminService::NewStub(grpc::CreateChannel(
      "unix:" + door.folder + "/admin.sock", grpc::InsecureChannelCredentials()));
  {
    grpc::ClientContext context;
    v1::ScrubNowResponse response;
    ASSERT_TRUE(stub->ScrubNow(&context, {}, &response).ok());
    EXPECT_EQ(response.shards_count(), 5000U);
    EXPECT_EQ(response.bytes(), 1U << 20);
    EXPECT_EQ(response.unreadable_count(), 1U);
    EXPECT_EQ(response.damaged_count(), 1500U);
    ASSERT_EQ(response.damaged_size(), 1000);
    EXPECT_EQ(response.damaged(1).index(), 4U);
    EXPECT_EQ(response.damaged(1).generation(), 2U);
  }
  door.operator_port.holds_shards = false;
  grpc::ClientContext context;
  v1::ScrubNowResponse response;
  EXPECT_EQ(reason_of(stub->ScrubNow(&context, {}, &response)), "NOT_SUPPORTED");
}

TEST(Server, SealsTheKeysOfABucket) {
  Door door;
  const auto stub = v1::ObjectService::NewStub(door.channel);
  v1::SealBucketKeysRequest request;
  request.set_bucket("photos");
  {
    grpc::ClientContext context;
    v1::SealBucketKeysResponse response;
    ASSERT_TRUE(stub->SealBucketKeys(&context, request, &response).ok());
    EXPECT_EQ(response.bucket_id(), 7U);
    EXPECT_EQ(response.owner().size(), 20U);
    EXPECT_EQ(response.epoch(), 3U);
    ASSERT_EQ(response.seals_size(), 1);
    EXPECT_EQ(response.seals(0).gateway().size(), 32U);
    EXPECT_EQ(response.seals(0).sealed(), "sealed");
  }
  grpc::ClientContext context;
  v1::SealBucketKeysResponse response;
  request.set_bucket("none");
  EXPECT_EQ(reason_of(stub->SealBucketKeys(&context, request, &response)), "NO_SUCH_BUCKET");
}

TEST(Server, RefusesToSpeakInTheClearBeyondLoopback_A3) {
  ServerOptions options;
  options.listen = "0.0.0.0:0";
  const auto started = Server::start(options, {});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().reason(), "BAD_CONFIG");
}

TEST(Server, NamesTheUsedPortAndTheLongPath) {
  Door door;
  ServerOptions options;
  options.listen = door.server->endpoint();
  EXPECT_EQ(Server::start(options, {}).error().reason(), "PORT_IN_USE");
  options.listen = "";
  options.admin_socket = "/tmp/" + std::string(120, 'x');
  EXPECT_EQ(Server::start(options, {}).error().reason(), "BAD_CONFIG");
}

TEST(Server, SaysWhatItDoesNotOffer_A1) {
  Door door(/*has_ports=*/false);
  const auto stub = v1::LedgerService::NewStub(door.channel);
  {
    grpc::ClientContext context;
    v1::GetChainRequest request;
    v1::GetChainResponse response;
    EXPECT_EQ(reason_of(stub->GetChain(&context, request, &response)), "NOT_SUPPORTED");
  }
  grpc::ClientContext context;
  const auto stream = stub->StreamBlocks(&context, v1::StreamBlocksRequest());
  v1::GetBlockResponse block;
  EXPECT_FALSE(stream->Read(&block));
  EXPECT_EQ(reason_of(stream->Finish()), "NOT_SUPPORTED");
}

TEST(Server, StopAnswersWhatIsInFlight_A4) {
  auto door = std::make_unique<Door>();
  const auto stub = v1::LedgerService::NewStub(door->channel);
  grpc::ClientContext context;
  v1::StreamBlocksRequest request;
  request.set_from_height(100);
  const auto stream = stub->StreamBlocks(&context, request);
  stream->WaitForInitialMetadata();
  // The awaited block never comes: the server alone ends the call.
  door->server->stop(0s);
  v1::GetBlockResponse block;
  EXPECT_FALSE(stream->Read(&block));
  EXPECT_FALSE(stream->Finish().ok());
}

}  // namespace
}  // namespace oort::api
