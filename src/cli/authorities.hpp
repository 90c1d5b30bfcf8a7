// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "oort/core/result.hpp"

namespace oort::cli {

/// Who vouches for the certificates of gRPC doors on other machines: PEM of the file that OORT_CA
/// names. Empty where it names none: the authorities that gRPC knows. Fails with NOT_FOUND.
[[nodiscard]] Result<std::string> read_authorities();

}  // namespace oort::cli
