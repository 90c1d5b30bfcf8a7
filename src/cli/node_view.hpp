// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <oort/v1/node.pb.h>

#include <string>

#include "oort/core/result.hpp"
#include "session.hpp"

namespace oort::cli {

[[nodiscard]] Result<v1::GetStatusResponse> get_status(const std::string& endpoint);
[[nodiscard]] Result<v1::ListPeersResponse> list_peers(const std::string& endpoint);
[[nodiscard]] Json to_json(const v1::GetStatusResponse& status);
/// Several lines for one node.
[[nodiscard]] std::string to_text(const v1::GetStatusResponse& status);
/// The cells of one line: name, role, readiness, height, peers, missing shards.
[[nodiscard]] std::vector<std::string> to_row(const v1::GetStatusResponse& status);

}  // namespace oort::cli
