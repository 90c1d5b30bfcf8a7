// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "oort/env/sandbox.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

std::string state_of(const env::SandboxPiece& piece) {
  if (piece.is_there) return "yes";
  return piece.is_required ? "MISSING" : "no, but not needed";
}

Result<void> probe(const Session& session) {
  OORT_TRY(const env::SandboxSupport support, session.daemon().probe_sandbox());
  Json tiers = Json::array();
  std::string text;
  for (const env::SandboxTierSupport& tier : support.tiers) {
    Json pieces = Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const env::SandboxPiece& piece : tier.pieces) {
      pieces.push_back({{"name", piece.name},
                        {"is_there", piece.is_there},
                        {"is_required", piece.is_required},
                        {"detail", piece.detail}});
      rows.push_back({"  " + piece.name, state_of(piece), piece.detail});
    }
    const std::string name(env::to_string(tier.tier));
    tiers.push_back({{"tier", static_cast<int>(tier.tier)},
                     {"name", name},
                     {"is_supported", tier.is_supported()},
                     {"pieces", pieces}});
    text += "tier " + std::to_string(static_cast<int>(tier.tier)) + ", " + name + ": " +
            (tier.is_supported() ? "supported" : "not supported") + "\n" + columns(rows);
  }
  session.show({{"tiers", tiers}}, [&] { std::fputs(text.c_str(), stdout); });
  return {};
}

}  // namespace

void add_sandbox_commands(CLI::App& app, Session& session) {
  CLI::App* sandbox =
      app.add_subcommand("sandbox", "Where strangers' tasks run")->require_subcommand(1);
  CLI::App* probed =
      sandbox->add_subcommand("probe", "Which tiers this host supports, and what others lack");
  probed->footer("It runs /bin/true in each tier, with the rights of this user.");
  probed->callback([&session] { session.action = [&session] { return probe(session); }; });
}

}  // namespace oort::cli
