// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "oort/chain/proof_bundle.hpp"
#include "session.hpp"

namespace oort::cli {

/// What a verified bundle shows, with the record decoded where its kind is known.
[[nodiscard]] Json to_json(const chain::Verified& verified);
[[nodiscard]] std::string to_text(const chain::Verified& verified);

}  // namespace oort::cli
