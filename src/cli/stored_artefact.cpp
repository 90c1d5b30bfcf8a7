// SPDX-License-Identifier: Apache-2.0
#include "stored_artefact.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>

#include "key_file.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/datahub/json.hpp"
#include "oort/datahub/manifest.hpp"
#include "oort/s3/base64.hpp"

namespace oort::cli {
namespace {

constexpr std::size_t file_bytes_max = std::size_t{2} << 30;
constexpr const char* bundle_type = "application/vnd.dev.sigstore.bundle.v0.3+json";

tl::unexpected<Error> not_proven(const std::string& what, const std::string& why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_proof, what + ": " + why);
}
tl::unexpected<Error> bad_signature(const std::string& why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_signature, "signature.json: " + why);
}

/// The text under a path of names; a number steps into a list.
const std::string* text_at(const datahub::Json& json,
                           std::initializer_list<std::string_view> path) {
  const datahub::Json* place = &json;
  for (const std::string_view name : path) {
    if (const auto* list = place->if_array(); list != nullptr && name == "0") {
      if (list->size() != 1) return nullptr;
      place = &list->front();
    } else {
      place = place->find(name);
    }
    if (place == nullptr) return nullptr;
  }
  return place->if_string();
}

}  // namespace

std::string artefact_prefix(std::string_view kind, const Bytes32& root) {
  return std::string(kind) + "/" + root.hex() + "/";
}

std::string signature_of(const crypto::KeyPair& keys, std::string_view statement) {
  using datahub::Json;
  const Signature signature =
      keys.sign(datahub::dsse_bytes(datahub::in_toto_payload_type, as_bytes(statement)));
  const Json hint = Json::object({{"hint", keys.public_key().hex()}});
  const Json signed_by = Json::object({{"keyid", ""}, {"sig", s3::to_base64(signature.view())}});
  const Json envelope = Json::object({{"payload", s3::to_base64(as_bytes(statement))},
                                      {"payloadType", datahub::in_toto_payload_type},
                                      {"signatures", Json::array({signed_by})}});
  const Json material = Json::object({{"publicKey", hint}, {"tlogEntries", Json(Json::Array())}});
  const auto text = datahub::canonical(Json::object({{"mediaType", bundle_type},
                                                     {"verificationMaterial", material},
                                                     {"dsseEnvelope", envelope}}));
  OORT_ASSERT(text.has_value(), "a bundle of ASCII texts has a canonical form");
  return *text;
}

Result<void> check_signature(std::string_view bundle, std::string_view statement,
                             const AccountId& owner) {
  OORT_TRY(const datahub::Json json, datahub::parse_json(bundle));
  const std::string* type = text_at(json, {"mediaType"});
  const std::string* hint = text_at(json, {"verificationMaterial", "publicKey", "hint"});
  const std::string* kind = text_at(json, {"dsseEnvelope", "payloadType"});
  const std::string* payload = text_at(json, {"dsseEnvelope", "payload"});
  const std::string* sig = text_at(json, {"dsseEnvelope", "signatures", "0", "sig"});
  if (type == nullptr || *type != bundle_type || hint == nullptr || kind == nullptr ||
      *kind != datahub::in_toto_payload_type || payload == nullptr || sig == nullptr) {
    return fail(ErrorCode::InvalidArgument, reason::malformed,
                "signature.json is no Sigstore bundle with one signature by a public key");
  }
  const auto signed_bytes = s3::from_base64(*payload);
  if (!signed_bytes || as_text(*signed_bytes) != statement) {
    return bad_signature("it is of another manifest");
  }
  const auto key = PublicKey::from_hex(*hint);
  if (!key || crypto::account_of(*key) != owner) {
    return bad_signature("it is not by the owner on the ledger");
  }
  const auto raw = s3::from_base64(*sig);
  const auto signature = raw ? Signature::from(*raw) : std::nullopt;
  if (!signature ||
      !crypto::verify(*key, datahub::dsse_bytes(datahub::in_toto_payload_type, as_bytes(statement)),
                      *signature)) {
    return bad_signature("it does not verify");
  }
  return {};
}

Result<void> store_artefact(const BucketClient& bucket, const std::string& prefix,
                            const std::filesystem::path& folder, const std::string& statement,
                            const std::map<std::string, std::string>& documents,
                            const crypto::KeyPair& keys) {
  OORT_TRY(const datahub::Manifest manifest, datahub::parse_manifest_statement(statement));
  OORT_TRY(bucket.create_if_missing());
  for (const datahub::ManifestFile& file : manifest.files()) {
    OORT_TRY(const Bytes content, read_file(folder / file.name, file_bytes_max));
    if (crypto::sha256(content) != file.sha256) {
      return not_proven(file.name, "it changed while it was stored");
    }
    OORT_TRY(bucket.put(prefix + "files/" + file.name, content));
  }
  for (const auto& [name, text] : documents) {
    OORT_TRY(bucket.put(prefix + name, to_bytes(std::string_view(text))));
  }
  OORT_TRY(bucket.put(prefix + "signature.json",
                      to_bytes(std::string_view(signature_of(keys, statement)))));
  // Last, so that a manifest that can be read leads to files that can be.
  return bucket.put(prefix + "manifest.json", to_bytes(std::string_view(statement)));
}

Result<StoredArtefact> StoredArtefact::open(BucketClient bucket, std::string prefix,
                                            const Bytes32& root, const AccountId& owner) {
  OORT_TRY(const Bytes bytes, bucket.get(prefix + "manifest.json"));
  std::string statement(as_text(bytes));
  OORT_TRY(datahub::Manifest manifest, datahub::parse_manifest_statement(statement));
  if (manifest.root() != root) return not_proven("manifest.json", "it is of another root");
  OORT_TRY(const Bytes signature, bucket.get(prefix + "signature.json"));
  OORT_TRY(check_signature(as_text(signature), statement, owner));
  return StoredArtefact(std::move(bucket), std::move(prefix), std::move(statement),
                        std::move(manifest));
}

Result<Bytes> StoredArtefact::file(const std::string& name) const {
  const auto known = std::ranges::find(manifest_.files(), name, &datahub::ManifestFile::name);
  if (known == manifest_.files().end()) {
    return fail(ErrorCode::NotFound, reason::not_found, name + " is no file of the manifest");
  }
  OORT_TRY(Bytes content, bucket_.get(prefix_ + "files/" + name));
  if (crypto::sha256(content) == known->sha256) return content;
  return not_proven(name, "its bytes are not those of the manifest");
}

Result<Bytes> StoredArtefact::document(const std::string& name, const Bytes32& sha256) const {
  OORT_TRY(Bytes content, bucket_.get(prefix_ + name));
  if (crypto::sha256(content) == sha256) return content;
  return not_proven(name, "its bytes are not those that the ledger names");
}

}  // namespace oort::cli
