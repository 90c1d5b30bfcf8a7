// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/env/random.hpp"
#include "oort/ledger/object_records.hpp"

namespace oort::cli {

struct NewAccessKey {
  std::string id;      ///< "OORT" and 16 of A–Z, 2–7: the form that AWS tools expect.
  std::string secret;  ///< 40 characters of base 64, 240 bits.
};
[[nodiscard]] NewAccessKey new_access_key(env::Random& random);

/// The secret sealed to each gateway, ascending by gateway. Fails with BAD_KEY.
[[nodiscard]] Result<std::vector<ledger::KeySeal>> seal_secret(std::string_view secret,
                                                               std::vector<NodeId> gateways);

}  // namespace oort::cli
