// SPDX-License-Identifier: Apache-2.0
#include <barrier>
#include <cstring>
#include <thread>

#include "load/arguments.hpp"
#include "load/http_client.hpp"
#include "oort/core/bytes.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/s3/sigv4.hpp"

namespace oort::bench {
namespace {

constexpr std::uint64_t presigned_seconds = 3600;

/// What all connections share.
struct Load {
  std::vector<std::string> endpoints;
  s3::Credentials credentials;
  std::string bucket;
  std::size_t object_bytes = 0;
  std::size_t connections = 0;
  /// Requests of each connection that are signed before the clock starts.
  std::size_t requests_max = 0;
  double seconds = 0;
  WallTime now;
};

/// What one connection did.
struct Tally {
  std::size_t done_count = 0;
  double seconds = 0;
  std::vector<double> milliseconds;
};

std::string name_of(std::size_t connection, std::size_t index) {
  return "c" + std::to_string(connection) + "/" + std::to_string(index);
}

/// Bytes that differ between objects, so that nothing can be stored once for two.
std::string body_of(std::size_t connection, std::size_t index, std::size_t size) {
  std::string body(size, '\0');
  Bytes32 block = crypto::blake3(as_bytes(name_of(connection, index)));
  std::uint64_t counter = 0;
  for (std::size_t at = 0; at < size; at += 32) {
    std::memcpy(body.data() + at, block.view().data(), std::min<std::size_t>(32, size - at));
    // One step of a counter: cheap, and no two blocks of an object are the same.
    ++counter;
    std::memcpy(block.mutable_view().data(), &counter, sizeof(counter));
  }
  return body;
}

std::string signed_head(const Load& load, const std::string& method, const std::string& endpoint,
                        const std::string& name) {
  s3::Unsigned request;
  request.method = method;
  request.target.path = "/" + load.bucket + "/" + name;
  request.fields.push_back({.name = "host", .value = endpoint});
  const std::string target =
      s3::presign(std::move(request), load.credentials, load.now, presigned_seconds);
  std::string head = method + " " + target + " HTTP/1.1\r\nHost: " + endpoint + "\r\n";
  if (method == "PUT") head += "Content-Length: " + std::to_string(load.object_bytes) + "\r\n";
  return head + "\r\n";
}

/// Puts or gets objects one after the other until the time is over or the requests are used up.
/// `stored_count` is how many objects of this connection there are to get.
Tally run_connection(const Load& load, std::size_t connection, std::size_t stored_count,
                     std::barrier<>& start) {
  const bool is_put = stored_count == 0;
  // Reads go to another gateway than the one that took the write.
  const std::string& endpoint =
      load.endpoints[(connection + (is_put ? 0U : 1U)) % load.endpoints.size()];
  const std::size_t count = is_put ? load.requests_max : stored_count;
  std::vector<std::string> heads;
  for (std::size_t i = 0; i < count; ++i) {
    heads.push_back(signed_head(load, is_put ? "PUT" : "GET", endpoint, name_of(connection, i)));
  }
  HttpClient client(endpoint);
  start.arrive_and_wait();
  Tally result;
  const auto begin = Clock::now();
  while (result.seconds < load.seconds) {
    const std::size_t index = result.done_count % count;
    if (is_put && result.done_count == count) break;
    const std::string body = body_of(connection, index, load.object_bytes);
    const auto sent = Clock::now();
    const auto answer = client.call(heads[index], is_put ? std::string_view(body) : "");
    const auto received = Clock::now();
    if (answer.status != 200) {
      die("the answer is " + std::to_string(answer.status) + ": " + std::string(answer.body));
    }
    if (!is_put && answer.body != body) die("an object reads back different");
    result.milliseconds.push_back(seconds_between(sent, received) * 1e3);
    result.seconds = seconds_between(begin, received);
    ++result.done_count;
  }
  return result;
}

/// All connections at once. Their rates add up; each is over the time that it was at work.
std::vector<Tally> run_phase(const Load& load, const std::vector<Tally>& stored) {
  std::vector<Tally> results(load.connections);
  std::barrier start(static_cast<std::ptrdiff_t>(load.connections));
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < load.connections; ++i) {
    threads.emplace_back([&, i] {
      const std::size_t stored_count = stored.empty() ? 0 : stored[i].done_count;
      results[i] = run_connection(load, i, stored_count, start);
    });
  }
  threads.clear();
  return results;
}

void report(Figures& figures, const std::string& what, const Load& load,
            const std::vector<Tally>& results) {
  double rate = 0;
  std::size_t count = 0;
  std::vector<double> milliseconds;
  for (const Tally& result : results) {
    if (result.seconds > 0) rate += static_cast<double>(result.done_count) / result.seconds;
    count += result.done_count;
    milliseconds.insert(milliseconds.end(), result.milliseconds.begin(), result.milliseconds.end());
  }
  figures.set(what + "_count", static_cast<double>(count));
  figures.set(what + "_per_second", rate);
  figures.set(what + "_mb_per_second", rate * static_cast<double>(load.object_bytes) / 1e6);
  figures.set(what + "_p50_ms", percentile(milliseconds, 50));
  figures.set(what + "_p99_ms", percentile(milliseconds, 99));
}

}  // namespace

/// Stores objects of one size over many connections, then reads them back, each byte compared.
void run_s3_load(const Arguments& arguments) {
  Load load;
  load.endpoints = arguments.list("endpoints");
  load.credentials = {.access_key_id = arguments.text("access-key"),
                      .secret = arguments.text("secret"),
                      .region = arguments.text("region")};
  load.bucket = arguments.text("bucket");
  load.object_bytes = arguments.number("object-bytes", 4096);
  load.connections = arguments.number("connections", 32);
  load.requests_max = arguments.number("requests", 2000);
  load.seconds = static_cast<double>(arguments.number("seconds", 10));
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  load.now = {static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count())};

  Figures figures;
  const std::vector<Tally> stored = run_phase(load, {});
  report(figures, "put", load, stored);
  report(figures, "get", load, run_phase(load, stored));
  figures.print();
}

}  // namespace oort::bench
