// SPDX-License-Identifier: Apache-2.0
#include "submitted.hpp"

#include "call.hpp"
#include "oort/core/amount.hpp"

namespace oort::api {

void write(const TransactionOutcome& outcome, v1::TransactionReceipt* out) {
  out->set_height(outcome.height.value());
  out->set_index(outcome.index);
  out->set_fee(to_decimal(outcome.fee.units()));
  for (const OperationOutcome& operation : outcome.operations) {
    v1::OperationReceipt* receipt = out->add_operations();
    receipt->set_operation(operation.operation);
    receipt->set_rejection(operation.rejection);
    receipt->set_rejection_name(operation.rejection_name);
    receipt->set_result(to_field(operation.result));
  }
}

void write(const Submitted& submitted, v1::SubmitTransactionResponse* out) {
  out->set_transaction_id(to_field(submitted.id.view()));
  if (submitted.outcome) write(*submitted.outcome, out->mutable_receipt());
}

}  // namespace oort::api
