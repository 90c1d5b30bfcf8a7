// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <oort/v1/ledger.pb.h>

#include "oort/api/ports.hpp"

namespace oort::api {

/// What became of a transaction that was submitted.
void write(const TransactionOutcome& outcome, v1::TransactionReceipt* out);
void write(const Submitted& submitted, v1::SubmitTransactionResponse* out);

}  // namespace oort::api
