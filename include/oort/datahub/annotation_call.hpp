// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/datahub/assignment.hpp"

/// What callers of AnnotationService sign; proto/oort/v1/annotation.proto has the table.
namespace oort::datahub {

/// Numbers are frozen.
enum class AnnotationVerb : std::uint8_t {
  OpenQueue = 1,
  NextAssignment = 2,
  SubmitAnswer = 3,
  SkipAssignment = 4,
  RenewAssignment = 5,
  ListAnswers = 6,
};

/// The message of the signature. Of NextAssignment the argument is the consent's digest, of
/// ListAnswers nothing.
[[nodiscard]] Bytes32 annotation_call_hash(const ChainId& chain, const CampaignId& campaign,
                                           AnnotationVerb verb, std::uint64_t valid_until_ms,
                                           ByteView argument);
/// Of OpenQueue, of the order's canonical bytes.
[[nodiscard]] Bytes order_argument(ByteView order);
/// Of SkipAssignment and RenewAssignment.
[[nodiscard]] Bytes assignment_argument(AssignmentId id);
/// Of SubmitAnswer.
[[nodiscard]] Bytes answer_argument(AssignmentId id, std::string_view label);

}  // namespace oort::datahub
