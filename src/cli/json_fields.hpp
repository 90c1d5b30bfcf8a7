// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "oort/core/amount.hpp"
#include "session.hpp"

namespace oort::cli {

/// Reads the fields of a JSON object that a person wrote. Keeps the first mistake, and `finish`
/// tells it; a field that nobody asked for is a mistake too.
class JsonFields {
 public:
  JsonFields(const Json& object, std::string where);

  /// The field, or null where it is left out.
  [[nodiscard]] const Json* find(const std::string& name);
  /// As `find`, and a mistake where it is left out.
  [[nodiscard]] const Json* need(const std::string& name);

  [[nodiscard]] std::string text(const std::string& name, const std::string& otherwise);
  [[nodiscard]] std::uint64_t number(const std::string& name, std::uint64_t otherwise,
                                     std::uint64_t max);
  [[nodiscard]] bool truth(const std::string& name, bool otherwise);
  /// OORT in decimals, as text.
  [[nodiscard]] Oort oort(const std::string& name, Oort otherwise);

  void refuse(const std::string& name, const std::string& why);
  /// Keeps the mistake of a part that was read on its own.
  void keep(const Error& error);
  [[nodiscard]] const std::string& where() const noexcept { return where_; }
  [[nodiscard]] Result<void> finish() const;

 private:
  const Json& object_;
  std::string where_;
  std::set<std::string> known_;
  std::optional<Error> failure_;
};

}  // namespace oort::cli
