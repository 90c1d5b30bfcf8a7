// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"

#include <cstdio>
#include <cstdlib>

#include "authorities.hpp"
#include "devnet/network.hpp"
#include "oort/core/reasons.hpp"

namespace oort::cli {

int exit_code_of(const Error& error) noexcept {
  const std::string_view why = error.reason();
  if (why == reason::rejected || why == reason::expired) return exit_code::refused;
  if (why == reason::bad_proof || why == reason::bad_certificate) return exit_code::not_proven;
  for (const std::string_view setting :
       {reason::bad_config, reason::unknown_config_key, reason::wrong_genesis, reason::port_in_use,
        reason::already_running, reason::bad_key}) {
    if (why == setting) return exit_code::configuration;
  }
  switch (error.code()) {
    case ErrorCode::NotFound: return exit_code::not_found;
    case ErrorCode::Unavailable:
    case ErrorCode::DeadlineExceeded:
    case ErrorCode::ResourceExhausted: return exit_code::unavailable;
    case ErrorCode::DataLoss: return exit_code::data_loss;
    case ErrorCode::InvalidArgument:
    case ErrorCode::AlreadyExists:
    case ErrorCode::PermissionDenied:
    case ErrorCode::Unauthenticated:
    case ErrorCode::FailedPrecondition:
    case ErrorCode::Aborted:
    case ErrorCode::OutOfRange:
    case ErrorCode::Unimplemented:
    case ErrorCode::Cancelled:
    case ErrorCode::Internal: return exit_code::failure;
  }
  return exit_code::failure;
}

void Session::show(const Json& value, const std::function<void()>& print_text) const {
  if (is_json) {
    std::printf("%s\n", value.dump().c_str());
  } else {
    print_text();
  }
}

void Session::say(const std::string& line) const {
  if (!is_json) std::printf("%s\n", line.c_str());
}

void Session::progress(const std::string& line) const {
  if (!is_json) std::fprintf(stderr, "%s\n", line.c_str());
}

int Session::fail_with(const Error& error) const {
  if (is_json) {
    const Json value = {{"error",
                         {{"code", to_string(error.code())},
                          {"reason", error.reason()},
                          {"detail", error.detail()}}}};
    std::printf("%s\n", value.dump().c_str());
  } else {
    std::fprintf(stderr, "oortd: %s\n", error.to_string().c_str());
  }
  return exit_code_of(error);
}

Result<std::string> Session::endpoint() const {
  OORT_TRY(read_authorities());
  if (!grpc.empty()) return grpc;
  if (!is_folder_given) {
    if (const char* set = std::getenv("OORT_GRPC"); set != nullptr && *set != '\0') return set;
  }
  const auto network = devnet::load_network(folder);
  if (network && !network->nodes.empty()) return network->nodes.front().grpc_endpoint();
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "which node? Give --grpc HOST:PORT, set OORT_GRPC, or name the folder of a local "
              "network with --dir (`oortd devnet up` makes one)");
}

std::string columns(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
    }
    text += line + "\n";
  }
  return text;
}

}  // namespace oort::cli
