// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <span>

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/datahub/deployed_model.hpp"
#include "oort/datahub/provenance.hpp"
#include "oort/datahub/provenance_bundle.hpp"
#include "oort/datahub/training.hpp"

// Training statements, graphs, bundles and kept models of strangers have one encoding each, the one
// that was read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace oort;  // NOLINT: a program of its own
  const auto bytes = std::as_bytes(std::span(data, size));
  if (const auto run = datahub::parse_training_statement(as_text(bytes))) {
    const auto statement = datahub::statement_of(*run);
    OORT_ASSERT(statement, "what was read can be written");
    OORT_ASSERT(*datahub::canonical(*statement) == as_text(bytes), "as the same text");
  }
  if (const auto graph = codec::from_bytes<datahub::ProvenanceGraph>(bytes)) {
    OORT_ASSERT(as_text(codec::to_bytes(*graph)) == as_text(bytes), "one graph, one encoding");
    for (const auto& link : graph->links()) {
      OORT_ASSERT(graph->grade_of(link.to) <= link.grade, "no better than its weakest link");
    }
  }
  if (const auto bundle = codec::from_bytes<datahub::ProvenanceBundle>(bytes)) {
    OORT_ASSERT(as_text(codec::to_bytes(*bundle)) == as_text(bytes), "one bundle, one encoding");
    const auto check = [](ByteView) -> Result<datahub::ShownRecord> {
      return fail(ErrorCode::InvalidArgument, reason::bad_proof, "no proof");
    };
    OORT_ASSERT(!datahub::verify_provenance(bytes, check), "nothing is proven without proofs");
  }
  if (const auto model = codec::from_bytes<datahub::DeployedModel>(bytes)) {
    OORT_ASSERT(as_text(codec::to_bytes(*model)) == as_text(bytes), "one model, one encoding");
  }
  return 0;
}
