// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <type_traits>

#include "oort/core/result.hpp"
#include "session.hpp"

namespace oort::cli {

/// A subcommand that runs `command` on what its options put into `arguments`. Both outlive the
/// parsing.
template <class Arguments>
CLI::App* add(CLI::App* group, Session& session, Arguments& arguments, const std::string& name,
              const std::string& help,
              std::type_identity_t<Result<void> (*)(const Session&, const Arguments&)> command) {
  CLI::App* added = group->add_subcommand(name, help);
  added->callback([&session, &arguments, command] {
    session.action = [&session, &arguments, command] { return command(session, arguments); };
  });
  return added;
}

}  // namespace oort::cli
