// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace oort::test {

/// A certificate that is its own authority, for localhost and an hour, and its key; in PEM.
struct TlsPair {
  std::string certificate;
  std::string key;
};
[[nodiscard]] TlsPair make_tls_pair(long serial);

/// The whole file at once, as who renews certificates puts it in place.
void put_file(const std::filesystem::path& path, const std::string& text);

}  // namespace oort::test
