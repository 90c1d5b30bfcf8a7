// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "provenance_bundle.hpp"
#include "session.hpp"

namespace oort::cli {

/// What a verified bundle shows, with its links and what their grades leave possible.
[[nodiscard]] Json to_json(const ProvenanceReport& report);
[[nodiscard]] std::string to_text(const ProvenanceReport& report);

}  // namespace oort::cli
