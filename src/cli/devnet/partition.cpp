// SPDX-License-Identifier: Apache-2.0
#include "devnet/partition.hpp"

#include <algorithm>
#include <csignal>
#include <map>
#include <set>

#include "devnet/operations.hpp"
#include "devnet/process.hpp"
#include "key_file.hpp"
#include "node_view.hpp"
#include "oort/core/reasons.hpp"

namespace oort::cli::devnet {
namespace {

using Names = std::vector<std::string>;

constexpr Duration poll_interval = 50ms;
constexpr Duration cut_limit = 20s;
constexpr Duration heal_limit = 120s;
constexpr std::size_t config_bytes_max = std::size_t{1} << 20;

Names split(std::string_view text, char separator) {
  Names parts;
  while (true) {
    const auto end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// `text` with its line `denied = …` saying `ids`; the section has it, or gets it.
std::string with_denied(std::string text, const Names& ids) {
  std::string line = "denied = [";
  for (const std::string& id : ids) {
    line += line.ends_with('[') ? "" : ", ";
    line += '"' + id + '"';
  }
  line += "]\n";
  if (const auto begin = text.find("\ndenied = "); begin != std::string::npos) {
    const auto end = text.find('\n', begin + 1);
    return text.replace(begin + 1, end - begin, line);
  }
  constexpr std::string_view section = "[network]\n";
  const auto begin = text.find(section);
  if (begin == std::string::npos) return text + std::string(section) + line;
  return text.insert(begin + section.size(), line);
}

/// Writes what each node denies, and has those that run read it.
Result<void> deny(const Network& network, const std::map<std::string, Names>& denied) {
  for (const NodeEntry& node : network.nodes) {
    const auto path = network.node_folder(node) / "config.toml";
    OORT_TRY(const Bytes bytes, read_file(path, config_bytes_max));
    const auto ids = denied.find(node.name);
    const std::string text =
        with_denied(std::string(as_text(bytes)), ids == denied.end() ? Names() : ids->second);
    OORT_TRY(write_file(path, as_bytes(text), 0644));
    if (running_process(network, node)) OORT_TRY(signal_node(network, node, SIGHUP));
  }
  return {};
}

/// The first connection across the cut, as "super-1 and super-3"; empty when there is none.
Result<std::string> crossing(const Network& network, const std::map<std::string, Names>& denied) {
  for (const NodeEntry& node : network.nodes) {
    if (!running_process(network, node)) continue;
    OORT_TRY(const auto listed, list_peers(node.grpc_endpoint()));
    for (const NodeEntry& other : network.nodes) {
      const Names& ids = denied.at(node.name);
      if (std::ranges::find(ids, other.node_id) == ids.end()) continue;
      for (const v1::Peer& peer : listed.peers()) {
        const bool is_other = to_hex(as_bytes(peer.node_id())) == other.node_id;
        if (is_other && peer.is_connected()) return node.name + " and " + other.name;
      }
    }
  }
  return std::string();
}

}  // namespace

Result<std::vector<Names>> parse_sides(const Network& network, const Names& words) {
  std::vector<Names> sides;
  std::set<std::string> named;
  for (const std::string& word : words) {
    for (const std::string& side : split(word, '|')) {
      sides.push_back(split(side, ','));
      for (const std::string& name : sides.back()) {
        OORT_TRY(network.find(name));
        if (named.insert(name).second) continue;
        return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                    name + " is named twice; a node is on one side");
      }
    }
  }
  Names others;
  for (const NodeEntry& node : network.nodes) {
    if (!named.contains(node.name)) others.push_back(node.name);
  }
  if (!others.empty()) sides.push_back(std::move(others));
  if (sides.size() >= 2) return sides;
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "all nodes are on one side; write super-1,super-2 super-3,super-4");
}

Result<void> partition(const Session& session, const Network& network, const Names& words) {
  OORT_TRY(const auto sides, parse_sides(network, words));
  std::map<std::string, Names> denied;
  for (const Names& side : sides) {
    for (const NodeEntry& node : network.nodes) {
      if (std::ranges::find(side, node.name) != side.end()) continue;
      for (const std::string& name : side) denied[name].push_back(node.node_id);
    }
  }
  OORT_TRY(deny(network, denied));
  std::string across;
  for (Duration waited = 0s; waited < cut_limit; waited += poll_interval) {
    OORT_TRY(across, crossing(network, denied));
    if (across.empty()) {
      session.progress("cut into " + std::to_string(sides.size()) + " sides");
      return {};
    }
    sleep_for(poll_interval);
  }
  return fail(ErrorCode::DeadlineExceeded, reason::deadline_exceeded,
              across + " are still connected");
}

Result<void> heal(const Session& session, const Network& network) {
  OORT_TRY(deny(network, {}));
  return await_ready(session, network, heal_limit);
}

}  // namespace oort::cli::devnet
