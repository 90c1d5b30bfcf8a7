// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdio>

#include "key_file.hpp"
#include "oort/crypto/signature.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

void show_key(const Session& session, const std::string& path, const crypto::KeyPair& keys) {
  const std::string account = crypto::account_of(keys.public_key()).hex();
  const std::string key = keys.public_key().hex();
  session.show({{"file", path}, {"account", account}, {"public_key", key}}, [&] {
    std::fputs(columns({{"file", path}, {"account", account}, {"public key", key}}).c_str(),
               stdout);
  });
}

Result<void> make_key(const Session& session, const std::string& path) {
  const auto seed = crypto::SecretSeed::generate(session.random());
  OORT_TRY(create_key(path, account_key_label, seed));
  show_key(session, path, crypto::KeyPair(seed));
  return {};
}

Result<void> read_key(const Session& session, const std::string& path) {
  OORT_TRY(const crypto::KeyPair keys, load_key(path));
  show_key(session, path, keys);
  return {};
}

}  // namespace

void add_key_commands(CLI::App& app, Session& session) {
  CLI::App* keys = app.add_subcommand("keys", "Keys of accounts")->require_subcommand(1);
  static std::string path;
  CLI::App* made = keys->add_subcommand("new", "Make a key and print its account");
  made->add_option("FILE", path, "Where to put it; an existing file is never touched")->required();
  made->footer("Example: oortd keys new alice.key");
  made->callback([&session] { session.action = [&session] { return make_key(session, path); }; });
  CLI::App* shown = keys->add_subcommand("show", "The account of a key; never the key itself");
  shown->add_option("FILE", path, "The key file")->required();
  shown->callback([&session] { session.action = [&session] { return read_key(session, path); }; });
}

}  // namespace oort::cli
