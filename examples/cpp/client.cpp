// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

#include <google/rpc/status.pb.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/status.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>

namespace example {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + " cannot be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string words_of(const grpc::Status& status) {
  google::rpc::Status rich;
  google::rpc::ErrorInfo info;
  const bool is_of_a_node = rich.ParseFromString(status.error_details()) &&
                            rich.details_size() > 0 && rich.details(0).UnpackTo(&info);
  if (is_of_a_node) return info.reason() + ": " + rich.message();
  return "no answer: " + status.error_message();
}

}  // namespace

Failure::Failure(const grpc::Status& status)
    : std::runtime_error(words_of(status)), code_(status.error_code()) {}

std::shared_ptr<grpc::Channel> connect(const std::string& endpoint) {
  const char* authority = std::getenv("OORT_CA");
  if (authority == nullptr || endpoint.starts_with("unix:")) {
    return grpc::CreateChannel(endpoint, grpc::InsecureChannelCredentials());
  }
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = read_file(authority);
  return grpc::CreateChannel(endpoint, grpc::SslCredentials(options));
}

std::string to_hex(std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += digits[static_cast<unsigned char>(byte) >> 4U];
    text += digits[static_cast<unsigned char>(byte) & 15U];
  }
  return text;
}

std::string from_hex(std::string_view digits) {
  constexpr int base = 16;
  std::string bytes;
  const bool is_hex = digits.size() % 2 == 0 &&
                      digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (!is_hex) throw std::runtime_error("'" + std::string(digits) + "' is not hexadecimal");
  for (std::size_t at = 0; at < digits.size(); at += 2) {
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(at, 2)), nullptr, base));
  }
  return bytes;
}

int run(int count, const char* const* words, std::string_view usage,
        const std::function<void(const char* const* arguments)>& body) {
  const auto wanted = 1 + std::ranges::count(usage, ' ');
  if (count - 1 != wanted) {
    std::cerr << "usage: " << words[0] << " " << usage << "\n";
    return 2;
  }
  try {
    body(words + 1);
    return 0;
  } catch (const std::exception& problem) {
    std::cerr << problem.what() << "\n";
    return 1;
  }
}

}  // namespace example
