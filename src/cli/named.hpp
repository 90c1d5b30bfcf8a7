// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "session.hpp"

/// What people name on the command line.
namespace oort::cli {

/// 64 hexadecimal digits, or the name of a node of the local network: "super-1". Fails with
/// BAD_ARGUMENT or NOT_FOUND.
[[nodiscard]] Result<NodeId> node_named(const Session& session, const std::string& text);

/// 40 hexadecimal digits, or the account of a key file where `account` is empty. Fails with
/// BAD_ARGUMENT, or as `load_key`.
[[nodiscard]] Result<AccountId> account_named(const std::string& account,
                                              const std::string& key_file);

/// "12.5 OORT" from decimal base units of a message; "? OORT" for no number.
[[nodiscard]] std::string oort_text(const std::string& units);

/// 50000 → "5 %", of millionths.
[[nodiscard]] std::string percent_text(std::uint32_t millionths);

}  // namespace oort::cli
