// SPDX-License-Identifier: Apache-2.0
#include "oort/node/config.hpp"

#include <charconv>

#include "config_keys.hpp"
#include "oort/core/reasons.hpp"

namespace oort::node {
namespace {

tl::unexpected<Error> no_endpoint(std::string_view text) {
  return fail(ErrorCode::InvalidArgument, reason::bad_config,
              "'" + std::string(text) +
                  "' is no address: host:port, as 127.0.0.1:7100, [::1]:7100 or node.example:7100");
}

/// Each line of `text` behind a comment sign.
std::string as_comment(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += end == 0 ? "#\n" : "# " + std::string(text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

std::string_view to_string(Role role) noexcept {
  switch (role) {
    case Role::Super: return "super";
    case Role::Archive: return "archive";
    case Role::Edge: return "edge";
  }
  return "";
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return no_endpoint(text);
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.front() == '[') {
    if (host.size() < 3 || host.back() != ']') return no_endpoint(text);
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return no_endpoint(text);
  }
  Endpoint endpoint{std::string(host), 0};
  const auto [rest, problem] =
      std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
  if (digits.empty() || problem != std::errc() || rest != digits.data() + digits.size()) {
    return no_endpoint(text);
  }
  return endpoint;
}

std::string to_text(const Endpoint& endpoint) {
  const bool is_v6 = endpoint.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

Config::Modules defaults_of(Role role) noexcept {
  switch (role) {
    case Role::Super:
      return {.validator = true,
              .history = false,
              .storage = true,
              .s3 = true,
              .api = true,
              .broker = true};
    case Role::Archive:
      return {.validator = false,
              .history = true,
              .storage = true,
              .s3 = false,
              .api = true,
              .broker = false};
    case Role::Edge:
      return {.validator = false,
              .history = false,
              .storage = false,
              .s3 = false,
              .api = true,
              .broker = false};
  }
  return {};
}

std::filesystem::path Config::resolve(const std::filesystem::path& path) const {
  return node.data_folder / path;
}

std::string default_config_text() {
  Config defaults;
  defaults.modules = defaults_of(defaults.node.role);
  std::string out = as_comment(
      "Configuration of oortd. Every key stands here with its default; take away the '#' before a\n"
      "key to change it. `oortd config check` tells what is wrong with a file.\n"
      "\n"
      "A key may also be given as a flag (--set network.listen=…) or in the environment\n"
      "(OORTD_NETWORK_LISTEN=…); flags win over the environment, the environment over this file.\n"
      "SIGHUP makes a running node read the keys marked [reloadable] again.");
  std::string_view section;
  for (const ConfigKey& key : config_keys()) {
    const std::size_t dot = key.name.find('.');
    if (key.name.substr(0, dot) != section) {
      section = key.name.substr(0, dot);
      out += "\n" + as_comment(section_help(section)) + "[" + std::string(section) + "]\n";
    }
    std::string help(key.help);
    if (key.is_reloadable) help += " [reloadable]";
    out += "\n" + as_comment(help);
    out += "#" + std::string(key.name.substr(dot + 1)) + " = " + to_toml(key.get(defaults)) + "\n";
  }
  return out;
}

std::vector<std::string> reloadable_keys() {
  std::vector<std::string> names;
  for (const ConfigKey& key : config_keys()) {
    if (key.is_reloadable) names.emplace_back(key.name);
  }
  return names;
}

}  // namespace oort::node
