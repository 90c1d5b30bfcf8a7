// SPDX-License-Identifier: Apache-2.0
#include "edge_models.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "datahub/provenance_story.hpp"
#include "http/fakes.hpp"
#include "model_door.hpp"
#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/infer.hpp"
#include "oort/compute/builtin/model.hpp"
#include "oort/compute/builtin/run.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/host/blob_store.hpp"
#include "oort/http/server.hpp"
#include "oort/ledger/datahub_keys.hpp"
#include "temp_folder.hpp"

namespace oort::node {
namespace {

namespace builtin = compute::builtin;
using datahub::named;

const NodeId device = named<NodeId>("device");

class Inline final : public env::Executor {
 public:
  void post(Task task) override {
    if (is_held) {
      held.push_back(std::move(task));
    } else {
      task();
    }
  }
  bool is_held = false;
  std::vector<Task> held;
};

class FakeTimers final : public env::Timers {
 public:
  env::TimerId after(Duration, Task task) override {
    task_ = std::move(task);
    return env::TimerId(1);
  }
  void cancel(env::TimerId) noexcept override {}
  void fire() { std::exchange(task_, Task())(); }

 private:
  Task task_;
};

/// A bucket: objects by their targets.
class Objects final : public http::Handler {
 public:
  void handle(http::Exchange exchange) override {
    const auto found = objects.find(std::string(exchange.request().target));
    if (found == objects.end()) return exchange.respond(http::ResponseHead(404), "");
    exchange.respond(http::ResponseHead(200), as_text(found->second));
  }
  std::map<std::string, Bytes> objects;
};

builtin::Model small_model() {
  builtin::Model model;
  model.input.channels = 2;
  builtin::Dense dense;
  dense.outputs = 3;
  dense.weights = {1, 0, 0, 1, -1, -1};
  dense.biases = {0, 0, 5};
  model.layers = {dense};
  return model;
}

/// A ledger that holds the story, a bucket that holds the model, and a device.
class EdgeModelsTest : public testing::Test {
 protected:
  EdgeModelsTest() {
    http::ServerOptions options;
    options.is_access_logged = false;
    server_ = http::Server::start(options, bucket_, clock_, random_).value();
    pack(codec::to_bytes(small_model()), "model.bin");
    start();
  }
  ~EdgeModelsTest() override { server_->stop(Duration::zero()); }

  /// Stores a model of one file, and records it.
  void pack(const Bytes& content, const std::string& name) {
    const auto manifest = datahub::Manifest::from({{name, crypto::sha256(content)}}).value();
    story_.model.root = ModelId(manifest.root().array());
    story_.finish();
    bucket_.objects["/manifest?secret"] =
        to_bytes(std::string_view(datahub::canonical(manifest.statement("net")).value()));
    bucket_.objects["/statement"] = to_bytes(std::string_view(story_.statement));
    bucket_.objects["/file"] = content;
    name_ = name;
    record();
  }
  void record(std::uint64_t removed_ms = 0) {
    const ModelId root = story_.model.root;
    const ledger::Deployment here{root, device, {}, Height(8), 5, removed_ms};
    state_.clear();
    add(ledger::keys::deployment(root, device), here);
    add(ledger::keys::model(root), story_.model);
    add(ledger::keys::training(story_.training.id), story_.training);
    add(ledger::keys::dataset(story_.dataset.root), story_.dataset);
    add(ledger::keys::campaign(story_.campaign.id), story_.campaign);
  }
  template <class T>
  void add(const Bytes& key, const T& record) {
    state_[key] = {datahub::proof(key, record), codec::to_bytes(record)};
  }
  void prove(const Bytes& key, Callback<Result<chain::Proven>> done) {
    if (!is_connected_) return done(fail(ErrorCode::Unavailable, reason::no_quorum, "cut"));
    chain::Proven proven;
    if (const auto found = state_.find(key); found != state_.end()) {
      proven.bundle = found->second.first;
      proven.shown.records.push_back({key, found->second.second});
    }
    done(std::move(proven));
  }
  void start(std::uint64_t bytes_max = 1'000'000) {
    models_.reset();
    store_.reset();
    store_ = host::open_blob_store(folder_.path()).value();
    models_ = std::make_unique<EdgeModels>(EdgeModels::Around{
        .self = device,
        .prove = [this](const Bytes& key, chain::Freshness,
                        Callback<Result<chain::Proven>> done) { prove(key, std::move(done)); },
        .check = datahub::check,
        .store = *store_,
        .clock = clock_,
        .timers = timers_,
        .fetching = fetching_,
        .answering = answering_,
        .bytes_max = bytes_max});
    ASSERT_TRUE(models_->open());
  }
  [[nodiscard]] http::Url url(const std::string& target) const {
    return {{"127.0.0.1", server_->port()}, target};
  }
  Result<ServedModel> deploy() {
    ModelSource source{url("/manifest?secret"), {url("/statement")}, {{name_, url("/file")}}};
    Result<ServedModel> got = fail(ErrorCode::Internal, reason::internal, "not called");
    models_->deploy(story_.model.root, std::move(source),
                    [&got](Result<ServedModel> result) { got = std::move(result); });
    return got;
  }
  [[nodiscard]] std::string refusal() { return std::string(deploy().error().reason()); }
  Result<Bytes> ask(std::vector<std::vector<std::int8_t>> samples) {
    Result<Bytes> got = fail(ErrorCode::Internal, reason::internal, "not called");
    models_->ask(story_.model.root, {builtin::Head::Logits, std::move(samples)},
                 [&got](Result<Bytes> result) { got = std::move(result); });
    return got;
  }

  test::TempFolder folder_;
  http::test::FakeClock clock_;
  http::test::FakeRandom random_;
  FakeTimers timers_;
  Inline fetching_;
  Inline answering_;
  Objects bucket_;
  std::unique_ptr<http::Server> server_;
  datahub::Story story_;
  std::string name_;
  std::map<Bytes, std::pair<Bytes, Bytes>> state_;
  bool is_connected_ = true;
  std::unique_ptr<env::BlobStore> store_;
  std::unique_ptr<EdgeModels> models_;
};

TEST_F(EdgeModelsTest, ServesWhatWasProvenAndNothingElse_E1) {
  state_.erase(ledger::keys::deployment(story_.model.root, device));
  EXPECT_EQ(refusal(), reason::not_allowed);
  record(/*removed_ms=*/7);
  EXPECT_EQ(refusal(), reason::not_allowed);
  record();
  bucket_.objects["/file"].push_back(std::byte{0});
  EXPECT_EQ(refusal(), reason::bad_proof);
  bucket_.objects["/file"].pop_back();
  bucket_.objects["/statement"].pop_back();
  EXPECT_EQ(refusal(), reason::bad_proof);
  bucket_.objects.erase("/statement");
  const auto gone = deploy();
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().reason(), reason::not_found);
  EXPECT_TRUE(models_->list().empty());
  EXPECT_EQ(ask({{1, 2}}).error().reason(), reason::not_found);

  pack(codec::to_bytes(small_model()), "model.bin");
  const auto served = deploy();
  ASSERT_TRUE(served) << served.error().to_string();
  EXPECT_EQ(served->grade, "CLAIMED");
  EXPECT_EQ(served->features, 2U);
  EXPECT_EQ(served->classes, 3U);
}

TEST_F(EdgeModelsTest, SecretsOfLinksAreNotTold) {
  bucket_.objects.erase("/manifest?secret");
  const auto got = deploy();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().detail().find("secret"), std::string::npos) << got.error().detail();
}

TEST_F(EdgeModelsTest, WhatIsDeployedSurvivesARestartWithoutANetwork_E2) {
  ASSERT_TRUE(deploy());
  const auto before = ask({{3, 4}, {-128, 127}});
  ASSERT_TRUE(before);
  is_connected_ = false;
  server_->stop(Duration::zero());
  start();
  ASSERT_EQ(models_->list().size(), 1U);
  EXPECT_EQ(models_->list().front().why, "");
  EXPECT_EQ(ask({{3, 4}, {-128, 127}}).value(), *before);
}

TEST_F(EdgeModelsTest, ADamagedModelIsToldAndNotServed_E1) {
  ASSERT_TRUE(deploy());
  const std::string name = story_.model.root.hex();
  Bytes bytes;
  {
    const auto blob = store_->open(name).value();
    bytes = blob->read(0, blob->size()).value();
  }
  bytes.back() ^= std::byte{1};
  ASSERT_TRUE(store_->replace(name, bytes));
  start();
  ASSERT_EQ(models_->list().size(), 1U);
  EXPECT_NE(models_->list().front().why.find("BAD_PROOF"), std::string::npos);
  EXPECT_EQ(ask({{3, 4}}).error().reason(), reason::not_found);
  // Fetched again, it is whole.
  ASSERT_TRUE(deploy());
  EXPECT_TRUE(ask({{3, 4}}));
}

TEST_F(EdgeModelsTest, AnAnswerIsTheOutputOfInfer_E3) {
  ASSERT_TRUE(deploy());
  builtin::Task task;
  task.workload = {"infer", 1};
  task.parameters = codec::to_bytes(builtin::InferParameters{builtin::Head::Logits});
  task.inputs = {codec::to_bytes(small_model()),
                 codec::to_bytes(builtin::Samples{2, {3, 4, 5, 6}})};
  EXPECT_EQ(ask({{3, 4}, {5, 6}}).value(), builtin::run_to_end(std::move(task)).value());
  EXPECT_EQ(ask({{3, 4, 5}}).error().reason(), reason::bad_argument);
}

TEST_F(EdgeModelsTest, ADeploymentThatEndedIsServedNoMore_E4) {
  ASSERT_TRUE(deploy());
  models_->watch();
  EXPECT_EQ(models_->list().size(), 1U);
  record(/*removed_ms=*/9);
  is_connected_ = false;
  timers_.fire();
  EXPECT_EQ(models_->list().size(), 1U);
  is_connected_ = true;
  timers_.fire();
  EXPECT_TRUE(models_->list().empty());
  EXPECT_TRUE(store_->list()->empty());
}

TEST_F(EdgeModelsTest, DownloadsAndQuestionsAreBounded_E5) {
  const std::uint64_t size = bucket_.objects["/file"].size();
  start(size - 1);
  EXPECT_EQ(refusal(), reason::too_large);
  start(size);
  ASSERT_TRUE(deploy());
  EXPECT_EQ(
      ask(std::vector<std::vector<std::int8_t>>(question_samples_max + 1, {1, 2})).error().reason(),
      reason::too_large);
  answering_.is_held = true;
  std::size_t refused = 0;
  for (int i = 0; i < 100; ++i) {
    models_->ask(story_.model.root, {builtin::Head::Argmax, {{1, 2}}}, [&](Result<Bytes> result) {
      if (!result && result.error().reason() == reason::queue_full) ++refused;
    });
  }
  EXPECT_EQ(refused, 36U);
  for (Task& task : answering_.held) task();
}

TEST_F(EdgeModelsTest, AFileThatInferDoesNotReadIsNoModel) {
  pack(to_bytes(std::string_view("weights")), "model.bin");
  EXPECT_EQ(refusal(), reason::not_supported);
  pack(codec::to_bytes(small_model()), "other.bin");
  EXPECT_EQ(refusal(), reason::not_supported);
}

/// What the door answers, as status and text.
class Record final : public http::ExchangeBackend {
 public:
  Record(std::string method, std::string target, std::string host, std::string body)
      : method_(std::move(method)),
        target_(std::move(target)),
        host_(std::move(host)),
        body_(to_bytes(std::string_view(body))) {
    field_ = {"host", host_};
    request_.method = method_;
    request_.target = target_;
    request_.fields = {&field_, 1};
  }
  [[nodiscard]] const http::Request& request() const noexcept override { return request_; }
  void read(Callback<Result<ByteView>> done) override {
    // One piece, then the end.
    const bool is_first = !std::exchange(was_read_, true);
    done(is_first ? ByteView(body_) : ByteView());
  }
  void begin(http::ResponseHead, std::optional<std::uint64_t>) override {}
  void write(Bytes, Callback<Result<void>>) override {}
  void respond(http::ResponseHead head, Bytes body) override {
    status = head.status();
    text = std::string(as_text(body));
  }
  void finish() override {}
  void abort() override {}
  unsigned status = 0;
  std::string text;

 private:
  std::string method_;
  std::string target_;
  std::string host_;
  Bytes body_;
  http::Field field_;
  http::Request request_;
  bool was_read_ = false;
};

class ModelDoorTest : public EdgeModelsTest {
 protected:
  std::string say(const std::string& method, const std::string& target, const std::string& body,
                  const std::string& host = "127.0.0.1:7160") {
    const auto record = std::make_shared<Record>(method, target, host, body);
    const auto door = model_door(*models_);
    door->handle(http::Exchange(record));
    return std::to_string(record->status) + " " + record->text;
  }
  [[nodiscard]] std::string target() const { return "/v1/models/" + story_.model.root.hex(); }
};

TEST_F(ModelDoorTest, DeploysListsAndAnswers) {
  const std::string base = "http://127.0.0.1:" + std::to_string(server_->port());
  const std::string links = R"({"manifest":")" + base + R"(/manifest?secret","statement":")" +
                            base + R"(/statement","files":{"model.bin":")" + base + R"(/file"}})";
  EXPECT_EQ(say("GET", "/v1/models", ""), "200 {\"models\":[]}\n");
  const std::string deployed = say("PUT", target(), links);
  EXPECT_NE(deployed.find("\"is_served\":true"), std::string::npos) << deployed;
  EXPECT_NE(say("GET", "/v1/models", "").find(story_.model.root.hex()), std::string::npos);
  const std::string answer =
      say("POST", target() + "/infer", R"({"samples":[[3,4]],"head":"logits"})");
  EXPECT_NE(answer.find("\"results\":[[3,4,-2]]"), std::string::npos) << answer;
  EXPECT_NE(say("POST", target() + "/infer", R"({"samples":[[3,4],[9,1]]})").find("[1,0]"),
            std::string::npos);
  EXPECT_NE(say("POST", target() + "/infer", R"({"samples":[[3,4]],"head":"softmax"})")
                .find("\"class\":1,\"probabilities\":["),
            std::string::npos);
}

TEST_F(ModelDoorTest, RefusesWhoIsNotOfThisMachine_D1) {
  for (const char* host : {"", "example.org", "127.0.0.1.example.org:7160", "10.0.0.1"}) {
    EXPECT_TRUE(say("GET", "/v1/models", "", host).starts_with("403 ")) << host;
  }
  for (const char* host : {"localhost:7160", "localhost", "[::1]:7160", "[::1]", "127.0.0.1"}) {
    EXPECT_TRUE(say("GET", "/v1/models", "", host).starts_with("200 ")) << host;
  }
}

TEST_F(ModelDoorTest, NamesWhatIsWrong) {
  ASSERT_TRUE(deploy());
  for (const char* body :
       {"", "[]", "{", R"({"samples":[]})", R"({"samples":[[128,1]]})", R"({"samples":[[1.5,1]]})",
        R"({"samples":[1]})", R"({"samples":[[1,2]],"head":"best"})", R"({"sample":[[1,2]]})",
        R"({"samples":[[1]]})"}) {
    EXPECT_TRUE(say("POST", target() + "/infer", body).starts_with("400 ")) << body;
  }
  for (const char* body : {"", R"({"files":{}})", R"({"manifest":"ftp://a","files":{}})",
                           R"({"manifest":"http://a"})", R"({"manifest":"http://a","files":[]})"}) {
    EXPECT_TRUE(say("PUT", target(), body).starts_with("400 ")) << body;
  }
  EXPECT_TRUE(say("PUT", "/v1/models/xyz", "{}").starts_with("404 "));
  EXPECT_TRUE(say("DELETE", target(), "").starts_with("404 "));
  EXPECT_TRUE(say("POST", "/v1/models/" + std::string(64, '0') + "/infer", R"({"samples":[[1,2]]})")
                  .starts_with("404 "));
}

}  // namespace
}  // namespace oort::node
