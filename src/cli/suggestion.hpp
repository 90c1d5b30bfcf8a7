// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

// NOLINTNEXTLINE(readability-identifier-naming): as CLI11 calls it.
namespace CLI {
class App;
}

namespace oort::cli {

/// Insertions, deletions, changes and swaps of neighbours that turn one word into the other.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The command nearest to the first word of the line that is none; empty when none is near.
[[nodiscard]] std::string suggest(const CLI::App& app, int argc, const char* const* argv);

}  // namespace oort::cli
