// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/manifest.hpp"

#include <algorithm>
#include <utility>

#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::datahub {

namespace {

constexpr std::string_view statement_type = "https://in-toto.io/Statement/v1";
constexpr std::string_view predicate_type = "https://model_signing/signature/v1.0";

tl::unexpected<Error> malformed(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::malformed, std::move(detail));
}

std::string_view text_of(const Json* value) {
  const std::string* const text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

const Json* at(const Json* object, std::string_view name) {
  return object == nullptr ? nullptr : object->find(name);
}

/// Exactly 64 lower-case hexadecimal digits: another spelling would be another text of one digest.
Result<Bytes32> digest_of(std::string_view hex) {
  const auto digest = Bytes32::from_hex(hex);
  if (!digest || digest->hex() != hex) return malformed("a digest is no lower-case SHA-256");
  return *digest;
}

Result<std::vector<ManifestFile>> files_of(const Json* resources) {
  const Json::Array* const array = resources == nullptr ? nullptr : resources->if_array();
  if (array == nullptr) return malformed("the predicate has no resources");
  std::vector<ManifestFile> files;
  for (const Json& resource : *array) {
    if (text_of(resource.find("algorithm")) != "sha256") {
      return fail(ErrorCode::Unimplemented, reason::not_supported, "a resource is not by SHA-256");
    }
    OORT_TRY(const Bytes32 digest, digest_of(text_of(resource.find("digest"))));
    files.push_back({std::string(text_of(resource.find("name"))), digest});
  }
  return files;
}

}  // namespace

bool is_canonical_path(std::string_view path) noexcept {
  if (path.empty() || path.size() > manifest_name_bytes_max || !is_utf8(path)) return false;
  if (path.find('\0') != std::string_view::npos) return false;
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

Result<Manifest> Manifest::from(std::vector<ManifestFile> files) {
  if (files.empty()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument, "a manifest needs a file");
  }
  if (files.size() > manifest_files_max) {
    return fail(ErrorCode::InvalidArgument, reason::too_large, "too many files for a manifest");
  }
  for (const ManifestFile& file : files) {
    if (!is_canonical_path(file.name)) {
      return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                  "not a canonical relative path: " + file.name);
    }
  }
  // The order of UTF-8 bytes is that of code points.
  std::sort(files.begin(), files.end(),
            [](const ManifestFile& a, const ManifestFile& b) { return a.name < b.name; });
  const auto twice = std::adjacent_find(
      files.begin(), files.end(),
      [](const ManifestFile& a, const ManifestFile& b) { return a.name == b.name; });
  if (twice != files.end()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "a file stands twice: " + twice->name);
  }
  return Manifest(std::move(files));
}

Bytes32 Manifest::root() const {
  crypto::StreamDigest digest(crypto::Digest::Sha256);
  for (const ManifestFile& file : files_) digest.update(file.sha256.view());
  return *Bytes32::from(digest.finish());
}

std::vector<FileDifference> Manifest::compare(const Manifest& found) const {
  std::vector<FileDifference> differences;
  auto ours = files_.begin();
  auto theirs = found.files_.begin();
  while (ours != files_.end() || theirs != found.files_.end()) {
    if (theirs == found.files_.end() || (ours != files_.end() && ours->name < theirs->name)) {
      differences.push_back({(ours++)->name, Difference::Missing});
    } else if (ours == files_.end() || theirs->name < ours->name) {
      differences.push_back({(theirs++)->name, Difference::Extra});
    } else {
      if (ours->sha256 != theirs->sha256) {
        differences.push_back({ours->name, Difference::Changed});
      }
      ++ours;
      ++theirs;
    }
  }
  return differences;
}

Json Manifest::statement(std::string_view name, const std::vector<std::string>& ignored) const {
  Json resources((Json::Array()));
  for (const ManifestFile& file : files_) {
    resources.append(Json::object(
        {{"algorithm", "sha256"}, {"digest", file.sha256.hex()}, {"name", file.name}}));
  }
  Json ignore_paths((Json::Array()));
  for (const std::string& path : ignored) ignore_paths.append(path);
  if (ignored.empty()) {
    ignore_paths = Json::array({".git", ".gitattributes", ".github", ".gitignore"});
  }
  const Json serialization = Json::object({{"method", "files"},
                                           {"hash_type", "sha256"},
                                           {"allow_symlinks", false},
                                           {"ignore_paths", ignore_paths}});
  const Json subject =
      Json::object({{"name", name}, {"digest", Json::object({{"sha256", root().hex()}})}});
  return Json::object(
      {{"_type", statement_type},
       {"subject", Json::array({subject})},
       {"predicateType", predicate_type},
       {"predicate", Json::object({{"serialization", serialization}, {"resources", resources}})}});
}

Result<Manifest> parse_manifest_statement(std::string_view text) {
  OORT_TRY(const Json statement, parse_json(text));
  if (text_of(statement.find("_type")) != statement_type ||
      text_of(statement.find("predicateType")) != predicate_type) {
    return malformed("no statement of OpenSSF Model Signing 1.0");
  }
  const Json* const predicate = statement.find("predicate");
  const Json* const serialization = at(predicate, "serialization");
  if (text_of(at(serialization, "method")) != "files" ||
      text_of(at(serialization, "hash_type")) != "sha256") {
    return fail(ErrorCode::Unimplemented, reason::not_supported,
                "only whole files by SHA-256 are supported");
  }
  OORT_TRY(std::vector<ManifestFile> files, files_of(at(predicate, "resources")));
  const auto is_before = [](const ManifestFile& a, const ManifestFile& b) {
    return a.name < b.name;
  };
  if (!std::is_sorted(files.begin(), files.end(), is_before)) {
    return malformed("the resources are not in the order of their names");
  }
  auto manifest = Manifest::from(std::move(files));
  if (!manifest) return malformed(manifest.error().detail());
  const Json* const subjects = statement.find("subject");
  const Json::Array* const array = subjects == nullptr ? nullptr : subjects->if_array();
  if (array == nullptr || array->size() != 1) return malformed("not exactly one subject");
  OORT_TRY(const Bytes32 root, digest_of(text_of(at(array->front().find("digest"), "sha256"))));
  if (root != manifest->root()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_proof,
                "the subject's digest is not the root of the resources");
  }
  return manifest;
}

Bytes dsse_bytes(std::string_view payload_type, ByteView payload) {
  std::string head = "DSSEv1 " + std::to_string(payload_type.size()) + " ";
  head.append(payload_type);
  head += " " + std::to_string(payload.size()) + " ";
  Bytes bytes = to_bytes(head);
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

}  // namespace oort::datahub
