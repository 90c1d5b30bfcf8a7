// SPDX-License-Identifier: Apache-2.0
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <oort/v1/annotation.grpc.pb.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "oort/api/annotation_port.hpp"
#include "oort/api/ports.hpp"
#include "oort/api/server.hpp"
#include "oort/codec/codec.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/datahub/annotation_call.hpp"
#include "oort/ledger/keys.hpp"
#include "oort/ledger/state.hpp"

namespace oort::api {
namespace {

using datahub::AnnotationVerb;
using datahub::AssignmentId;
using Stub = v1::AnnotationService::Stub;

constexpr std::uint64_t now_ms = 50'000;
constexpr std::uint64_t hour_ms = 3'600'000;

crypto::KeyPair keys_of(std::uint8_t number) {
  Bytes32 seed;
  seed.mutable_view()[0] = std::byte{number};
  return crypto::KeyPair(crypto::SecretSeed(seed.array()));
}
template <class Id>
Id numbered(std::uint8_t number) {
  Id id;
  id.mutable_view()[0] = std::byte{number};
  return id;
}
const ChainId chain = numbered<ChainId>(9);
const CampaignId campaign = numbered<CampaignId>(4);
const Bytes32 consent = crypto::sha256(as_bytes(std::string_view("consent")));

class FakeState final : public StatePort {
 public:
  FakeState() {
    const std::vector<ledger::StateWrite> writes = {
        {ledger::keys::chain(), codec::to_bytes(chain)}};
    state_.apply(writes);
  }
  void read(const Use& use) override {
    StateMark mark;
    mark.time = {now_ms};
    use(mark, state_);
  }

 private:
  ledger::MemoryState state_;
};

/// Writes down who asked for what.
class FakePort final : public AnnotationPort {
 public:
  void open(const AccountId& caller, const CampaignId& about, Bytes order,
            Callback<Result<void>> done) override {
    note("open " + std::to_string(order.size()), caller, about);
    done({});
  }
  void list_queues(const CampaignId& from, std::size_t count_max,
                   Callback<Result<std::vector<QueueView>>> done) override {
    std::vector<QueueView> views;
    for (std::uint8_t i = 1; i <= 3 && views.size() < count_max; ++i) {
      const auto id = numbered<CampaignId>(i);
      if (!(id < from)) views.push_back({id, {"cat", "dog"}, 7, 2, 5, i == 3});
    }
    done(std::move(views));
  }
  void next(const AccountId& caller, const CampaignId& about, const Bytes32& agreed,
            Callback<Result<AnnotationTask>> done) override {
    note("next " + agreed.short_hex(), caller, about);
    done(AnnotationTask{12, "a picture", {"cat", "dog"}, {now_ms + 1}});
  }
  void answer(const AccountId& caller, const CampaignId& about, std::uint64_t assignment,
              std::string label, Callback<Result<void>> done) override {
    note("answer " + std::to_string(assignment) + " " + label, caller, about);
    if (label == "refused") return done(fail(ErrorCode::AlreadyExists, "ALREADY_EXISTS", "no"));
    done({});
  }
  void skip(const AccountId& caller, const CampaignId& about, std::uint64_t assignment,
            Callback<Result<void>> done) override {
    note("skip " + std::to_string(assignment), caller, about);
    done({});
  }
  void renew(const AccountId& caller, const CampaignId& about, std::uint64_t assignment,
             Callback<Result<WallTime>> done) override {
    note("renew " + std::to_string(assignment), caller, about);
    done(WallTime{77});
  }
  void list_answers(const AccountId& caller, const CampaignId& about, std::uint64_t from,
                    std::size_t count_max,
                    Callback<Result<std::vector<AnnotationAnswer>>> done) override {
    note("answers " + std::to_string(from), caller, about);
    std::vector<AnnotationAnswer> answers;
    for (std::uint64_t i = from; i < 5 && answers.size() < count_max; ++i) {
      answers.push_back({"s" + std::to_string(i), caller, "cat"});
    }
    done(std::move(answers));
  }
  std::vector<std::string> heard;
  AccountId last_caller;

 private:
  void note(const std::string& what, const AccountId& caller, const CampaignId& about) {
    EXPECT_EQ(about, campaign);
    last_caller = caller;
    heard.push_back(what);
  }
};

std::string field(ByteView bytes) { return std::string(as_text(bytes)); }

class Annotation : public ::testing::Test {
 protected:
  Annotation() {
    Ports ports;
    ports.state = &state;
    ports.annotation = &port;
    server = Server::start({}, ports).value();
    stub = v1::AnnotationService::NewStub(
        grpc::CreateChannel(server->endpoint(), grpc::InsecureChannelCredentials()));
  }
  template <class Response, class Method, class Request>
  grpc::Status ask(Method method, const Request& request, Response& response) {
    grpc::ClientContext context;
    return ((*stub).*method)(&context, request, &response);
  }
  /// A request with a proof of that argument.
  template <class Request>
  static Request proven(AnnotationVerb verb, ByteView argument, std::uint64_t until_ms = now_ms + 1,
                        std::uint8_t who = 1) {
    const crypto::KeyPair keys = keys_of(who);
    const Bytes32 message =
        datahub::annotation_call_hash(chain, campaign, verb, until_ms, argument);
    const Signature signature = keys.sign(message.view());
    const PublicKey key = keys.public_key();
    Request request;
    request.set_campaign(field(campaign.view()));
    request.mutable_proof()->set_public_key(field(key.view()));
    request.mutable_proof()->set_valid_until_ms(until_ms);
    request.mutable_proof()->set_signature(field(signature.view()));
    return request;
  }
  static v1::SubmitAnswerRequest submission(const std::string& label,
                                            std::uint64_t until_ms = now_ms + 1) {
    auto request = proven<v1::SubmitAnswerRequest>(
        AnnotationVerb::SubmitAnswer, datahub::answer_argument(AssignmentId(12), label), until_ms);
    request.set_assignment(12);
    request.set_label(label);
    return request;
  }
  grpc::StatusCode submit(const v1::SubmitAnswerRequest& request) {
    v1::SubmitAnswerResponse response;
    return ask(&Stub::SubmitAnswer, request, response).error_code();
  }

  FakeState state;
  FakePort port;
  std::unique_ptr<Server> server;
  std::unique_ptr<Stub> stub;
};

TEST_F(Annotation, EachCallReachesThePortWithWhoMadeIt) {
  const std::string order = "an order";
  auto open = proven<v1::OpenQueueRequest>(AnnotationVerb::OpenQueue,
                                           datahub::order_argument(as_bytes(order)));
  open.set_order(order);
  v1::OpenQueueResponse opened;
  EXPECT_TRUE(ask(&Stub::OpenQueue, open, opened).ok());

  auto next = proven<v1::NextAssignmentRequest>(AnnotationVerb::NextAssignment, consent.view());
  next.set_consent(field(consent.view()));
  v1::NextAssignmentResponse task;
  ASSERT_TRUE(ask(&Stub::NextAssignment, next, task).ok());
  EXPECT_EQ(task.assignment().id(), 12U);
  EXPECT_EQ(task.assignment().content(), "a picture");
  EXPECT_EQ(task.assignment().labels_size(), 2);
  EXPECT_EQ(task.assignment().expires_ms(), now_ms + 1);

  EXPECT_EQ(submit(submission("dog")), grpc::StatusCode::OK);
  EXPECT_EQ(submit(submission("refused")), grpc::StatusCode::ALREADY_EXISTS);

  const Bytes assignment = datahub::assignment_argument(AssignmentId(12));
  auto skip = proven<v1::SkipAssignmentRequest>(AnnotationVerb::SkipAssignment, assignment);
  skip.set_assignment(12);
  v1::SkipAssignmentResponse skipped;
  EXPECT_TRUE(ask(&Stub::SkipAssignment, skip, skipped).ok());
  auto renew = proven<v1::RenewAssignmentRequest>(AnnotationVerb::RenewAssignment, assignment);
  renew.set_assignment(12);
  v1::RenewAssignmentResponse renewed;
  EXPECT_TRUE(ask(&Stub::RenewAssignment, renew, renewed).ok());
  EXPECT_EQ(renewed.expires_ms(), 77U);

  EXPECT_EQ(port.heard,
            (std::vector<std::string>{"open 8", "next " + consent.short_hex(), "answer 12 dog",
                                      "answer 12 refused", "skip 12", "renew 12"}));
  EXPECT_EQ(port.last_caller, crypto::account_of(keys_of(1).public_key()));
}

TEST_F(Annotation, AProofIsOfOneCallAndNoOther) {
  const auto refused = grpc::StatusCode::UNAUTHENTICATED;
  v1::SubmitAnswerRequest other = submission("dog");
  other.set_label("cat");
  EXPECT_EQ(submit(other), refused);
  other = submission("dog");
  other.set_assignment(13);
  EXPECT_EQ(submit(other), refused);
  other = submission("dog");
  other.set_campaign(field(numbered<CampaignId>(5).view()));
  EXPECT_EQ(submit(other), refused);
  other = submission("dog");
  other.mutable_proof()->set_valid_until_ms(now_ms + 2);
  EXPECT_EQ(submit(other), refused);
  other = submission("dog");
  const PublicKey stranger = keys_of(2).public_key();
  other.mutable_proof()->set_public_key(field(stranger.view()));
  EXPECT_EQ(submit(other), refused);
  other = submission("dog");
  other.clear_proof();
  EXPECT_EQ(submit(other), grpc::StatusCode::INVALID_ARGUMENT);

  // One verb's proof is none of another's.
  auto skip = proven<v1::SkipAssignmentRequest>(AnnotationVerb::RenewAssignment,
                                                datahub::assignment_argument(AssignmentId(12)));
  skip.set_assignment(12);
  v1::SkipAssignmentResponse skipped;
  EXPECT_EQ(ask(&Stub::SkipAssignment, skip, skipped).error_code(), refused);
  auto open = proven<v1::OpenQueueRequest>(AnnotationVerb::OpenQueue,
                                           datahub::order_argument(as_bytes("one order")));
  open.set_order("another");
  v1::OpenQueueResponse opened;
  EXPECT_EQ(ask(&Stub::OpenQueue, open, opened).error_code(), refused);
  EXPECT_TRUE(port.heard.empty());
}

TEST_F(Annotation, AProofEndsByTheLedgersTime) {
  EXPECT_EQ(submit(submission("dog", now_ms - 1)), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(submit(submission("dog", now_ms)), grpc::StatusCode::OK);
  EXPECT_EQ(submit(submission("dog", now_ms + hour_ms)), grpc::StatusCode::OK);
  EXPECT_EQ(submit(submission("dog", now_ms + hour_ms + 1)), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(Annotation, ListsComeInPages) {
  v1::ListQueuesRequest request;
  request.mutable_page()->set_page_size(2);
  v1::ListQueuesResponse first;
  ASSERT_TRUE(ask(&Stub::ListQueues, request, first).ok());
  ASSERT_EQ(first.queues_size(), 2);
  EXPECT_EQ(first.queues(0).labels_size(), 2);
  EXPECT_EQ(first.queues(0).samples_count(), 7U);
  EXPECT_EQ(first.queues(0).annotators_count(), 2U);
  EXPECT_EQ(first.queues(0).answers_count(), 5U);
  EXPECT_FALSE(first.queues(0).is_complete());
  request.mutable_page()->set_page_token(first.next_page_token());
  v1::ListQueuesResponse rest;
  ASSERT_TRUE(ask(&Stub::ListQueues, request, rest).ok());
  ASSERT_EQ(rest.queues_size(), 1);
  EXPECT_TRUE(rest.queues(0).is_complete());
  EXPECT_TRUE(rest.next_page_token().empty());
  request.mutable_page()->set_page_token("none");
  EXPECT_EQ(ask(&Stub::ListQueues, request, rest).error_code(), grpc::StatusCode::INVALID_ARGUMENT);

  auto answers = proven<v1::ListAnswersRequest>(AnnotationVerb::ListAnswers, {});
  answers.mutable_page()->set_page_size(2);
  std::vector<std::string> samples;
  do {
    v1::ListAnswersResponse page;
    ASSERT_TRUE(ask(&Stub::ListAnswers, answers, page).ok());
    for (const auto& one : page.answers()) samples.push_back(one.sample());
    answers.mutable_page()->set_page_token(page.next_page_token());
  } while (!answers.page().page_token().empty());
  EXPECT_EQ(samples, (std::vector<std::string>{"s0", "s1", "s2", "s3", "s4"}));
}

TEST_F(Annotation, ANodeWithoutQueuesSaysSo) {
  Ports ports;
  ports.state = &state;
  const auto bare = Server::start({}, ports).value();
  stub = v1::AnnotationService::NewStub(
      grpc::CreateChannel(bare->endpoint(), grpc::InsecureChannelCredentials()));
  EXPECT_EQ(submit(submission("dog")), grpc::StatusCode::UNIMPLEMENTED);
  v1::ListQueuesResponse queues;
  EXPECT_EQ(ask(&Stub::ListQueues, v1::ListQueuesRequest(), queues).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  stub.reset();
}

}  // namespace
}  // namespace oort::api
