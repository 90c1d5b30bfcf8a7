// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

// NOLINTNEXTLINE(readability-identifier-naming): as CLI11 calls it.
namespace CLI {
class App;
}

namespace oort::cli {

/// A bash script that completes commands and options, made from the commands themselves.
[[nodiscard]] std::string completion_script(const CLI::App& app);

}  // namespace oort::cli
