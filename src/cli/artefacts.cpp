// SPDX-License-Identifier: Apache-2.0
#include "artefacts.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>

#include "key_file.hpp"
#include "oort/core/bytes.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/ledger/dataset_records.hpp"

namespace oort::cli {
namespace {

constexpr std::size_t file_bytes_max = std::size_t{64} << 20;

}  // namespace

Result<Bytes32> digest_of_file(const std::string& path) {
  if (path.empty()) return Bytes32{};
  OORT_TRY(const Bytes bytes, read_file(path, file_bytes_max));
  return crypto::sha256(bytes);
}

Result<std::string> text_of_file(const std::string& path) {
  OORT_TRY(const Bytes bytes, read_file(path, file_bytes_max));
  return std::string(as_text(bytes));
}

Result<ledger::ArtefactVersion> parse_version(const std::string& text) {
  std::array<std::uint32_t, 3> parts{};
  const char* place = text.data();
  const char* const end = text.data() + text.size();
  bool is_read = true;
  for (std::size_t i = 0; i < parts.size() && is_read; ++i) {
    const auto read = std::from_chars(place, end, parts[i]);
    const bool is_last = i + 1 == parts.size();
    is_read =
        read.ec == std::errc() && (is_last ? read.ptr == end : read.ptr != end && *read.ptr == '.');
    place = is_last ? read.ptr : read.ptr + 1;
  }
  if (is_read) return ledger::ArtefactVersion{parts[0], parts[1], parts[2]};
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "'" + text + "' is no version: major.minor.patch, such as 1.0.0");
}

Result<BlockId> newest_block(LedgerClient& client) {
  OORT_TRY(const auto chain, client.chain());
  OORT_TRY(const auto block, client.block(Height(chain.state().height())));
  const auto id = BlockId::from(as_bytes(block.block_id()));
  if (id) return *id;
  return fail(ErrorCode::Internal, reason::malformed, "the node sent no block id");
}

}  // namespace oort::cli
