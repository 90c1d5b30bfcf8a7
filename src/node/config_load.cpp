// SPDX-License-Identifier: Apache-2.0
// The only source that sees toml++.
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "config_keys.hpp"
#include "oort/core/reasons.hpp"
#include "oort/host/files.hpp"

namespace oort::node {
namespace {

constexpr std::string_view variable_prefix = "OORTD_";
constexpr std::size_t file_bytes_max = 1024 * 1024;
/// sun_path holds 108 bytes with the final zero.
constexpr std::size_t socket_path_bytes_max = 107;
/// A word further off than this is no typing error.
constexpr std::size_t typing_errors_max = 4;

/// A value and where it stands, for messages.
struct Given {
  Value value;
  std::string where;
};
using GivenValues = std::map<std::string, Given, std::less<>>;

tl::unexpected<Error> bad(const std::string& where, std::string_view what) {
  return fail(ErrorCode::InvalidArgument, reason::bad_config, where + ": " + std::string(what));
}

/// How a key is written where the wrong one stands.
using Spelling = std::string (*)(std::string_view key);

std::string as_key(std::string_view key) { return std::string(key); }

std::string as_flag(std::string_view key) { return "--" + std::string(key); }

std::string as_variable(std::string_view key) {
  std::string out(variable_prefix);
  for (const char c : key) {
    out += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return out;
}

tl::unexpected<Error> unknown(const std::string& where, const std::string& written,
                              Spelling spelling) {
  std::string nearest;
  std::size_t least = typing_errors_max + 1;
  for (const ConfigKey& key : config_keys()) {
    const std::string name = spelling(key.name);
    const std::size_t distance = edit_distance(written, name);
    if (distance < least) {
      least = distance;
      nearest = name;
    }
  }
  std::string detail = where + ": there is no " + written;
  detail +=
      nearest.empty() ? "; configs/oortd.toml lists every key" : "; did you mean " + nearest + "?";
  return fail(ErrorCode::InvalidArgument, reason::unknown_config_key, std::move(detail));
}

std::optional<Value> to_value(const toml::node& node, Kind kind) {
  switch (kind) {
    case Kind::Boolean:
      if (const auto* flag = node.as_boolean()) return Value(flag->get());
      return std::nullopt;
    case Kind::Integer:
      if (const auto* number = node.as_integer()) return Value(number->get());
      return std::nullopt;
    case Kind::Text:
      if (const auto* text = node.as_string()) return Value(text->get());
      return std::nullopt;
    case Kind::List: break;
  }
  const auto* array = node.as_array();
  if (array == nullptr) return std::nullopt;
  std::vector<std::string> parts;
  for (const toml::node& part : *array) {
    const auto* text = part.as_string();
    if (text == nullptr) return std::nullopt;
    parts.push_back(text->get());
  }
  return Value(std::move(parts));
}

class FileReader {
 public:
  FileReader(const ConfigSources& sources, GivenValues& given) : sources_(sources), given_(given) {}

  Result<void> read() {
    toml::table root;
    try {
      root = toml::parse(sources_.file_text, sources_.file_name);
    } catch (const toml::parse_error& problem) {
      return bad(place_of(problem.source()), problem.description());
    }
    for (const auto& [section, node] : root) {
      const std::string name(section.str());
      if (const toml::table* table = node.as_table()) {
        OORT_TRY(read_section(name, *table, section.source()));
      } else {
        return unknown(place_of(section.source()), name, as_key);
      }
    }
    return {};
  }

 private:
  std::string place_of(const toml::source_region& source) const {
    return sources_.file_name + ":" + std::to_string(source.begin.line);
  }

  Result<void> read_section(const std::string& section, const toml::table& table,
                            const toml::source_region& source) {
    // An empty section would otherwise hide its misspelt name.
    if (table.empty() && section_help(section).empty()) {
      return unknown(place_of(source), section, as_key);
    }
    for (const auto& [key, node] : table) {
      const std::string name = section + "." + std::string(key.str());
      const std::string where = place_of(key.source());
      const ConfigKey* known = find_config_key(name);
      if (known == nullptr) return unknown(where, name, as_key);
      auto value = to_value(node, known->kind);
      if (!value) return bad(where, name + " must be " + std::string(describe(known->kind)));
      given_.insert_or_assign(name, Given{*std::move(value), where});
    }
    return {};
  }

  const ConfigSources& sources_;
  GivenValues& given_;
};

Result<void> read_environment(const ConfigSources& sources, GivenValues& given) {
  for (const auto& [variable, text] : sources.environment) {
    if (!variable.starts_with(variable_prefix)) continue;
    const auto keys = config_keys();
    const auto known = std::ranges::find_if(
        keys, [&](const ConfigKey& key) { return as_variable(key.name) == variable; });
    if (known == keys.end()) return unknown("environment", variable, as_variable);
    auto value = parse_value(text, known->kind);
    if (!value) return bad(variable, value.error().detail());
    given.insert_or_assign(std::string(known->name), Given{*std::move(value), variable});
  }
  return {};
}

Result<void> read_flags(const ConfigSources& sources, GivenValues& given) {
  for (const auto& [name, text] : sources.flags) {
    const ConfigKey* known = find_config_key(name);
    if (known == nullptr) return unknown("command line", as_flag(name), as_flag);
    auto value = parse_value(text, known->kind);
    if (!value) return bad(as_flag(name), value.error().detail());
    given.insert_or_assign(name, Given{*std::move(value), as_flag(name)});
  }
  return {};
}

Result<void> apply(Config& config, std::string_view name, const Given& given) {
  const auto applied = find_config_key(name)->set(config, given.value);
  if (applied) return {};
  return bad(given.where, std::string(name) + ": " + applied.error().detail());
}

std::string place_of(const GivenValues& given, std::string_view name) {
  const auto found = given.find(name);
  return found == given.end() ? std::string(name) : found->second.where;
}

/// What only several values together can get wrong.
Result<void> check_together(const Config& config, const GivenValues& given) {
  const auto socket = config.resolve(config.api.admin_socket).string();
  if (config.modules.api && socket.size() > socket_path_bytes_max) {
    return bad(place_of(given, "api.admin_socket"),
               socket + " is longer than the 107 bytes of a socket's path; name a shorter one");
  }
  if (config.api.certificate.empty() != config.api.key.empty()) {
    const bool is_key_missing = config.api.key.empty();
    return bad(place_of(given, is_key_missing ? "api.certificate" : "api.key"),
               std::string("without ") + (is_key_missing ? "api.key" : "api.certificate") +
                   "; TLS needs both files");
  }
  if (config.s3.tls_listen && (config.s3.certificate.empty() || config.s3.key.empty())) {
    return bad(place_of(given, "s3.tls_listen"), "TLS needs both files, s3.certificate and s3.key");
  }
  if (!config.s3.tls_listen && !(config.s3.certificate.empty() && config.s3.key.empty())) {
    return bad(place_of(given, config.s3.key.empty() ? "s3.certificate" : "s3.key"),
               "without s3.tls_listen no door shows a certificate");
  }
  if (config.modules.validator && config.node.role == Role::Edge) {
    return bad(place_of(given, "modules.validator"),
               "an edge node keeps no ledger and cannot vote; make it a super node");
  }
  const std::string& models_host = config.models.listen.host;
  if (models_host != "127.0.0.1" && models_host != "::1") {
    return bad(place_of(given, "models.listen"),
               models_host + " can be reached from outside; 127.0.0.1 or [::1] is wanted");
  }
  const bool is_whole = config.node.role != Role::Edge || config.modules.s3 ||
                        config.modules.storage || config.modules.history;
  if (config.modules.models && is_whole) {
    return bad(place_of(given, "modules.models"),
               "models stand on light nodes: edges without S3, storage and history");
  }
  std::map<std::string, std::string> doors;
  for (const ConfigKey& key : config_keys()) {
    if (!key.name.ends_with("listen")) continue;
    const std::string place = std::get<std::string>(key.get(config));
    if (place.empty() || place.ends_with(":0")) continue;
    const auto [taken, is_free] = doors.emplace(place, key.name);
    if (!is_free) {
      return bad(place_of(given, key.name),
                 std::string(key.name) + " and " + taken->second + " are both " + place);
    }
  }
  return {};
}

}  // namespace

Result<Config> load_config(const ConfigSources& sources) {
  GivenValues given;
  OORT_TRY(FileReader(sources, given).read());
  OORT_TRY(read_environment(sources, given));
  OORT_TRY(read_flags(sources, given));

  Config config;
  // The role first: it decides what the modules are unless somebody says otherwise.
  if (const auto role = given.find("node.role"); role != given.end()) {
    OORT_TRY(apply(config, role->first, role->second));
  }
  config.modules = defaults_of(config.node.role);
  for (const auto& [name, value] : given) OORT_TRY(apply(config, name, value));
  OORT_TRY(check_together(config, given));
  return config;
}

Result<Config> load_config_file(const std::filesystem::path& path,
                                std::map<std::string, std::string> flags) {
  ConfigSources sources;
  sources.flags = std::move(flags);
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t sign = text.find('=');
    if (sign == std::string_view::npos || !text.starts_with(variable_prefix)) continue;
    sources.environment.emplace(text.substr(0, sign), text.substr(sign + 1));
  }
  if (!path.empty()) {
    OORT_TRY(const Bytes bytes, host::read_file(path, file_bytes_max));
    sources.file_text = std::string(as_text(bytes));
    sources.file_name = path.string();
  }
  return load_config(sources);
}

}  // namespace oort::node
