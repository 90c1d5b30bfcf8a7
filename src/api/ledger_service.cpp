// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/ledger.grpc.pb.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "call.hpp"
#include "economy_messages.hpp"
#include "oort/core/reasons.hpp"
#include "services.hpp"
#include "state_call.hpp"
#include "submitted.hpp"

namespace oort::api {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

void write(const BlockView& block, v1::GetBlockResponse* out) {
  out->set_height(block.height.value());
  out->set_block_id(to_field(block.id.view()));
  out->set_parent_id(to_field(block.parent.view()));
  out->set_epoch(block.epoch.value());
  out->set_view(block.view.value());
  out->set_time_ms(block.time.milliseconds);
  out->set_proposer(block.proposer.value());
  out->set_parent_state_root(to_field(block.parent_state_root.view()));
  for (const TransactionId& id : block.transactions) {
    out->add_transaction_ids(to_field(id.view()));
  }
  out->set_header(to_field(block.header));
}

Result<ProofTarget> read_target(const v1::GetProofRequest& request) {
  switch (request.of_case()) {
    case v1::GetProofRequest::kAccount: {
      OORT_TRY(const auto account, read_id<AccountId>("account", request.account()));
      return account;
    }
    case v1::GetProofRequest::kObject:
      return ObjectName{request.object().bucket(), request.object().name(),
                        request.object().all_versions()};
    case v1::GetProofRequest::kStateKey:
      return StateKey{to_bytes(std::string_view(request.state_key()))};
    case v1::GetProofRequest::OF_NOT_SET: break;
  }
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "name what is to be proven: account, object or state_key");
}

struct FaultsPage {
  Bytes32 from;
  std::size_t count_max = 0;
};

/// A token is the id of the page's first fault: what is recorded meanwhile moves no page.
Result<FaultsPage> read_page(const v1::PageRequest& request) {
  FaultsPage page;
  OORT_TRY(page.count_max, read_page_size(request.page_size()));
  if (request.page_token().empty()) return page;
  const auto from = Bytes32::from_hex(request.page_token());
  if (!from) return fail(bad_page_token());
  page.from = *from;
  return page;
}

/// `view` holds one fault more than the page where there is a next page.
void write_page(const FaultsView& view, std::size_t count_max, v1::ListEvidenceResponse* out) {
  write(view.state, out->mutable_state());
  for (const FaultView& fault : view.faults) {
    if (static_cast<std::size_t>(out->evidence_size()) == count_max) {
      out->set_next_page_token(fault.id.hex());
      return;
    }
    v1::Evidence* evidence = out->add_evidence();
    evidence->set_fault(to_field(fault.id.view()));
    evidence->set_kind(fault.kind);
    evidence->set_offender(to_field(fault.offender.view()));
    evidence->set_reporter(to_field(fault.reporter.view()));
    evidence->set_height(fault.height.value());
  }
}

struct StatementPage {
  StatementPlace from;
  std::size_t count_max = 0;
};

/// A token is the height and the index of the page's first line: "120.3".
std::string token_of(const StatementLine& line) {
  return std::to_string(line.height.value()) + "." + std::to_string(line.index);
}

Result<StatementPage> read_page(const v1::ListStatementRequest& request) {
  StatementPage page;
  OORT_TRY(page.count_max, read_page_size(request.page().page_size()));
  page.from.height = Height(request.from_height());
  const std::string& token = request.page().page_token();
  if (token.empty()) return page;
  const std::size_t dot = token.find('.');
  if (dot == std::string::npos) return fail(bad_page_token());
  OORT_TRY(const std::uint64_t height, read_number_token(token.substr(0, dot)));
  OORT_TRY(const std::uint64_t index, read_number_token(token.substr(dot + 1)));
  if (index > std::numeric_limits<std::uint32_t>::max()) return fail(bad_page_token());
  page.from = {Height(height), static_cast<std::uint32_t>(index)};
  return page;
}

void write_page(const StatementView& view, std::size_t count_max, v1::ListStatementResponse* out) {
  write(view.state, out->mutable_state());
  for (const StatementLine& line : view.lines) {
    if (static_cast<std::size_t>(out->lines_size()) == count_max) {
      out->set_next_page_token(token_of(line));
      return;
    }
    v1::StatementLine* to = out->add_lines();
    to->set_height(line.height.value());
    to->set_time_ms(line.time.milliseconds);
    to->set_purpose(line.purpose);
    to->set_is_income(line.is_income);
    to->set_amount(to_decimal(line.amount.units()));
    to->set_balance_after(to_decimal(line.balance_after.units()));
    to->set_subject(to_field(line.subject));
    if (line.transaction) to->set_transaction_id(to_field(line.transaction->view()));
  }
}

/// Sends blocks in order: asks for the next one when the last was written. gRPC, the answer that is
/// awaited and the write in flight share it; the last of them deletes it.
class BlockStream final : public grpc::ServerWriteReactor<v1::GetBlockResponse>,
                          public std::enable_shared_from_this<BlockStream> {
 public:
  BlockStream(LedgerPort& port, Height next) : port_(port), next_(next) {}

  void start() {
    self_ = shared_from_this();
    // A client learns at once that the stream stands, even where no block is due for long.
    StartSendInitialMetadata();
    ask();
  }
  void OnWriteDone(bool is_good) override {
    if (!is_good || is_cancelled_.load()) {
      Finish(grpc::Status::CANCELLED);
      return;
    }
    next_ = next_.next();
    ask();
  }
  void OnCancel() override {
    is_cancelled_ = true;
    // A block that may never come must not keep the call open.
    if (claim()) Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { self_.reset(); }

 private:
  void ask() {
    is_waiting_ = true;
    port_.await_block(next_, [self = shared_from_this()](const Result<BlockView>& block) {
      if (self->claim()) self->answer(block);
    });
    if (is_cancelled_.load() && claim()) Finish(grpc::Status::CANCELLED);
  }

  /// Whether the caller is the one to end the wait: the block and a cancellation may race.
  [[nodiscard]] bool claim() noexcept { return is_waiting_.exchange(false); }

  void answer(const Result<BlockView>& block) {
    if (!block) {
      Finish(to_status(block.error()));
      return;
    }
    response_.Clear();
    write(*block, &response_);
    StartWrite(&response_);
  }

  LedgerPort& port_;
  Height next_;
  std::atomic<bool> is_cancelled_{false};
  std::atomic<bool> is_waiting_{false};
  v1::GetBlockResponse response_;
  std::shared_ptr<BlockStream> self_;  // gRPC's share, given back in OnDone.
};

/// A stream that failed before it began; it keeps itself until gRPC is done with it.
class RefusedStream final : public grpc::ServerWriteReactor<v1::GetBlockResponse> {
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

class LedgerService final : public v1::LedgerService::CallbackService {
 public:
  LedgerService(LedgerPort* port, StatePort* state) : port_(port), state_(state) {}

  ServerUnaryReactor* SubmitTransaction(CallbackServerContext* context,
                                        const v1::SubmitTransactionRequest* request,
                                        v1::SubmitTransactionResponse* response) override {
    if (port_ == nullptr) return refuse(*context, not_offered("LedgerService"));
    tag_request(*context);
    ServerUnaryReactor* reactor = context->DefaultReactor();
    port_->submit(to_bytes(std::string_view(request->transaction())), !request->no_wait(),
                  remaining(*context),
                  finish_with<Submitted>(reactor, [response](const Submitted& submitted) {
                    write(submitted, response);
                  }));
    return reactor;
  }

  ServerUnaryReactor* GetTransaction(CallbackServerContext* context,
                                     const v1::GetTransactionRequest* request,
                                     v1::GetTransactionResponse* response) override {
    if (port_ == nullptr) return refuse(*context, not_offered("LedgerService"));
    const auto id = read_id<TransactionId>("transaction_id", request->transaction_id());
    if (!id) return refuse(*context, id.error());
    tag_request(*context);
    ServerUnaryReactor* reactor = context->DefaultReactor();
    port_->find_transaction(*id, finish_with<TransactionOutcome>(
                                     reactor, [response](const TransactionOutcome& outcome) {
                                       write(outcome, response->mutable_receipt());
                                     }));
    return reactor;
  }

  ServerUnaryReactor* GetAccount(CallbackServerContext* context,
                                 const v1::GetAccountRequest* request,
                                 v1::GetAccountResponse* response) override {
    if (port_ == nullptr) return refuse(*context, not_offered("LedgerService"));
    const auto account = read_id<AccountId>("account", request->account());
    if (!account) return refuse(*context, account.error());
    const Consistency consistency =
        request->consistency() == v1::CONSISTENCY_LOCAL ? Consistency::Local : Consistency::Strong;
    tag_request(*context);
    ServerUnaryReactor* reactor = context->DefaultReactor();
    port_->get_account(*account, consistency,
                       finish_with<AccountView>(reactor, [response](const AccountView& view) {
                         write(view.state, response->mutable_state());
                         response->set_balance(to_decimal(view.balance.units()));
                         for (const auto& [lane, sequence] : view.lanes) {
                           v1::Lane* out = response->add_lanes();
                           out->set_lane(lane);
                           out->set_next_sequence(sequence);
                         }
                       }));
    return reactor;
  }

  ServerUnaryReactor* GetBlock(CallbackServerContext* context, const v1::GetBlockRequest* request,
                               v1::GetBlockResponse* response) override {
    if (port_ == nullptr) return refuse(*context, not_offered("LedgerService"));
    tag_request(*context);
    ServerUnaryReactor* reactor = context->DefaultReactor();
    port_->get_block(Height(request->height()),
                     finish_with<BlockView>(
                         reactor, [response](const BlockView& block) { write(block, response); }));
    return reactor;
  }

  ServerUnaryReactor* GetChain(CallbackServerContext* context, const v1::GetChainRequest*,
                               v1::GetChainResponse* response) override {
    if (port_ == nullptr) return refuse(*context, not_offered("LedgerService"));
    tag_request(*context);
    ServerUnaryReactor* reactor = context->DefaultReactor();
    port_->get_chain(finish_with<ChainView>(reactor, [response](const ChainView& chain) {
      response->set_chain_id(to_field(chain.id.view()));
      response->set_chain_name(chain.name);
      write(chain.state, response->mutable_state());
      response->set_genesis(to_field(chain.genesis));
    }));
    return reactor;
  }

  ServerUnaryReactor* GetProof(CallbackServerContext* context, const v1::GetProofRequest* request,
                               v1::GetProofResponse* response) override {
    if (port_ == nullptr) return refuse(*context, not_offered("LedgerService"));
    auto target = read_target(*request);
    if (!target) return refuse(*context, target.error());
    tag_request(*context);
    ServerUnaryReactor* reactor = context->DefaultReactor();
    port_->prove(*std::move(target), finish_with<Proof>(reactor, [response](const Proof& proof) {
      response->set_bundle(to_field(proof.bundle));
      response->set_is_present(proof.is_present);
      response->set_height(proof.height.value());
    }));
    return reactor;
  }

  ServerUnaryReactor* ListEvidence(CallbackServerContext* context,
                                   const v1::ListEvidenceRequest* request,
                                   v1::ListEvidenceResponse* response) override {
    if (port_ == nullptr) return refuse(*context, not_offered("LedgerService"));
    const auto page = read_page(request->page());
    if (!page) return refuse(*context, page.error());
    tag_request(*context);
    ServerUnaryReactor* reactor = context->DefaultReactor();
    port_->list_faults(page->from, page->count_max + 1,
                       finish_with<FaultsView>(reactor, [response, count_max = page->count_max](
                                                            const FaultsView& view) {
                         write_page(view, count_max, response);
                       }));
    return reactor;
  }

  ServerUnaryReactor* ListStatement(CallbackServerContext* context,
                                    const v1::ListStatementRequest* request,
                                    v1::ListStatementResponse* response) override {
    if (port_ == nullptr) return refuse(*context, not_offered("LedgerService"));
    const auto account = read_id<AccountId>("account", request->account());
    if (!account) return refuse(*context, account.error());
    const auto page = read_page(*request);
    if (!page) return refuse(*context, page.error());
    tag_request(*context);
    ServerUnaryReactor* reactor = context->DefaultReactor();
    port_->list_statement(
        *account, page->from, page->count_max + 1,
        finish_with<StatementView>(
            reactor, [response, count_max = page->count_max](const StatementView& view) {
              write_page(view, count_max, response);
            }));
    return reactor;
  }

  ServerUnaryReactor* GetSupply(CallbackServerContext* context, const v1::GetSupplyRequest*,
                                v1::GetSupplyResponse* response) override {
    return answer(state_, *context, "GetSupply", [response](const StateMark& mark, auto& state) {
      write(mark, response->mutable_state());
      write_supply(state, response);
      return Result<void>();
    });
  }

  grpc::ServerWriteReactor<v1::GetBlockResponse>* StreamBlocks(
      CallbackServerContext* context, const v1::StreamBlocksRequest* request) override;

 private:
  LedgerPort* port_;
  StatePort* state_;
};

grpc::ServerWriteReactor<v1::GetBlockResponse>* LedgerService::StreamBlocks(
    CallbackServerContext* context, const v1::StreamBlocksRequest* request) {
  tag_request(*context);
  if (port_ == nullptr) return RefusedStream::make(not_offered("LedgerService"));
  const Height first(std::max<std::uint64_t>(request->from_height(), 1));
  auto stream = std::make_shared<BlockStream>(*port_, first);
  stream->start();
  return stream.get();
}

}  // namespace

std::unique_ptr<grpc::Service> make_ledger_service(LedgerPort* port, StatePort* state) {
  return std::make_unique<LedgerService>(port, state);
}

}  // namespace oort::api
