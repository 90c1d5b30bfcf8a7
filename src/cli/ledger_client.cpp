// SPDX-License-Identifier: Apache-2.0
#include "ledger_client.hpp"

#include <cstdio>

#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/params.hpp"
#include "oort/ledger/rejection.hpp"
#include "oort/ledger/transaction.hpp"

namespace oort::cli {
namespace {

constexpr Duration read_deadline = 10s;
constexpr Duration submit_deadline = 30s;
/// Blocks for which a transaction stays valid: long enough for a busy network, short enough that
/// one that was lost is certainly dead soon.
constexpr std::uint64_t valid_blocks = 200;

/// The sum of all fees at present, twice, so that a rise in between refuses nothing.
Oort fee_limit(const ledger::Params& params, std::size_t operations_count, std::size_t size) {
  const auto bytes = params.fee_byte.times(size).value_or(Oort());
  const auto each = params.fee_operation.times(operations_count).value_or(Oort());
  const auto fixed = params.fee_transaction.plus(each).value_or(Oort());
  return bytes.plus(fixed).value_or(Oort()).times(2).value_or(Oort());
}

}  // namespace

LedgerClient::LedgerClient(std::string endpoint)
    : endpoint_(std::move(endpoint)), stub_(v1::LedgerService::NewStub(connect(endpoint_))) {}

Result<v1::GetChainResponse> LedgerClient::chain() {
  return call<v1::GetChainResponse>(endpoint_, read_deadline, *stub_,
                                    &v1::LedgerService::Stub::GetChain, v1::GetChainRequest());
}

Result<v1::GetAccountResponse> LedgerClient::account(const AccountId& id) {
  v1::GetAccountRequest request;
  request.set_account(std::string(as_text(id.view())));
  return call<v1::GetAccountResponse>(endpoint_, read_deadline, *stub_,
                                      &v1::LedgerService::Stub::GetAccount, request);
}

Result<v1::GetBlockResponse> LedgerClient::block(Height height) {
  v1::GetBlockRequest request;
  request.set_height(height.value());
  return call<v1::GetBlockResponse>(endpoint_, read_deadline, *stub_,
                                    &v1::LedgerService::Stub::GetBlock, request);
}

Result<v1::TransactionReceipt> LedgerClient::transaction(const TransactionId& id) {
  v1::GetTransactionRequest request;
  request.set_transaction_id(std::string(as_text(id.view())));
  OORT_TRY(const auto response,
           call<v1::GetTransactionResponse>(endpoint_, read_deadline, *stub_,
                                            &v1::LedgerService::Stub::GetTransaction, request));
  return response.receipt();
}

Result<v1::GetProofResponse> LedgerClient::proof(const v1::GetProofRequest& request) {
  return call<v1::GetProofResponse>(endpoint_, read_deadline, *stub_,
                                    &v1::LedgerService::Stub::GetProof, request);
}

Result<std::vector<v1::StatementLine>> LedgerClient::statement(const AccountId& id,
                                                               std::uint64_t from_height) {
  std::vector<v1::StatementLine> all;
  v1::ListStatementRequest request;
  request.set_account(std::string(as_text(id.view())));
  request.set_from_height(from_height);
  request.mutable_page()->set_page_size(1000);
  do {
    OORT_TRY(const auto page,
             call<v1::ListStatementResponse>(endpoint_, read_deadline, *stub_,
                                             &v1::LedgerService::Stub::ListStatement, request));
    all.insert(all.end(), page.lines().begin(), page.lines().end());
    request.mutable_page()->set_page_token(page.next_page_token());
  } while (!request.page().page_token().empty());
  return all;
}

Result<v1::GetSupplyResponse> LedgerClient::supply() {
  return call<v1::GetSupplyResponse>(endpoint_, read_deadline, *stub_,
                                     &v1::LedgerService::Stub::GetSupply, v1::GetSupplyRequest());
}

Result<std::vector<v1::Evidence>> LedgerClient::evidence() {
  std::vector<v1::Evidence> all;
  v1::ListEvidenceRequest request;
  request.mutable_page()->set_page_size(1000);
  do {
    OORT_TRY(const auto page,
             call<v1::ListEvidenceResponse>(endpoint_, read_deadline, *stub_,
                                            &v1::LedgerService::Stub::ListEvidence, request));
    all.insert(all.end(), page.evidence().begin(), page.evidence().end());
    request.mutable_page()->set_page_token(page.next_page_token());
  } while (!request.page().page_token().empty());
  return all;
}

Result<v1::SubmitTransactionResponse> LedgerClient::submit(const crypto::KeyPair& keys,
                                                           const ledger::Operation& operation) {
  return submit_all(keys, {operation});
}

Result<Bytes> LedgerClient::sign(const crypto::KeyPair& keys,
                                 const std::vector<ledger::Operation>& operations) {
  OORT_TRY(const auto chain, this->chain());
  OORT_TRY(const auto genesis, ledger::genesis_from_file(as_bytes(chain.genesis())));
  OORT_TRY(const auto view, account(crypto::account_of(keys.public_key())));

  ledger::Transaction transaction;
  transaction.chain = ledger::chain_id_of(genesis);
  for (const v1::Lane& lane : view.lanes()) {
    if (lane.lane() == 0) transaction.sequence = lane.next_sequence();
  }
  const std::uint64_t lifetime = std::min(valid_blocks, genesis.params.transaction_lifetime_max);
  transaction.valid_until = Height(view.state().height() + lifetime);
  for (const ledger::Operation& operation : operations) {
    ledger::add_operation(transaction, operation);
  }
  transaction.fee_max =
      fee_limit(genesis.params, operations.size(), ledger::encoded_size(transaction));
  ledger::sign(transaction, keys);
  return codec::to_bytes(transaction);
}

Result<v1::SubmitTransactionResponse> LedgerClient::submit_all(
    const crypto::KeyPair& keys, const std::vector<ledger::Operation>& operations) {
  OORT_TRY(const Bytes transaction, sign(keys, operations));
  v1::SubmitTransactionRequest request;
  request.set_transaction(std::string(as_text(transaction)));
  OORT_TRY(auto response, call<v1::SubmitTransactionResponse>(
                              endpoint_, submit_deadline, *stub_,
                              &v1::LedgerService::Stub::SubmitTransaction, request));
  OORT_TRY(check_receipt(response.receipt()));
  return response;
}

Result<void> check_receipt(const v1::TransactionReceipt& receipt) {
  for (const v1::OperationReceipt& operation : receipt.operations()) {
    if (operation.rejection() == 0) continue;
    const auto number = static_cast<std::uint16_t>(operation.rejection());
    if (const auto known = ledger::rejection_from(number)) return fail(ledger::error_of(*known));
    return fail(ErrorCode::FailedPrecondition, reason::rejected,
                "the ledger refused the operation: " + operation.rejection_name());
  }
  return {};
}

Result<LedgerClient> open_ledger(const Session& session) {
  OORT_TRY(std::string endpoint, session.endpoint());
  return LedgerClient(std::move(endpoint));
}

void show_submitted(const Session& session, const v1::SubmitTransactionResponse& response,
                    const std::string& what) {
  const std::string id = hex_of(response.transaction_id());
  const auto fee = from_decimal(response.receipt().fee()).value_or(0);
  const Json value = {{"transaction_id", id},
                      {"height", response.receipt().height()},
                      {"index", response.receipt().index()},
                      {"fee", response.receipt().fee()}};
  session.show(value, [&] {
    std::printf("%s: final at height %llu, fee %s OORT\ntransaction %s\n", what.c_str(),
                static_cast<unsigned long long>(response.receipt().height()),
                to_text(Oort(fee)).c_str(), id.c_str());
  });
}

Result<AccountId> parse_account(std::string_view text) {
  const auto id = AccountId::from_hex(text);
  if (id) return *id;
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "'" + std::string(text) + "' is no account: 40 hexadecimal digits are wanted");
}

Result<NodeId> parse_node(std::string_view text) {
  const auto id = NodeId::from_hex(text);
  if (id) return *id;
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "'" + std::string(text) + "' is no node: 64 hexadecimal digits are wanted");
}

Result<Oort> parse_units(const std::string& digits) {
  const auto units = from_decimal(digits);
  if (units) return Oort(*units);
  return fail(ErrorCode::Internal, reason::malformed, "the node sent no amount: " + digits);
}

}  // namespace oort::cli
