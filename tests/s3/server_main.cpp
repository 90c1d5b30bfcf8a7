// SPDX-License-Identifier: Apache-2.0
// An S3 endpoint over the store in memory, for stock clients to try. Prints its port, serves until
// its standard input ends.
#include <cstdio>
#include <iostream>
#include <string>

#include "fake_store.hpp"
#include "oort/host/clock.hpp"
#include "oort/host/random.hpp"
#include "oort/http/server.hpp"
#include "oort/s3/service.hpp"

int main() {
  using namespace oort;  // NOLINT: a program of its own
  host::SystemClock clock;
  host::KernelRandom random;
  s3::test::FakeStore store(clock);
  store.add_key("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
  store.add_key("AKIDREADONLY", "secret", 1, true);
  s3::Options options;
  options.base_domains = {"localhost"};
  options.cors_origins = {"https://example.org"};
  const auto service = s3::make_service(std::move(options), store, clock);
  http::ServerOptions listening;
  listening.name = "s3";
  listening.threads_count = 2;
  auto server = http::Server::start(listening, *service, clock, random);
  if (!server) {
    std::cerr << server.error().to_string() << "\n";
    return 1;
  }
  std::cout << (*server)->port() << std::endl;
  std::string line;
  while (std::getline(std::cin, line)) {
  }
  (*server)->stop(std::chrono::seconds(5));
  return 0;
}
