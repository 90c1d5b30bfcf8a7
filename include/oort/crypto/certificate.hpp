// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace oort::crypto {

/// What keeps a TLS server from using a certificate with a key.
enum class PairFault : std::uint8_t {
  None,
  NoCertificate,  ///< The text holds no X.509 certificate in PEM.
  NoKey,          ///< The text holds no private key in PEM, or an encrypted one.
  NotItsKey,      ///< The key is not that of the first certificate.
};

/// Both in PEM, the chain as it is shown: the server's own certificate first. Says nothing of who
/// signed it, of its names and of its time.
[[nodiscard]] PairFault check_pair(std::string_view chain_pem, std::string_view key_pem);

}  // namespace oort::crypto
