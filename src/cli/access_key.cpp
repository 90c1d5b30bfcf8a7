// SPDX-License-Identifier: Apache-2.0
#include "access_key.hpp"

#include <algorithm>

#include "oort/crypto/aead.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/random.hpp"
#include "oort/ledger/object_records.hpp"

namespace oort::cli {

NewAccessKey new_access_key(env::Random& random) {
  constexpr std::string_view base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  constexpr std::string_view base64 =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  NewAccessKey key;
  key.id = "OORT";
  for (int i = 0; i < 16; ++i) key.id.push_back(base32[random.below(base32.size())]);
  for (int i = 0; i < 40; ++i) key.secret.push_back(base64[random.below(base64.size())]);
  return key;
}

Result<std::vector<ledger::KeySeal>> seal_secret(std::string_view secret,
                                                 std::vector<NodeId> gateways) {
  std::sort(gateways.begin(), gateways.end());
  gateways.erase(std::unique(gateways.begin(), gateways.end()), gateways.end());
  std::vector<ledger::KeySeal> seals;
  for (const NodeId& gateway : gateways) {
    OORT_TRY(Bytes sealed, crypto::seal_to(crypto::key_of(gateway), as_bytes(secret)));
    seals.push_back({.gateway = gateway, .sealed = std::move(sealed)});
  }
  return seals;
}

}  // namespace oort::cli
