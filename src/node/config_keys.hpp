// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "config_value.hpp"
#include "oort/node/config.hpp"

namespace oort::node {

/// One key of the configuration: the only place that knows it.
struct ConfigKey {
  /// `section.key`.
  std::string_view name;
  Kind kind;
  /// One or more lines, without the comment sign.
  std::string_view help;
  /// Fails with BAD_CONFIG when the value is out of range; the value is of `kind`.
  std::function<Result<void>(Config&, const Value&)> set;
  std::function<Value(const Config&)> get;
  bool is_reloadable = false;
};

/// In the order of the documented file; keys of a section stand together.
[[nodiscard]] std::span<const ConfigKey> config_keys();
[[nodiscard]] const ConfigKey* find_config_key(std::string_view name);
/// What the section is about; empty for an unknown one.
[[nodiscard]] std::string_view section_help(std::string_view section) noexcept;

}  // namespace oort::node
