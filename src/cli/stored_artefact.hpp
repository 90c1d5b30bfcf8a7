// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "bucket_client.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/datahub/manifest.hpp"

/// A dataset or a model as objects of a bucket, below `datasets/ROOT/` or `models/ROOT/`:
///
///   manifest.json    the statement of its files, by OpenSSF Model Signing
///   signature.json   who signed that statement: a Sigstore bundle around a DSSE envelope
///   files/NAME       each file of the manifest
///
/// and what the kind has besides: `croissant.json` and `splits.csv`, or `statement.json`.
///
/// Invariants
///   A1  What is read is what the root names: the manifest has that root, each file its hash, and
///       the signature is of the owner's key. A gateway is believed in nothing.
namespace oort::cli {

/// `datasets/ROOT/` for "datasets".
[[nodiscard]] std::string artefact_prefix(std::string_view kind, const Bytes32& root);

/// Sigstore bundle v0.3 with one Ed25519 signature over the DSSE bytes of the statement. Its public
/// key stands in the hint, in hexadecimal.
[[nodiscard]] std::string signature_of(const crypto::KeyPair& keys, std::string_view statement);
/// Fails with MALFORMED, or BAD_SIGNATURE: of another statement, not by that account's key, or
/// wrong.
[[nodiscard]] Result<void> check_signature(std::string_view bundle, std::string_view statement,
                                           const AccountId& owner);

/// Puts the manifest's files from the folder, `documents` by their names beside them, the manifest
/// and its signature. Fails with BAD_PROOF for a file that is not the manifest's any more, or as
/// BucketClient::put.
[[nodiscard]] Result<void> store_artefact(const BucketClient& bucket, const std::string& prefix,
                                          const std::filesystem::path& folder,
                                          const std::string& statement,
                                          const std::map<std::string, std::string>& documents,
                                          const crypto::KeyPair& keys);

/// Reads what was stored (A1).
class StoredArtefact {
 public:
  /// Fails with BAD_PROOF for another root, and as `check_signature` and BucketClient::get.
  [[nodiscard]] static Result<StoredArtefact> open(BucketClient bucket, std::string prefix,
                                                   const Bytes32& root, const AccountId& owner);
  [[nodiscard]] const datahub::Manifest& manifest() const noexcept { return manifest_; }
  [[nodiscard]] const std::string& statement() const noexcept { return statement_; }
  /// Fails with NOT_FOUND for a name that the manifest lacks, BAD_PROOF for another content.
  [[nodiscard]] Result<Bytes> file(const std::string& name) const;
  /// A document beside the files, whose SHA-256 the ledger holds.
  [[nodiscard]] Result<Bytes> document(const std::string& name, const Bytes32& sha256) const;

 private:
  StoredArtefact(BucketClient bucket, std::string prefix, std::string statement,
                 datahub::Manifest manifest)
      : bucket_(std::move(bucket)),
        prefix_(std::move(prefix)),
        statement_(std::move(statement)),
        manifest_(std::move(manifest)) {}

  BucketClient bucket_;
  std::string prefix_;
  std::string statement_;
  datahub::Manifest manifest_;
};

}  // namespace oort::cli
