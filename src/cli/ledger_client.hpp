// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <oort/v1/ledger.grpc.pb.h>

#include <string>
#include <string_view>
#include <vector>

#include "client.hpp"
#include "oort/core/amount.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/operations.hpp"
#include "session.hpp"

namespace oort::cli {

/// LedgerService of one node, in the house's own types.
class LedgerClient {
 public:
  explicit LedgerClient(std::string endpoint);

  [[nodiscard]] Result<v1::GetChainResponse> chain();
  [[nodiscard]] Result<v1::GetAccountResponse> account(const AccountId& id);
  [[nodiscard]] Result<v1::GetBlockResponse> block(Height height);
  [[nodiscard]] Result<v1::TransactionReceipt> transaction(const TransactionId& id);
  [[nodiscard]] Result<v1::GetProofResponse> proof(const v1::GetProofRequest& request);
  /// All pages, in the order in which it happened, from a height on.
  [[nodiscard]] Result<std::vector<v1::StatementLine>> statement(const AccountId& id,
                                                                 std::uint64_t from_height);
  [[nodiscard]] Result<v1::GetSupplyResponse> supply();
  /// All pages, ascending by fault.
  [[nodiscard]] Result<std::vector<v1::Evidence>> evidence();

  /// Canonical bytes of a transaction with the next sequence of lane 0, signed.
  [[nodiscard]] Result<Bytes> sign(const crypto::KeyPair& keys,
                                   const std::vector<ledger::Operation>& operations);
  /// Builds a transaction of one operation with the next sequence of lane 0, signs it and waits
  /// until it is final. Fails with TRANSACTION_REJECTED when the operation was refused.
  [[nodiscard]] Result<v1::SubmitTransactionResponse> submit(const crypto::KeyPair& keys,
                                                             const ledger::Operation& operation);
  /// The same of several operations, in their order. Fails with the first that was refused.
  [[nodiscard]] Result<v1::SubmitTransactionResponse> submit_all(
      const crypto::KeyPair& keys, const std::vector<ledger::Operation>& operations);

 private:
  std::string endpoint_;
  std::unique_ptr<v1::LedgerService::Stub> stub_;
};

/// Fails with TRANSACTION_REJECTED where an operation was refused.
[[nodiscard]] Result<void> check_receipt(const v1::TransactionReceipt& receipt);

[[nodiscard]] Result<LedgerClient> open_ledger(const Session& session);

/// Receipt of a submitted operation, for people and for programs.
void show_submitted(const Session& session, const v1::SubmitTransactionResponse& response,
                    const std::string& what);

/// 40 hexadecimal digits. Fails with BAD_ARGUMENT.
[[nodiscard]] Result<AccountId> parse_account(std::string_view text);
/// 64 hexadecimal digits. Fails with BAD_ARGUMENT.
[[nodiscard]] Result<NodeId> parse_node(std::string_view text);
/// Decimal digits of base units, as messages carry them. Fails with MALFORMED.
[[nodiscard]] Result<Oort> parse_units(const std::string& digits);

}  // namespace oort::cli
