// SPDX-License-Identifier: Apache-2.0
#include "devnet/process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <deque>
#include <fstream>

#include "key_file.hpp"
#include "oort/core/reasons.hpp"

namespace oort::cli::devnet {
namespace {

constexpr Duration poll_interval = 20ms;

std::string config_of(const Network& network, const NodeEntry& node) {
  return std::filesystem::absolute(network.node_folder(node) / "config.toml").string();
}

std::filesystem::path pid_file(const Network& network, const NodeEntry& node) {
  return network.node_folder(node) / "pid";
}

/// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become_node(const std::vector<char*>& arguments, int log, int failure) {
  ::setsid();
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execv(arguments.front(), arguments.data());
  const int problem = errno;
  static_cast<void>(::write(failure, &problem, sizeof(problem)) == 0);
  ::_exit(127);
}

}  // namespace

void sleep_for(Duration duration) {
  timespec rest{};
  rest.tv_sec = duration.count() / 1'000'000'000;
  rest.tv_nsec = duration.count() % 1'000'000'000;
  while (::nanosleep(&rest, &rest) != 0 && errno == EINTR) {
  }
}

std::optional<pid_t> running_process(const Network& network, const NodeEntry& node) {
  const auto bytes = read_file(pid_file(network, node), 64);
  if (!bytes) return std::nullopt;
  pid_t process = 0;
  const std::string_view text = as_text(*bytes);
  if (std::from_chars(text.data(), text.data() + text.size(), process).ec != std::errc()) {
    return std::nullopt;
  }
  // A child of this very process that ended must be collected before it counts as gone.
  ::waitpid(process, nullptr, WNOHANG);
  const auto command = read_file("/proc/" + std::to_string(process) + "/cmdline", 65536);
  if (!command || as_text(*command).find(config_of(network, node)) == std::string_view::npos) {
    return std::nullopt;
  }
  return process;
}

Result<pid_t> start_node(const Network& network, const NodeEntry& node,
                         const std::vector<std::string>& flags) {
  if (const auto process = running_process(network, node)) {
    return fail(ErrorCode::AlreadyExists, reason::already_running,
                node.name + " runs already, as process " + std::to_string(*process));
  }
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  std::vector<std::string> words = {program, "start", "--config", config_of(network, node)};
  words.insert(words.end(), flags.begin(), flags.end());
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const auto log_path = network.node_folder(node) / "logs" / "oortd.log";
  std::filesystem::create_directories(network.runtime_folder);
  const int log = ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) {
    return fail(ErrorCode::PermissionDenied, reason::not_allowed,
                log_path.string() + " cannot be written");
  }
  // The pipe closes when the child has become the program, so that from here on its command line
  // is the node's; a child that fails says why through it.
  std::array<int, 2> outcome{};
  if (::pipe2(outcome.data(), O_CLOEXEC) != 0) {
    ::close(log);
    return fail(ErrorCode::ResourceExhausted, reason::internal, "no pipe can be made");
  }
  const pid_t process = ::fork();
  if (process == 0) become_node(arguments, log, outcome[1]);
  ::close(log);
  ::close(outcome[1]);
  int problem = 0;
  const bool has_failed =
      process < 0 || ::read(outcome[0], &problem, sizeof(problem)) == sizeof(problem);
  ::close(outcome[0]);
  if (has_failed) {
    return fail(ErrorCode::ResourceExhausted, reason::internal,
                program + " cannot be started: " + std::strerror(problem));
  }
  const std::string text = std::to_string(process) + "\n";
  OORT_TRY(write_file(pid_file(network, node), as_bytes(text), 0644));
  return process;
}

Result<void> signal_node(const Network& network, const NodeEntry& node, int signal) {
  const auto process = running_process(network, node);
  if (!process || ::kill(*process, signal) != 0) {
    return fail(ErrorCode::NotFound, reason::not_found, node.name + " does not run");
  }
  return {};
}

Result<void> await_exit(const Network& network, const NodeEntry& node, Duration deadline) {
  for (Duration waited = 0s; waited < deadline; waited += poll_interval) {
    if (!running_process(network, node)) return {};
    sleep_for(poll_interval);
  }
  return fail(ErrorCode::DeadlineExceeded, reason::deadline_exceeded,
              node.name + " did not end in time");
}

std::string log_tail(const Network& network, const NodeEntry& node, std::size_t lines_count) {
  std::ifstream file(network.node_folder(node) / "logs" / "oortd.log");
  std::deque<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line);
    if (lines.size() > lines_count) lines.pop_front();
  }
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace oort::cli::devnet
