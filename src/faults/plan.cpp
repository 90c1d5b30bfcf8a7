// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "oort/core/reasons.hpp"
#include "oort/faults/faults.hpp"

namespace oort::faults {
namespace {

constexpr std::array<std::string_view, 7> names = {"ledger.commit", "shards.append", "shards.sync",
                                                   "submit.after",  "submit.before", "votes.append",
                                                   "votes.sync"};

tl::unexpected<Error> bad(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument, std::move(detail));
}

std::string joined_names() {
  std::string text;
  for (const std::string_view name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// `text` before and after the first `separator`; the second is empty without one.
std::pair<std::string_view, std::string_view> cut(std::string_view text, char separator) {
  const auto at = text.find(separator);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

Result<void> parse_action(std::string_view text, Failpoint& point) {
  const auto [word, milliseconds] = cut(text, ':');
  if (word == "delay") {
    const auto delay = number<std::uint32_t>(milliseconds);
    if (!delay) return bad("'" + std::string(text) + "': write delay:MS");
    point.action = Action::Delay;
    point.delay = std::chrono::milliseconds(*delay);
    return {};
  }
  if (text == "crash") {
    point.action = Action::Crash;
  } else if (text == "eio") {
    point.action = Action::Eio;
  } else if (text == "enospc") {
    point.action = Action::Enospc;
  } else {
    return bad("'" + std::string(text) + "' is none of crash, eio, enospc, delay:MS");
  }
  return {};
}

Result<void> parse_misbehaviour(std::string_view text, Plan& plan) {
  const auto [kind, rate_text] = cut(text, '@');
  const auto rate = number<double>(rate_text);
  if (!rate || !(*rate > 0) || *rate > 1) {
    return bad("'" + std::string(text) + "': write KIND@RATE, with a rate above 0 and at most 1");
  }
  const auto chance = static_cast<std::uint64_t>(*rate * static_cast<double>(chance_whole));
  if (kind == "double-vote") {
    plan.double_vote_chance = chance;
  } else if (kind == "corrupt-shard") {
    plan.corrupt_shard_chance = chance;
  } else if (kind == "wrong-result") {
    plan.wrong_result_chance = chance;
  } else {
    return bad("'" + std::string(kind) + "' is none of double-vote, corrupt-shard, wrong-result");
  }
  return {};
}

Result<void> take(std::string_view flag, std::string_view value, Plan& plan) {
  if (flag == "--failpoint") {
    OORT_TRY(Failpoint point, parse_failpoint(value));
    plan.failpoints.push_back(std::move(point));
    return {};
  }
  if (flag == "--misbehave") return parse_misbehaviour(value, plan);
  const auto offset = number<std::int64_t>(value);
  if (!offset) return bad("'" + std::string(value) + "' is no number of milliseconds");
  plan.clock_offset = std::chrono::milliseconds(*offset);
  return {};
}

}  // namespace

std::vector<std::string_view> failpoint_names() { return {names.begin(), names.end()}; }

Result<Failpoint> parse_failpoint(std::string_view text) {
  const auto [name, what] = cut(text, '=');
  if (std::ranges::find(names, name) == names.end()) {
    return bad("'" + std::string(name) + "' is no failpoint; there are " + joined_names());
  }
  Failpoint point;
  point.name = name;
  const auto [action, first] = cut(what, '@');
  OORT_TRY(parse_action(action, point));
  const bool is_disk = point.action == Action::Eio || point.action == Action::Enospc;
  if (is_disk && name.starts_with("submit.")) {
    return bad(point.name + " is no disk; it can crash or delay");
  }
  if (what.find('@') != std::string_view::npos) {
    const auto count = number<std::uint64_t>(first);
    if (!count || *count == 0) return bad("'" + std::string(text) + "': write @N, N from 1");
    point.first = *count;
  }
  return point;
}

Result<Plan> take_plan(std::vector<std::string>& words) {
  Plan plan;
  std::vector<std::string> rest;
  // What follows `--` belongs to somebody else, such as the node that a command starts.
  const auto stop = std::ranges::find(words, "--");
  for (auto word = words.begin(); word != words.end(); ++word) {
    const auto [flag, value] = cut(*word, '=');
    const bool is_ours =
        word < stop && (flag == "--failpoint" || flag == "--misbehave" || flag == "--clock-offset");
    if (!is_ours) {
      rest.push_back(*word);
      continue;
    }
    if (word->find('=') == flag.size()) {
      OORT_TRY(take(flag, value, plan));
      continue;
    }
    if (word + 1 == stop) return bad(*word + " needs a value");
    OORT_TRY(take(flag, *(word + 1), plan));
    ++word;
  }
  words = std::move(rest);
  return plan;
}

}  // namespace oort::faults
