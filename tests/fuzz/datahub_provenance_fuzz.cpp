// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <span>

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/datahub/provenance.hpp"
#include "oort/datahub/training.hpp"

// Training statements and graphs of strangers have one encoding each, the one that was read.
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
  return 0;
}
