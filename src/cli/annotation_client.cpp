// SPDX-License-Identifier: Apache-2.0
#include "annotation_client.hpp"

#include <algorithm>
#include <utility>

#include "client.hpp"
#include "node_view.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/ledger/genesis.hpp"

namespace oort::cli {
namespace {

using Stub = v1::AnnotationService::Stub;
using Verb = datahub::AnnotationVerb;

constexpr Duration read_deadline = 10s;
constexpr Duration open_deadline = 30s;
constexpr Duration look_deadline = 3s;
constexpr std::uint64_t proof_ms = 300'000;
/// Asked again a minute before a proof of that time would be over.
constexpr Duration known_for = 240s;
constexpr int page_size = 1'000;

template <class Id>
std::string field(const Id& id) {
  return std::string(as_text(id.view()));
}

Result<bool> keeps(const std::string& endpoint, const CampaignId& campaign, Duration deadline) {
  const auto stub = v1::AnnotationService::NewStub(connect(endpoint));
  v1::ListQueuesRequest request;
  request.mutable_page()->set_page_size(1);
  request.mutable_page()->set_page_token(campaign.hex());
  const auto page =
      call<v1::ListQueuesResponse>(endpoint, deadline, *stub, &Stub::ListQueues, request);
  // Nodes with other roles keep none.
  if (!page && page.error().reason() == reason::not_supported) return false;
  if (!page) return fail(page.error());
  return page->queues_size() > 0 && page->queues(0).campaign() == field(campaign);
}

}  // namespace

AnnotationClient::AnnotationClient(std::string endpoint, crypto::KeyPair keys,
                                   const CampaignId& campaign, const env::Clock& clock)
    : endpoint_(std::move(endpoint)),
      stub_(v1::AnnotationService::NewStub(connect(endpoint_))),
      ledger_(endpoint_),
      keys_(std::move(keys)),
      campaign_(campaign),
      clock_(clock) {}

Result<v1::CallProof> AnnotationClient::prove(Verb verb, ByteView argument) {
  if (!known_ || clock_.now_mono() - known_->asked > known_for) {
    const MonoTime asked = clock_.now_mono();
    OORT_TRY(const auto chain, ledger_.chain());
    OORT_TRY(const auto genesis, ledger::genesis_from_file(as_bytes(chain.genesis())));
    known_ = Known{ledger::chain_id_of(genesis), chain.state().time_ms(), asked};
  }
  const std::uint64_t valid_until_ms = known_->time_ms + proof_ms;
  const Bytes32 message =
      datahub::annotation_call_hash(known_->chain, campaign_, verb, valid_until_ms, argument);
  const Signature signature = keys_.sign(message.view());
  v1::CallProof proof;
  proof.set_public_key(field(keys_.public_key()));
  proof.set_valid_until_ms(valid_until_ms);
  proof.set_signature(field(signature));
  return proof;
}

Result<void> AnnotationClient::open_queue(ByteView order) {
  v1::OpenQueueRequest request;
  request.set_campaign(field(campaign_));
  OORT_TRY(*request.mutable_proof(), prove(Verb::OpenQueue, datahub::order_argument(order)));
  request.set_order(std::string(as_text(order)));
  OORT_TRY(
      call<v1::OpenQueueResponse>(endpoint_, open_deadline, *stub_, &Stub::OpenQueue, request));
  return {};
}

Result<v1::Assignment> AnnotationClient::next(const Bytes32& consent) {
  v1::NextAssignmentRequest request;
  request.set_campaign(field(campaign_));
  OORT_TRY(*request.mutable_proof(), prove(Verb::NextAssignment, consent.view()));
  request.set_consent(field(consent));
  OORT_TRY(auto response, call<v1::NextAssignmentResponse>(endpoint_, read_deadline, *stub_,
                                                           &Stub::NextAssignment, request));
  return std::move(*response.mutable_assignment());
}

Result<void> AnnotationClient::submit(std::uint64_t assignment, const std::string& label) {
  v1::SubmitAnswerRequest request;
  request.set_campaign(field(campaign_));
  const datahub::AssignmentId id(assignment);
  OORT_TRY(*request.mutable_proof(),
           prove(Verb::SubmitAnswer, datahub::answer_argument(id, label)));
  request.set_assignment(assignment);
  request.set_label(label);
  OORT_TRY(call<v1::SubmitAnswerResponse>(endpoint_, read_deadline, *stub_, &Stub::SubmitAnswer,
                                          request));
  return {};
}

Result<void> AnnotationClient::skip(std::uint64_t assignment) {
  v1::SkipAssignmentRequest request;
  request.set_campaign(field(campaign_));
  const datahub::AssignmentId id(assignment);
  OORT_TRY(*request.mutable_proof(), prove(Verb::SkipAssignment, datahub::assignment_argument(id)));
  request.set_assignment(assignment);
  OORT_TRY(call<v1::SkipAssignmentResponse>(endpoint_, read_deadline, *stub_, &Stub::SkipAssignment,
                                            request));
  return {};
}

Result<std::vector<v1::AnnotationAnswer>> AnnotationClient::answers() {
  std::vector<v1::AnnotationAnswer> all;
  v1::ListAnswersRequest request;
  request.set_campaign(field(campaign_));
  request.mutable_page()->set_page_size(page_size);
  do {
    OORT_TRY(*request.mutable_proof(), prove(Verb::ListAnswers, {}));
    OORT_TRY(const auto page, call<v1::ListAnswersResponse>(endpoint_, read_deadline, *stub_,
                                                            &Stub::ListAnswers, request));
    all.insert(all.end(), page.answers().begin(), page.answers().end());
    request.mutable_page()->set_page_token(page.next_page_token());
  } while (!request.page().page_token().empty());
  return all;
}

Result<std::vector<v1::AnnotationQueue>> list_queues(const std::string& endpoint) {
  const auto stub = v1::AnnotationService::NewStub(connect(endpoint));
  std::vector<v1::AnnotationQueue> all;
  v1::ListQueuesRequest request;
  request.mutable_page()->set_page_size(page_size);
  do {
    OORT_TRY(const auto page, call<v1::ListQueuesResponse>(endpoint, read_deadline, *stub,
                                                           &Stub::ListQueues, request));
    all.insert(all.end(), page.queues().begin(), page.queues().end());
    request.mutable_page()->set_page_token(page.next_page_token());
  } while (!request.page().page_token().empty());
  return all;
}

Result<std::string> keeper_of(const std::string& endpoint, const CampaignId& campaign) {
  OORT_TRY(const bool is_here, keeps(endpoint, campaign, read_deadline));
  if (is_here) return endpoint;
  OORT_TRY(const auto peers, list_peers(endpoint));
  for (const v1::Peer& peer : peers.peers()) {
    if (peer.grpc_endpoint().empty() || peer.grpc_endpoint() == endpoint) continue;
    if (std::ranges::find(peer.roles(), "super") == peer.roles().end()) continue;
    const auto is_there = keeps(peer.grpc_endpoint(), campaign, look_deadline);
    if (is_there && *is_there) return peer.grpc_endpoint();
  }
  return fail(ErrorCode::NotFound, reason::not_found,
              "no super node that answers keeps a queue of campaign " + campaign.hex());
}

}  // namespace oort::cli
