// SPDX-License-Identifier: Apache-2.0
#include "oort/cli/cli.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "bytes.hpp"
#include "oort/core/reasons.hpp"

namespace oort::cli {
namespace {

class FakeDaemon final : public Daemon {
 public:
  [[nodiscard]] Result<void> start(const std::filesystem::path& config,
                                   const std::map<std::string, std::string>& flags) override {
    started_with = config.string();
    started_flags = flags;
    return {};
  }
  [[nodiscard]] Result<PublicKey> create_node(const std::filesystem::path& folder) override {
    std::filesystem::create_directories(folder);
    if (std::filesystem::exists(folder / "node.key")) {
      return fail(ErrorCode::AlreadyExists, reason::already_exists, "there is a node");
    }
    std::ofstream(folder / "node.key") << "key";
    return PublicKey();
  }
  [[nodiscard]] Result<void> check_config(const std::filesystem::path&) override {
    return fail(ErrorCode::InvalidArgument, reason::unknown_config_key, "line 3");
  }
  [[nodiscard]] std::string default_config() const override { return "# defaults\n"; }
  [[nodiscard]] Result<env::SandboxSupport> probe_sandbox() override { return support; }
  env::SandboxSupport support;

  std::string started_with;
  std::map<std::string, std::string> started_flags;
};

class FixedClock final : public env::Clock {
 public:
  [[nodiscard]] MonoTime now_mono() const noexcept override { return {0}; }
  [[nodiscard]] WallTime now_wall() const noexcept override { return {1'700'000'000'000}; }
};

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

struct Line {
  Line() {
    folder = std::filesystem::path(::testing::TempDir()) / ("cli-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    ::unsetenv("OORT_GRPC");
  }
  ~Line() { std::filesystem::remove_all(folder); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  Outcome run(std::vector<std::string> words) {
    std::vector<const char*> argv = {"oortd"};
    for (const std::string& word : words) argv.push_back(word.c_str());
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    Outcome outcome;
    outcome.code =
        cli::run(static_cast<int>(argv.size()), argv.data(), {daemon, random, clock, "9.9.9"});
    outcome.out = ::testing::internal::GetCapturedStdout();
    outcome.err = ::testing::internal::GetCapturedStderr();
    return outcome;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder / name).string(); }

  std::filesystem::path folder;
  FakeDaemon daemon;
  test::SeededRandom random{1};
  FixedClock clock;
};

TEST(Cli, TellsItsVersionToPeopleAndPrograms) {
  Line line;
  EXPECT_EQ(line.run({"version"}).out, "oortd 9.9.9\n");
  EXPECT_EQ(line.run({"version", "--json"}).out, "{\"version\":\"9.9.9\"}\n");
  EXPECT_EQ(line.run({"--json", "version"}).out, "{\"version\":\"9.9.9\"}\n");
}

TEST(Cli, SuggestsWhatWasMeant_I1) {
  Line line;
  const Outcome typo = line.run({"devnet", "staus"});
  EXPECT_EQ(typo.code, exit_code::usage);
  EXPECT_NE(typo.err.find("Did you mean 'devnet status'?"), std::string::npos) << typo.err;
  EXPECT_EQ(line.run({}).code, exit_code::usage);
  EXPECT_EQ(line.run({"transfer"}).code, exit_code::usage);
  EXPECT_EQ(line.run({"--help"}).code, exit_code::success);
}

TEST(Cli, ExitCodesTellFailuresApart_I1) {
  Line line;
  EXPECT_EQ(line.run({"config", "check", "x.toml"}).code, exit_code::configuration);
  EXPECT_EQ(line.run({"devnet", "env", "--dir", line.path("none")}).code, exit_code::not_found);
  EXPECT_EQ(line.run({"status", "--grpc", "127.0.0.1:1"}).code, exit_code::unavailable);
  EXPECT_EQ(line.run({"status", "--dir", line.path("none")}).code, exit_code::failure);
  std::ofstream(line.path("bad.proof")) << "OORTPRF2 but no proof";
  EXPECT_EQ(line.run({"verify", line.path("bad.proof"), "--genesis", line.path("none")}).code,
            exit_code::not_found);
}

TEST(Cli, JsonErrorsCarryCodeAndReason_I2) {
  Line line;
  const Outcome failed = line.run({"config", "check", "x.toml", "--json"});
  EXPECT_EQ(failed.out,
            "{\"error\":{\"code\":\"INVALID_ARGUMENT\",\"reason\":\"UNKNOWN_CONFIG_KEY\","
            "\"detail\":\"line 3\"}}\n");
  EXPECT_EQ(failed.err, "");
}

TEST(Cli, KeysAreMadeOnceKeptPrivateAndNeverShown_I3) {
  Line line;
  const Outcome made = line.run({"keys", "new", line.path("a.key"), "--json"});
  ASSERT_EQ(made.code, exit_code::success) << made.err;
  EXPECT_EQ(line.run({"keys", "show", line.path("a.key"), "--json"}).out, made.out);
  EXPECT_EQ(line.run({"keys", "new", line.path("a.key")}).code, exit_code::failure);

  std::ifstream file(line.path("a.key"));
  std::string label;
  std::string secret;
  file >> label >> secret;
  EXPECT_EQ(label, "oort-account-key-v1");
  EXPECT_EQ(secret.size(), 64U);
  EXPECT_EQ(made.out.find(secret), std::string::npos);

  ASSERT_EQ(::chmod(line.path("a.key").c_str(), 0640), 0);
  const Outcome exposed = line.run({"keys", "show", line.path("a.key")});
  EXPECT_EQ(exposed.code, exit_code::failure);
  EXPECT_NE(exposed.err.find("chmod 600"), std::string::npos);
}

TEST(Cli, StartHandsConfigAndFlagsOn) {
  Line line;
  EXPECT_EQ(line.run({"start", "--config", "n.toml", "--set", "log.level=debug"}).code,
            exit_code::success);
  EXPECT_EQ(line.daemon.started_with, "n.toml");
  EXPECT_EQ(line.daemon.started_flags.at("log.level"), "debug");
  EXPECT_EQ(line.run({"start", "--config", "n.toml", "--set", "debug"}).code, exit_code::failure);
}

TEST(Cli, InitMakesWhatANodeNeedsOnce) {
  Line line;
  const std::string folder = line.path("node");
  ASSERT_EQ(line.run({"init", folder}).code, exit_code::success);
  EXPECT_TRUE(std::filesystem::exists(folder + "/node.key"));
  EXPECT_TRUE(std::filesystem::exists(folder + "/oortd.toml"));
  EXPECT_TRUE(std::filesystem::exists(folder + "/node.json"));
  EXPECT_NE(line.run({"init", line.path("other"), "--role", "suber"}).code, exit_code::success);
  EXPECT_EQ(line.run({"init", folder}).code, exit_code::failure);
}

TEST(Cli, CompletionKnowsTheCommands) {
  Line line;
  const std::string script = line.run({"completion"}).out;
  EXPECT_NE(script.find("'oortd devnet') words='up down env status"), std::string::npos) << script;
}

}  // namespace
}  // namespace oort::cli
