// SPDX-License-Identifier: Apache-2.0
#include "oort/core/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>

#include "oort/core/reasons.hpp"

namespace oort::log {
namespace {

constexpr std::array<std::string_view, 6> level_names = {"trace", "debug", "info",
                                                         "warn",  "error", "off"};

struct State {
  std::atomic<Level> level{Level::Warn};
  std::atomic<Format> format{Format::Logfmt};
  std::mutex mutex;
  std::shared_ptr<spdlog::logger> logger;  // Guarded by `mutex`; shared with records in flight.

  State() { install(std::make_shared<spdlog::sinks::stderr_sink_mt>()); }

  void install(std::shared_ptr<spdlog::sinks::sink> sink) {
    auto made = std::make_shared<spdlog::logger>("oortd", std::move(sink));
    made->set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc));
    made->set_level(spdlog::level::trace);
    made->flush_on(spdlog::level::warn);
    const std::lock_guard lock(mutex);
    logger = std::move(made);
  }
  std::shared_ptr<spdlog::logger> get() {
    const std::lock_guard lock(mutex);
    return logger;
  }
};

State& state() {
  static State instance;
  return instance;
}

/// Bytes of the UTF-8 character that `text` begins with; 0 when it begins with none (RFC 3629).
std::size_t character_bytes(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (size == 0 || first > 0xf4 || size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return 0;
  }
  // Overlong forms, surrogates and what lies beyond U+10FFFF.
  const unsigned second = byte(1);
  if (first == 0xe0 && second < 0xa0) return 0;
  if (first == 0xed && second > 0x9f) return 0;
  if (first == 0xf0 && second < 0x90) return 0;
  if (first == 0xf4 && second > 0x8f) return 0;
  return size;
}

void append_quoted(std::string& line, std::string_view text) {
  line.push_back('"');
  while (!text.empty()) {
    const std::size_t size = character_bytes(text);
    const char c = text[0];
    if (size == 0) {
      line += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      line.push_back('\\');
      line.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      line += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      line += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  line.push_back('"');
}

bool needs_quotes(std::string_view text) noexcept {
  if (text.empty()) return true;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7f || c == '"' || c == '=' || c == '\\') return true;
  }
  return false;
}

class Line {
 public:
  explicit Line(Format format) : is_json_(format == Format::Json) {
    if (is_json_) text_.push_back('{');
  }
  void add(std::string_view name, std::string_view value, bool is_bare) {
    if (text_.size() > 1) text_ += is_json_ ? "," : " ";
    if (is_json_) {
      append_quoted(text_, name);
      text_.push_back(':');
    } else {
      text_ += name;
      text_.push_back('=');
    }
    if (is_bare || (!is_json_ && !needs_quotes(value))) {
      text_ += value;
    } else {
      append_quoted(text_, value);
    }
  }
  std::string finish() && {
    if (is_json_) text_.push_back('}');
    return std::move(text_);
  }

 private:
  bool is_json_;
  std::string text_;
};

std::string timestamp() {
  const auto now = spdlog::log_clock::now();
  const auto seconds = std::chrono::time_point_cast<std::chrono::seconds>(now);
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now - seconds).count();
  const std::tm civil = spdlog::details::os::gmtime(spdlog::log_clock::to_time_t(seconds));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", civil.tm_year + 1900,
                     civil.tm_mon + 1, civil.tm_mday, civil.tm_hour, civil.tm_min, civil.tm_sec,
                     millis);
}

spdlog::level::level_enum to_spdlog(Level level) noexcept {
  switch (level) {
    case Level::Trace: return spdlog::level::trace;
    case Level::Debug: return spdlog::level::debug;
    case Level::Info: return spdlog::level::info;
    case Level::Warn: return spdlog::level::warn;
    case Level::Error: return spdlog::level::err;
    case Level::Off: return spdlog::level::off;
  }
  return spdlog::level::off;
}

}  // namespace

Result<void> configure(const Options& options) {
  try {
    if (options.file.empty()) {
      state().install(std::make_shared<spdlog::sinks::stderr_sink_mt>());
    } else {
      state().install(std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file));
    }
  } catch (const spdlog::spdlog_ex& problem) {
    return fail(ErrorCode::FailedPrecondition, reason::bad_config,
                "the log file " + options.file + " cannot be opened: " + problem.what());
  }
  state().format = options.format;
  state().level = options.level;
  return {};
}

Result<Level> parse_level(std::string_view name) {
  for (std::size_t i = 0; i < level_names.size(); ++i) {
    if (level_names[i] == name) return static_cast<Level>(i);
  }
  return fail(
      ErrorCode::InvalidArgument, reason::bad_argument,
      "log level '" + std::string(name) + "' is not one of trace, debug, info, warn, error, off");
}

bool is_enabled(Level level) noexcept {
  return level >= state().level.load(std::memory_order_relaxed);
}

void set_level(Level level) noexcept { state().level = level; }

void write(Level level, std::string_view room, std::string_view message, Fields fields) {
  if (!is_enabled(level)) return;
  Line line(state().format.load(std::memory_order_relaxed));
  line.add("ts", timestamp(), false);
  line.add("level", level_names[static_cast<std::size_t>(level)], false);
  line.add("room", room, false);
  line.add("msg", message, false);
  for (const Field& field : fields) line.add(field.name(), field.value(), field.is_bare());
  const std::string text = std::move(line).finish();
  state().get()->log(to_spdlog(level), spdlog::string_view_t(text.data(), text.size()));
}

void flush() noexcept { state().get()->flush(); }

}  // namespace oort::log
