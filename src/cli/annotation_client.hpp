// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <oort/v1/annotation.grpc.pb.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger_client.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/datahub/annotation_call.hpp"
#include "oort/env/clock.hpp"
#include "session.hpp"

namespace oort::cli {

/// What one account asks of AnnotationService about one campaign, signed. The time in a signature
/// is the ledger's; it is asked again when the last one is nearly over, so a client may be kept for
/// as long as a person works. Lists are whole: all pages.
class AnnotationClient {
 public:
  /// Requires: the clock outlives the client.
  AnnotationClient(std::string endpoint, crypto::KeyPair keys, const CampaignId& campaign,
                   const env::Clock& clock);

  /// Takes the canonical bytes of an order.
  [[nodiscard]] Result<void> open_queue(ByteView order);
  [[nodiscard]] Result<v1::Assignment> next(const Bytes32& consent);
  [[nodiscard]] Result<void> submit(std::uint64_t assignment, const std::string& label);
  [[nodiscard]] Result<void> skip(std::uint64_t assignment);
  [[nodiscard]] Result<std::vector<v1::AnnotationAnswer>> answers();

 private:
  /// The ledger's time when it was asked.
  struct Known {
    ChainId chain;
    std::uint64_t time_ms = 0;
    MonoTime asked;
  };
  [[nodiscard]] Result<v1::CallProof> prove(datahub::AnnotationVerb verb, ByteView argument);

  std::string endpoint_;
  std::unique_ptr<v1::AnnotationService::Stub> stub_;
  LedgerClient ledger_;
  crypto::KeyPair keys_;
  CampaignId campaign_;
  const env::Clock& clock_;
  std::optional<Known> known_;
};

/// The queues of the node behind the endpoint, which need no proof.
[[nodiscard]] Result<std::vector<v1::AnnotationQueue>> list_queues(const std::string& endpoint);
/// Where the campaign's queue is: the endpoint itself, or the door of another super node that the
/// node there knows. Nodes that do not answer are passed over. Fails with NOT_FOUND, and as
/// `list_queues` where the first one does not answer.
[[nodiscard]] Result<std::string> keeper_of(const std::string& endpoint,
                                            const CampaignId& campaign);

}  // namespace oort::cli
