// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "ledger_client.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/ledger/dataset_records.hpp"

/// What commands about campaigns, datasets and models share.
namespace oort::cli {

/// 64 hexadecimal digits. Fails with BAD_ARGUMENT that names `what`.
template <class Id>
[[nodiscard]] Result<Id> artefact_named(std::string_view what, const std::string& text) {
  const auto id = Id::from_hex(text);
  if (id) return *id;
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "'" + text + "' is no " + std::string(what) + ": 64 hexadecimal digits are wanted");
}

/// SHA-256 of a file of at most 64 MiB; zeros for no path. Fail with NOT_FOUND or TOO_LARGE.
[[nodiscard]] Result<Bytes32> digest_of_file(const std::string& path);
[[nodiscard]] Result<std::string> text_of_file(const std::string& path);

/// "1.2.3". Fails with BAD_ARGUMENT.
[[nodiscard]] Result<ledger::ArtefactVersion> parse_version(const std::string& text);

/// The newest block that the node has: what is signed now is younger.
[[nodiscard]] Result<BlockId> newest_block(LedgerClient& client);

}  // namespace oort::cli
