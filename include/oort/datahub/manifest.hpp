// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"
#include "oort/datahub/json.hpp"

/// What a dataset version or a model is: its files and their hashes, by OpenSSF Model Signing 1.0
/// (method "files", SHA-256). The root is the identity that the ledger and other tools name.
///
/// Invariants
///   F1  Files stand in the order of their names' code points, each once, by canonical relative
///   paths. F2  The root is SHA-256 over the files' SHA-256 digests in that order. F3  A statement
///   that parses names one root, and it is that of its resources.
namespace oort::datahub {

inline constexpr std::size_t manifest_files_max = 1U << 20;
inline constexpr std::size_t manifest_name_bytes_max = 4096;

struct ManifestFile {
  std::string name;
  Bytes32 sha256;
  friend bool operator==(const ManifestFile&, const ManifestFile&) = default;
};

/// How a file differs between two manifests.
enum class Difference : std::uint8_t { Missing, Extra, Changed };
struct FileDifference {
  std::string name;
  Difference difference = Difference::Changed;
  friend bool operator==(const FileDifference&, const FileDifference&) = default;
};

/// Relative, with single slashes, without "." and "..", UTF-8, without a slash at either end.
[[nodiscard]] bool is_canonical_path(std::string_view path) noexcept;

class Manifest {
 public:
  /// Fails with BAD_ARGUMENT without files, for a path that is not canonical or stands twice, and
  /// with TOO_LARGE over a bound.
  [[nodiscard]] static Result<Manifest> from(std::vector<ManifestFile> files);

  [[nodiscard]] const std::vector<ManifestFile>& files() const noexcept { return files_; }
  [[nodiscard]] Bytes32 root() const;
  /// What `found` has otherwise, in the order of names.
  [[nodiscard]] std::vector<FileDifference> compare(const Manifest& found) const;

  /// The in-toto Statement v1 that OMS signs. `name` is for people. Paths of `ignored` are those
  /// that were left out; without any the four that OMS leaves out by default stand there.
  [[nodiscard]] Json statement(std::string_view name,
                               const std::vector<std::string>& ignored = {}) const;
  friend bool operator==(const Manifest&, const Manifest&) = default;

 private:
  explicit Manifest(std::vector<ManifestFile> files) : files_(std::move(files)) {}
  std::vector<ManifestFile> files_;
};

/// Reads a statement of anybody. Fails with MALFORMED, with NOT_SUPPORTED for another method or
/// hash, and with BAD_PROOF when the root is not that of the resources.
[[nodiscard]] Result<Manifest> parse_manifest_statement(std::string_view text);

/// What DSSE signs: "DSSEv1", the lengths and bytes of the type and of the payload.
[[nodiscard]] Bytes dsse_bytes(std::string_view payload_type, ByteView payload);
inline constexpr std::string_view in_toto_payload_type = "application/vnd.in-toto+json";

}  // namespace oort::datahub
