// SPDX-License-Identifier: Apache-2.0
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>
#include <grpcpp/support/sync_stream.h>
#include <oort/v1/ledger.grpc.pb.h>

#include <cstdint>
#include <iostream>
#include <string>

#include "client.hpp"

namespace {

using oort::v1::LedgerService;

/// Shows up to `count` final blocks from `height` on, moves `height` behind the last of them, and
/// ends with the stream.
grpc::Status show(LedgerService::Stub& ledger, std::uint64_t& height, std::uint64_t& count) {
  grpc::ClientContext context;       // Without a deadline: this one call is meant to last.
  context.set_wait_for_ready(true);  // Until a node that is restarted is back.
  oort::v1::StreamBlocksRequest request;
  request.set_from_height(height);
  const auto stream = ledger.StreamBlocks(&context, request);
  oort::v1::GetBlockResponse block;
  while (count > 0 && stream->Read(&block)) {
    std::cout << block.height() << " " << example::to_hex(block.block_id()) << " "
              << block.transaction_ids_size() << " transactions" << "\n"
              << std::flush;
    height = block.height() + 1;
    --count;
  }
  if (count > 0) return stream->Finish();
  context.TryCancel();  // The stream has no end of its own.
  return grpc::Status::OK;
}

}  // namespace

/// LedgerService: final blocks as they come. A stream that breaks goes on behind the last block.
int main(int count, char** words) {
  return example::run(count, words, "ENDPOINT HEIGHT COUNT", [](const char* const* arguments) {
    const auto ledger = LedgerService::NewStub(example::connect(arguments[0]));
    std::uint64_t height = std::stoull(arguments[1]);
    std::uint64_t left = std::stoull(arguments[2]);
    while (left > 0) {
      const grpc::Status status = show(*ledger, height, left);
      const bool is_worth_it = status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                               status.error_code() == grpc::StatusCode::CANCELLED;
      if (!is_worth_it) example::check(status);
      if (left > 0)
        std::cerr << "again, after " << example::Failure(status).what() << "\n" << std::flush;
    }
  });
}
