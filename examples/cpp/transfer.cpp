// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/ledger.grpc.pb.h>

#include <iostream>
#include <string>

#include "client.hpp"
#include "signing.hpp"

namespace {

using oort::v1::LedgerService;

oort::v1::SubmitTransactionResponse submit(LedgerService::Stub& ledger,
                                           const std::string& transaction) {
  oort::v1::SubmitTransactionRequest request;
  request.set_transaction(transaction);
  return example::call<oort::v1::SubmitTransactionResponse>(
      ledger, &LedgerService::Stub::SubmitTransaction, request);
}

std::string balance(LedgerService::Stub& ledger, const std::string& account) {
  oort::v1::GetAccountRequest request;
  request.set_account(account);
  return example::call<oort::v1::GetAccountResponse>(ledger, &LedgerService::Stub::GetAccount,
                                                     request)
      .balance();
}

void show(const oort::v1::SubmitTransactionResponse& done) {
  std::cout << "transaction " << example::to_hex(done.transaction_id()) << " at height "
            << done.receipt().height() << ", fee " << done.receipt().fee() << "\n";
  // A transaction may be final and an operation in it refused: the fee is gone, and nothing else.
  for (const oort::v1::OperationReceipt& operation : done.receipt().operations()) {
    if (operation.rejection() != 0) std::cout << "refused: " << operation.rejection_name() << "\n";
  }
}

}  // namespace

/// LedgerService: signs a payment and submits it. BASE_UNITS: 1 OORT has 10^18.
int main(int count, char** words) {
  return example::run(
      count, words, "ENDPOINT KEY_FILE TO BASE_UNITS", [](const char* const* arguments) {
        const auto ledger = LedgerService::NewStub(example::connect(arguments[0]));
        const example::Key key(arguments[1]);
        const std::string to = example::from_hex(arguments[2]);

        constexpr std::uint16_t transfer = 1U << 8U | 1U;  // Module 1, the bank; operation 1.
        example::Writer operation;
        operation.u16(transfer).raw(to).amount(arguments[3]);
        const std::string transaction =
            example::signed_transaction(*ledger, key, operation.bytes());

        show(submit(*ledger, transaction));
        // Who does not know whether an answer was lost sends the same bytes again: they are
        // executed once, and the answer is the same.
        show(submit(*ledger, transaction));
        std::cout << "balance " << balance(*ledger, to) << "\n";
      });
}
