// SPDX-License-Identifier: Apache-2.0
#include "stored_artefact.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <string>

#include "oort/core/reasons.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/s3/base64.hpp"

namespace oort::cli {
namespace {

crypto::KeyPair keys_of(unsigned number) {
  std::array<std::byte, 32> seed{};
  seed[0] = static_cast<std::byte>(number);
  return crypto::KeyPair(crypto::SecretSeed(seed));
}

constexpr const char* statement = "{\"_type\":\"https://in-toto.io/Statement/v1\"}";

std::string why(const std::string& bundle, const std::string& of, const crypto::KeyPair& owner) {
  const auto checked = check_signature(bundle, of, crypto::account_of(owner.public_key()));
  return checked ? "" : std::string(checked.error().reason());
}
std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t place = text.find(from);
  EXPECT_NE(place, std::string::npos) << from;
  return text.replace(place, from.size(), to);
}

TEST(StoredArtefact, IsSignedByItsOwnerOrRefused_A1) {
  const crypto::KeyPair owner = keys_of(1);
  const std::string bundle = signature_of(owner, statement);
  EXPECT_EQ(why(bundle, statement, owner), "");
  std::string longer(statement);
  longer.push_back(' ');
  EXPECT_EQ(why(bundle, longer, owner), reason::bad_signature);
  EXPECT_EQ(why(bundle, statement, keys_of(2)), reason::bad_signature);
  EXPECT_EQ(why(signature_of(keys_of(2), statement), statement, owner), reason::bad_signature);
  // The owner's name over somebody else's signature.
  const std::string forged = replaced(signature_of(keys_of(2), statement),
                                      keys_of(2).public_key().hex(), owner.public_key().hex());
  EXPECT_EQ(why(forged, statement, owner), reason::bad_signature);
  EXPECT_EQ(why("{}", statement, owner), reason::malformed);
  EXPECT_EQ(why("", statement, owner), reason::malformed);
  EXPECT_EQ(why(replaced(bundle, "bundle.v0.3", "bundle.v9"), statement, owner), reason::malformed);
}

TEST(StoredArtefact, TheBundleIsWhatSigstoreReads) {
  const std::string bundle = signature_of(keys_of(1), "{}");
  EXPECT_EQ(
      bundle.find("{\"dsseEnvelope\":{\"payload\":\"e30=\",\"payloadType\":"
                  "\"application/vnd.in-toto+json\",\"signatures\":[{\"keyid\":\"\",\"sig\":"),
      0U);
  EXPECT_NE(bundle.find("\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\""),
            std::string::npos);
  const std::string prefix = artefact_prefix("datasets", Bytes32());
  EXPECT_TRUE(prefix.starts_with("datasets/000")) << prefix;
  EXPECT_TRUE(prefix.ends_with("000/")) << prefix;
}

}  // namespace
}  // namespace oort::cli
