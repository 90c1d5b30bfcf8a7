// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/annotation.grpc.pb.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "call.hpp"
#include "oort/api/annotation_port.hpp"
#include "oort/api/ports.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/datahub/annotation_call.hpp"
#include "oort/datahub/annotation_queue.hpp"
#include "oort/datahub/assignment.hpp"
#include "oort/ledger/state.hpp"
#include "oort/ledger/view.hpp"
#include "services.hpp"

namespace oort::api {
namespace {

using datahub::AnnotationVerb;
using datahub::AssignmentId;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

/// How far ahead a proof may reach: one that got into other hands ends soon.
constexpr std::uint64_t proof_ms_max = std::uint64_t{60} * 60 * 1'000;

/// Who makes a call, and about what.
struct Caller {
  AccountId account;
  CampaignId campaign;
};

tl::unexpected<Error> not_proven(const std::string& why) {
  return fail(ErrorCode::Unauthenticated, reason::unauthenticated, why);
}

Result<Caller> check_proof(const v1::CallProof& proof, const std::string& campaign,
                           AnnotationVerb verb, ByteView argument, const StateMark& mark,
                           const ChainId& chain) {
  OORT_TRY(const CampaignId about, read_id<CampaignId>("campaign", campaign));
  OORT_TRY(const PublicKey key, read_id<PublicKey>("public_key", proof.public_key()));
  OORT_TRY(const Signature signature, read_id<Signature>("signature", proof.signature()));
  const std::uint64_t now = mark.time.milliseconds;
  if (proof.valid_until_ms() < now) return not_proven("the proof's time is over: sign anew");
  if (proof.valid_until_ms() - now > proof_ms_max) {
    return not_proven("a proof holds for an hour at most");
  }
  const Bytes32 message =
      datahub::annotation_call_hash(chain, about, verb, proof.valid_until_ms(), argument);
  if (!crypto::verify(key, message.view(), signature)) {
    return not_proven("the proof's signature is not of this call");
  }
  return Caller{crypto::account_of(key), about};
}

class AnnotationService final : public v1::AnnotationService::CallbackService {
 public:
  AnnotationService(AnnotationPort* port, StatePort* state) : port_(port), state_(state) {}

  ServerUnaryReactor* OpenQueue(CallbackServerContext* context, const v1::OpenQueueRequest* request,
                                v1::OpenQueueResponse*) override {
    const Bytes argument = datahub::order_argument(as_bytes(request->order()));
    return answer(
        *context, *request, AnnotationVerb::OpenQueue, argument,
        [this, request](const Caller& caller, ServerUnaryReactor* reactor) {
          if (request->order().size() > datahub::annotation_order_bytes_max) {
            return reactor->Finish(to_status({ErrorCode::InvalidArgument, reason::too_large,
                                              "an order has at most 7 MiB; split the campaign"}));
          }
          port_->open(caller.account, caller.campaign, to_bytes(std::string_view(request->order())),
                      finish_with<void>(reactor, [] {}));
        });
  }

  ServerUnaryReactor* ListQueues(CallbackServerContext* context,
                                 const v1::ListQueuesRequest* request,
                                 v1::ListQueuesResponse* response) override {
    if (port_ == nullptr) return refuse(*context, not_offered(name));
    const auto count_max = read_page_size(request->page().page_size());
    if (!count_max) return refuse(*context, count_max.error());
    CampaignId from;
    if (!request->page().page_token().empty()) {
      const auto token = CampaignId::from_hex(request->page().page_token());
      if (!token) return refuse(*context, bad_page_token());
      from = *token;
    }
    tag_request(*context);
    ServerUnaryReactor* reactor = context->DefaultReactor();
    port_->list_queues(
        from, *count_max + 1,
        finish_with<std::vector<QueueView>>(
            reactor, [response, count_max = *count_max](const std::vector<QueueView>& queues) {
              write(queues, count_max, response);
            }));
    return reactor;
  }

  ServerUnaryReactor* NextAssignment(CallbackServerContext* context,
                                     const v1::NextAssignmentRequest* request,
                                     v1::NextAssignmentResponse* response) override {
    const auto consent = read_id<Bytes32>("consent", request->consent());
    if (!consent) return refuse(*context, consent.error());
    return answer(
        *context, *request, AnnotationVerb::NextAssignment, consent->view(),
        [this, response, consent = *consent](const Caller& caller, ServerUnaryReactor* reactor) {
          port_->next(caller.account, caller.campaign, consent,
                      finish_with<AnnotationTask>(reactor, [response](const AnnotationTask& task) {
                        write(task, response->mutable_assignment());
                      }));
        });
  }

  ServerUnaryReactor* SubmitAnswer(CallbackServerContext* context,
                                   const v1::SubmitAnswerRequest* request,
                                   v1::SubmitAnswerResponse*) override {
    const Bytes argument =
        datahub::answer_argument(AssignmentId(request->assignment()), request->label());
    return answer(*context, *request, AnnotationVerb::SubmitAnswer, argument,
                  [this, request](const Caller& caller, ServerUnaryReactor* reactor) {
                    port_->answer(caller.account, caller.campaign, request->assignment(),
                                  request->label(), finish_with<void>(reactor, [] {}));
                  });
  }

  ServerUnaryReactor* SkipAssignment(CallbackServerContext* context,
                                     const v1::SkipAssignmentRequest* request,
                                     v1::SkipAssignmentResponse*) override {
    const Bytes argument = datahub::assignment_argument(AssignmentId(request->assignment()));
    return answer(*context, *request, AnnotationVerb::SkipAssignment, argument,
                  [this, request](const Caller& caller, ServerUnaryReactor* reactor) {
                    port_->skip(caller.account, caller.campaign, request->assignment(),
                                finish_with<void>(reactor, [] {}));
                  });
  }

  ServerUnaryReactor* RenewAssignment(CallbackServerContext* context,
                                      const v1::RenewAssignmentRequest* request,
                                      v1::RenewAssignmentResponse* response) override {
    const Bytes argument = datahub::assignment_argument(AssignmentId(request->assignment()));
    return answer(*context, *request, AnnotationVerb::RenewAssignment, argument,
                  [this, request, response](const Caller& caller, ServerUnaryReactor* reactor) {
                    port_->renew(
                        caller.account, caller.campaign, request->assignment(),
                        finish_with<WallTime>(reactor, [response](const WallTime& expires) {
                          response->set_expires_ms(expires.milliseconds);
                        }));
                  });
  }

  ServerUnaryReactor* ListAnswers(CallbackServerContext* context,
                                  const v1::ListAnswersRequest* request,
                                  v1::ListAnswersResponse* response) override {
    const auto count_max = read_page_size(request->page().page_size());
    if (!count_max) return refuse(*context, count_max.error());
    const auto from = request->page().page_token().empty()
                          ? Result<std::uint64_t>(0)
                          : read_number_token(request->page().page_token());
    if (!from) return refuse(*context, from.error());
    return answer(*context, *request, AnnotationVerb::ListAnswers, {},
                  [this, response, from = *from, count_max = *count_max](
                      const Caller& caller, ServerUnaryReactor* reactor) {
                    port_->list_answers(
                        caller.account, caller.campaign, from, count_max + 1,
                        finish_with<std::vector<AnnotationAnswer>>(
                            reactor, [response, from,
                                      count_max](const std::vector<AnnotationAnswer>& answers) {
                              write(answers, from, count_max, response);
                            }));
                  });
  }

 private:
  static constexpr std::string_view name = "AnnotationService";

  static void write(const std::vector<QueueView>& queues, std::size_t count_max,
                    v1::ListQueuesResponse* out) {
    for (const QueueView& queue : queues) {
      if (static_cast<std::size_t>(out->queues_size()) == count_max) {
        out->set_next_page_token(queue.campaign.hex());
        return;
      }
      v1::AnnotationQueue* const one = out->add_queues();
      one->set_campaign(to_field(queue.campaign.view()));
      for (const std::string& label : queue.labels) one->add_labels(label);
      one->set_samples_count(queue.samples_count);
      one->set_annotators_count(queue.annotators_count);
      one->set_answers_count(queue.answers_count);
      one->set_is_complete(queue.is_complete);
    }
  }
  static void write(const AnnotationTask& task, v1::Assignment* out) {
    out->set_id(task.assignment);
    out->set_content(task.content);
    for (const std::string& label : task.labels) out->add_labels(label);
    out->set_expires_ms(task.expires.milliseconds);
  }
  static void write(const std::vector<AnnotationAnswer>& answers, std::uint64_t from,
                    std::size_t count_max, v1::ListAnswersResponse* out) {
    for (const AnnotationAnswer& answer : answers) {
      if (static_cast<std::size_t>(out->answers_size()) == count_max) {
        out->set_next_page_token(std::to_string(from + count_max));
        return;
      }
      v1::AnnotationAnswer* const one = out->add_answers();
      one->set_sample(answer.sample);
      one->set_account(to_field(answer.account.view()));
      one->set_label(answer.label);
    }
  }

  /// Calls `then(caller, reactor)`, which ends the call, once the caller has shown who it is.
  template <class Request, class Then>
  ServerUnaryReactor* answer(CallbackServerContext& context, const Request& request,
                             AnnotationVerb verb, ByteView argument, const Then& then) {
    if (port_ == nullptr || state_ == nullptr) return refuse(context, not_offered(name));
    Result<Caller> caller = fail(not_offered(name));
    state_->read([&](const StateMark& mark, const ledger::StateReader& state) {
      caller = check_proof(request.proof(), request.campaign(), verb, argument, mark,
                           ledger::View(state).chain().value_or(ChainId()));
    });
    if (!caller) return refuse(context, caller.error());
    tag_request(context);
    ServerUnaryReactor* reactor = context.DefaultReactor();
    then(*caller, reactor);
    return reactor;
  }

  AnnotationPort* port_;
  StatePort* state_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_annotation_service(AnnotationPort* port, StatePort* state) {
  return std::make_unique<AnnotationService>(port, state);
}

}  // namespace oort::api
