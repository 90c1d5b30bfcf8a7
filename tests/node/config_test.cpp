// SPDX-License-Identifier: Apache-2.0
#include "oort/node/config.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>

#include "oort/core/reasons.hpp"

namespace oort::node {
namespace {

Result<Config> from_file(std::string text) {
  ConfigSources sources;
  sources.file_text = std::move(text);
  return load_config(sources);
}

Error refused(const Result<Config>& config) {
  EXPECT_FALSE(config);
  return config ? Error(ErrorCode::Internal, "", "accepted") : config.error();
}

std::string id(char digit) { return std::string(64, digit); }

TEST(Config, TakesDefaultsWhenNothingIsSaid_G1) {
  const Config config = load_config({}).value();
  EXPECT_EQ(config.node.role, Role::Super);
  EXPECT_EQ(config.modules, defaults_of(Role::Super));
  EXPECT_EQ(config.network.listen, (Endpoint{"0.0.0.0", 7100}));
  EXPECT_EQ(config.ledger.idle_block_ms, 200U);
}

TEST(Config, FlagsWinOverEnvironmentOverFile_G1) {
  ConfigSources sources;
  sources.file_text = "[log]\nlevel = \"error\"\n[runtime]\nthreads = 3\ndisk_threads = 3\n";
  EXPECT_EQ(load_config(sources)->log.level, log::Level::Error);
  sources.environment = {{"OORTD_LOG_LEVEL", "warn"},
                         {"OORTD_RUNTIME_DISK_THREADS", "4"},
                         {"OORT_LOG_LEVEL", "not ours"},
                         {"PATH", "/bin"}};
  EXPECT_EQ(load_config(sources)->log.level, log::Level::Warn);
  sources.flags = {{"log.level", "debug"}};
  const Config config = load_config(sources).value();
  EXPECT_EQ(config.log.level, log::Level::Debug);
  EXPECT_EQ(config.runtime.threads, 3U);
  EXPECT_EQ(config.runtime.disk_threads, 4U);
}

TEST(Config, ReadsEveryKindFromEverySource) {
  const std::string peers = id('a') + "@10.0.0.1:7100, " + id('b') + "@[::1]:7101";
  ConfigSources sources;
  sources.environment = {{"OORTD_NETWORK_PEERS", peers}, {"OORTD_MODULES_S3", "false"}};
  const Config config = load_config(sources).value();
  ASSERT_EQ(config.network.peers.size(), 2U);
  EXPECT_EQ(config.network.peers[1].host, "::1");
  EXPECT_EQ(config.network.peers[1].port, 7101);
  EXPECT_FALSE(config.modules.s3);
  sources.environment = {{"OORTD_NETWORK_PEERS", ""}};
  EXPECT_TRUE(load_config(sources)->network.peers.empty());
}

TEST(Config, RoleDecidesModulesUnlessTheFileDoes) {
  const Config config =
      from_file("[modules]\nstorage = false\n[node]\nrole = \"archive\"\n").value();
  Config::Modules expected = defaults_of(Role::Archive);
  expected.storage = false;
  EXPECT_EQ(config.modules, expected);
  EXPECT_EQ(from_file("[node]\nrole = \"edge\"\n")->modules, defaults_of(Role::Edge));
}

TEST(Config, NamesTheLineAndTheNearestKey_G2) {
  const Error key = refused(from_file("[network]\n\nlistne = \"0.0.0.0:1\"\n"));
  EXPECT_EQ(key.reason(), reason::unknown_config_key);
  EXPECT_EQ(key.detail(), "oortd.toml:3: there is no network.listne; did you mean network.listen?");
  const Error section = refused(from_file("[netwrok]\nlisten = \"0.0.0.0:1\"\n"));
  EXPECT_EQ(section.detail(),
            "oortd.toml:2: there is no netwrok.listen; did you mean network.listen?");
  EXPECT_EQ(refused(from_file("\n[nothing]\n")).reason(), reason::unknown_config_key);
  EXPECT_EQ(refused(from_file("role = \"super\"\n")).reason(), reason::unknown_config_key);
  const Error far = refused(from_file("[log]\ncolours = true\n"));
  EXPECT_EQ(far.detail(),
            "oortd.toml:2: there is no log.colours; configs/oortd.toml lists every key");
}

TEST(Config, NamesTheVariableOrTheFlag_G2) {
  ConfigSources sources;
  sources.environment = {{"OORTD_LOG_LEVLE", "info"}};
  Error error = refused(load_config(sources));
  EXPECT_EQ(error.reason(), reason::unknown_config_key);
  EXPECT_NE(error.detail().find("did you mean OORTD_LOG_LEVEL?"), std::string::npos);
  sources.environment = {{"OORTD_RUNTIME_THREADS", "many"}};
  EXPECT_EQ(refused(load_config(sources)).detail(),
            "OORTD_RUNTIME_THREADS: 'many' is not a whole number");
  sources.environment.clear();
  sources.flags = {{"log.lev", "info"}};
  error = refused(load_config(sources));
  EXPECT_NE(error.detail().find("did you mean --log.level?"), std::string::npos);
}

TEST(Config, RefusesValuesThatMakeNoSense) {
  for (const std::string text : {
           "[log]\nlevel = \"loud\"\n",
           "[log]\nlevel = 3\n",
           "[log]\nformat = \"xml\"\n",
           "[runtime]\nthreads = 0\n",
           "[runtime]\nthreads = \"2\"\n",
           "[runtime]\nthreads = 1000\n",
           "[node]\nrole = \"superb\"\n",
           "[node]\ndata_folder = \"\"\n",
           "[network]\nlisten = \"0.0.0.0\"\n",
           "[network]\nlisten = \"0.0.0.0:70000\"\n",
           "[network]\npeers = [\"abc@1.2.3.4:5\"]\n",
           "[network]\npeers = [1]\n",
           "[network]\npeers = \"x\"\n",
           "[network\n",
           "[node]\nrole = \"edge\"\n[modules]\nvalidator = true\n",
           "[s3]\nlisten = \"127.0.0.1:7190\"\n",
           "[api]\ncertificate = \"door.pem\"\n",
           "[api]\nkey = \"door.key\"\n",
           "[s3]\ntls_listen = \"0.0.0.0:443\"\n",
           "[s3]\ntls_listen = \"0.0.0.0:443\"\nkey = \"s3.key\"\n",
           "[s3]\ncertificate = \"s3.pem\"\nkey = \"s3.key\"\n",
           "[s3]\ntls_listen = \"127.0.0.1:7190\"\ncertificate = \"c\"\nkey = \"k\"\n",
           "[models]\nlisten = \"0.0.0.0:7160\"\n",
           "[modules]\nmodels = true\n",
           "[node]\nrole = \"edge\"\n[modules]\nmodels = true\ns3 = true\n",
       }) {
    const Error error = refused(from_file(text));
    EXPECT_EQ(error.reason(), reason::bad_config) << text;
    EXPECT_TRUE(std::regex_search(error.detail(), std::regex("^(oortd\\.toml:[0-9]+|operator)")))
        << error.detail();
  }
  EXPECT_EQ(refused(from_file("[log]\n\nlevel = \"loud\"\n")).detail().substr(0, 24),
            "oortd.toml:3: log.level:");
}

TEST(Config, RefusesASocketPathThatIsTooLong) {
  const std::string folder = "/" + std::string(105, 'x');
  const Error error = refused(from_file("[node]\ndata_folder = \"" + folder + "\"\n"));
  EXPECT_EQ(error.reason(), reason::bad_config);
  EXPECT_NE(error.detail().find("107"), std::string::npos);
}

TEST(Config, ResolvesPathsBelowTheDataFolder) {
  Config config;
  config.node.data_folder = "/data";
  EXPECT_EQ(config.resolve("node.key"), "/data/node.key");
  EXPECT_EQ(config.resolve("/etc/node.key"), "/etc/node.key");
}

TEST(Config, DocumentedFileIsTheDefault_G3) {
  const char* folder = std::getenv("OORT_CONFIGS");
  ASSERT_NE(folder, nullptr) << "ctest says where configs/ is";
  std::ifstream file(std::string(folder) + "/oortd.toml");
  const std::string committed{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(committed, default_config_text()) << "write the text of default_config_text() there";

  // With every key uncommented it says what the program assumes without it.
  const std::string active =
      std::regex_replace(committed, std::regex("\n#([a-z0-9_]+ = )"), "\n$1");
  const Config from_text = from_file(active).value();
  const Config plain = load_config({}).value();
  EXPECT_EQ(from_text.modules, plain.modules);
  EXPECT_EQ(from_text.network.listen, plain.network.listen);
  EXPECT_EQ(from_text.api.admin_socket, plain.api.admin_socket);
  EXPECT_EQ(from_text.storage.reserve_bytes, plain.storage.reserve_bytes);
  EXPECT_NE(active, committed);
}

TEST(Config, ModelsStandOnALightNodeBehindALoopbackAddress) {
  const auto config = from_file(
      "[node]\nrole = \"edge\"\n[modules]\nmodels = true\n[models]\nlisten = \"[::1]:7161\"\n");
  ASSERT_TRUE(config) << config.error().to_string();
  EXPECT_EQ(config->models.listen, (Endpoint{"::1", 7161}));
  EXPECT_FALSE(from_file("[node]\nrole = \"edge\"\n")->modules.models);
}

TEST(Config, TellsWhatCanBeReloaded) {
  EXPECT_EQ(reloadable_keys(),
            (std::vector<std::string>{"log.level", "network.peers", "network.denied"}));
}

TEST(Endpoint, ComesBackFromItsText) {
  for (const std::string text : {"127.0.0.1:0", "[::1]:65535", "node.example:7100"}) {
    EXPECT_EQ(to_text(parse_endpoint(text).value()), text);
  }
  for (const std::string text : {"", ":", ":80", "host", "host:", "host:x", "host:65536", "::1:80",
                                 "[]:80", "[::1:80", "host:80 "}) {
    EXPECT_FALSE(parse_endpoint(text)) << text;
  }
}

}  // namespace
}  // namespace oort::node
