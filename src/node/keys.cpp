// SPDX-License-Identifier: Apache-2.0
#include "oort/node/keys.hpp"

#include <optional>
#include <string>
#include <string_view>

#include "oort/core/reasons.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/random.hpp"
#include "oort/host/files.hpp"

namespace oort::node {
namespace {

constexpr std::string_view key_prefix = "oort-node-key-v1 ";
constexpr std::string_view account_prefix = "oort-account-key-v1 ";
constexpr std::size_t file_bytes_max = 256;

Result<crypto::SecretSeed> load(const std::filesystem::path& path, std::string_view prefix) {
  OORT_TRY(const Bytes bytes, host::read_secret_file(path, file_bytes_max));
  std::string_view text = as_text(bytes);
  if (text.ends_with('\n')) text.remove_suffix(1);
  const auto seed =
      text.starts_with(prefix) ? Bytes32::from_hex(text.substr(prefix.size())) : std::nullopt;
  if (seed) return crypto::SecretSeed(seed->array());
  return fail(ErrorCode::InvalidArgument, reason::bad_key,
              path.string() + " is no such key: one line, '" + std::string(prefix) +
                  "' and 64 hexadecimal digits");
}

}  // namespace

Result<crypto::SecretSeed> load_node_key(const std::filesystem::path& path) {
  return load(path, key_prefix);
}
Result<crypto::SecretSeed> load_account_key(const std::filesystem::path& path) {
  return load(path, account_prefix);
}

Result<crypto::SecretSeed> create_node_key(const std::filesystem::path& path, env::Random& random) {
  auto seed = crypto::SecretSeed::generate(random);
  const std::string text = std::string(key_prefix) + to_hex(seed.view()) + "\n";
  OORT_TRY(host::create_file(path, as_bytes(text), host::FileMode::Secret));
  return seed;
}

}  // namespace oort::node
