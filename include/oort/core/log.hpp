// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "oort/core/result.hpp"

/// Structured logs: a message that never varies, and named fields that do.
///
///   log::info("chain", "block committed", {{"height", height.value()}, {"id", id.short_hex()}});
///
/// The room is the first argument. Threads: any. Cost when the level is off: one atomic load and
/// the evaluation of the fields.
namespace oort::log {

enum class Level : std::uint8_t { Trace, Debug, Info, Warn, Error, Off };
enum class Format : std::uint8_t { Logfmt, Json };

/// One named value of a record. Text is borrowed until the call returns, numbers are copied.
class Field {
 public:
  Field(std::string_view name, std::string_view value) : name_(name), text_(value) {}
  Field(std::string_view name, const char* value) : name_(name), text_(value) {}
  Field(std::string_view name, const std::string& value) : name_(name), text_(value) {}
  Field(std::string_view name, bool value)
      : name_(name), text_(value ? "true" : "false"), bare_(true) {}
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Field(std::string_view name, T value) : name_(name), owned_(std::to_string(value)), bare_(true) {}
  /// What is no number is written as text: JSON has no word for it.
  template <std::floating_point T>
  Field(std::string_view name, T value)
      : name_(name), owned_(std::to_string(value)), bare_(std::isfinite(value)) {}

  [[nodiscard]] std::string_view name() const noexcept { return name_; }
  [[nodiscard]] std::string_view value() const noexcept { return owned_.empty() ? text_ : owned_; }
  /// Whether the value is a number or a boolean, written without quotes.
  [[nodiscard]] bool is_bare() const noexcept { return bare_; }

 private:
  std::string_view name_;
  std::string_view text_;
  std::string owned_;
  bool bare_ = false;
};
using Fields = std::initializer_list<Field>;

/// Where and how records are written. Before the first call: warnings and above, to standard error.
struct Options {
  Level level = Level::Info;
  Format format = Format::Logfmt;
  /// Empty: standard error.
  std::string file;
};
[[nodiscard]] Result<void> configure(const Options& options);
/// "trace" … "off"; fails with BAD_ARGUMENT and the list of levels.
[[nodiscard]] Result<Level> parse_level(std::string_view name);
[[nodiscard]] bool is_enabled(Level level) noexcept;
void set_level(Level level) noexcept;

void write(Level level, std::string_view room, std::string_view message, Fields fields = {});

inline void trace(std::string_view room, std::string_view message, Fields fields = {}) {
  if (is_enabled(Level::Trace)) write(Level::Trace, room, message, fields);
}
inline void debug(std::string_view room, std::string_view message, Fields fields = {}) {
  if (is_enabled(Level::Debug)) write(Level::Debug, room, message, fields);
}
inline void info(std::string_view room, std::string_view message, Fields fields = {}) {
  write(Level::Info, room, message, fields);
}
inline void warn(std::string_view room, std::string_view message, Fields fields = {}) {
  write(Level::Warn, room, message, fields);
}
inline void error(std::string_view room, std::string_view message, Fields fields = {}) {
  write(Level::Error, room, message, fields);
}

/// Waits until everything written so far has left the process.
void flush() noexcept;

}  // namespace oort::log
