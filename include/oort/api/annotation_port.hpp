// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"

/// What the gRPC door needs of a node that keeps queues of samples to be labelled. Satisfied by
/// `node`; faked in the door's tests.
///
/// Threads: every call may come from any thread and must not block; every callback runs exactly
/// once, on any thread, at the latest when the node stops (CANCELLED).
namespace oort::api {

struct AnnotationTask {
  std::uint64_t assignment = 0;
  std::string content;
  std::vector<std::string> labels;
  WallTime expires;
};

struct QueueView {
  CampaignId campaign;
  std::vector<std::string> labels;
  std::uint32_t samples_count = 0;
  std::uint32_t annotators_count = 0;
  std::uint64_t answers_count = 0;
  bool is_complete = false;
};

struct AnnotationAnswer {
  std::string sample;
  AccountId account;
  std::string label;
};

/// `caller` has proven that it is that account. Errors are those of proto/oort/v1/annotation.proto.
class AnnotationPort {
 public:
  virtual ~AnnotationPort() = default;
  /// Takes the canonical bytes of a datahub::AnnotationOrder.
  virtual void open(const AccountId& caller, const CampaignId& campaign, Bytes order,
                    Callback<Result<void>> done) = 0;
  /// At most `count_max` queues, ascending, from this campaign on.
  virtual void list_queues(const CampaignId& from, std::size_t count_max,
                           Callback<Result<std::vector<QueueView>>> done) = 0;
  /// `consent` is the digest of the text that the caller agrees to.
  virtual void next(const AccountId& caller, const CampaignId& campaign, const Bytes32& consent,
                    Callback<Result<AnnotationTask>> done) = 0;
  virtual void answer(const AccountId& caller, const CampaignId& campaign, std::uint64_t assignment,
                      std::string label, Callback<Result<void>> done) = 0;
  virtual void skip(const AccountId& caller, const CampaignId& campaign, std::uint64_t assignment,
                    Callback<Result<void>> done) = 0;
  /// When it ends now.
  virtual void renew(const AccountId& caller, const CampaignId& campaign, std::uint64_t assignment,
                     Callback<Result<WallTime>> done) = 0;
  /// At most `count_max` answers behind the first `from`.
  virtual void list_answers(const AccountId& caller, const CampaignId& campaign, std::uint64_t from,
                            std::size_t count_max,
                            Callback<Result<std::vector<AnnotationAnswer>>> done) = 0;
};

}  // namespace oort::api
