// SPDX-License-Identifier: Apache-2.0
// Two nodes in one process over loopback TLS: how many requests a second, how long each takes, and
// how many bytes a second.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "bytes.hpp"
#include "oort/host/clock.hpp"
#include "oort/host/random.hpp"
#include "oort/host/runtime.hpp"
#include "oort/net/transport.hpp"

namespace {

using oort::Bytes;
using oort::MonoTime;

constexpr oort::env::MessageType type_echo = 0x0301;

class Node {
 public:
  explicit Node(std::uint64_t number)
      : runtime_(oort::host::Runtime::start({.threads_count = 1}).value()),
        strand_(runtime_->make_strand()) {
    oort::test::SeededRandom random(number);
    transport = oort::net::open_transport(oort::crypto::SecretSeed::generate(random), {},
                                          {clock, random_, *strand_})
                    .value();
    transport->on_request(
        oort::env::message_range::object,
        [](oort::NodeId, oort::env::MessageType, Bytes payload,
           oort::Callback<oort::Result<Bytes>> reply) { reply(std::move(payload)); });
    transport->start();
  }
  ~Node() {
    transport->stop();
    runtime_->stop();
  }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  oort::host::SystemClock clock;
  std::unique_ptr<oort::net::NodeTransport> transport;

 private:
  oort::host::KernelRandom random_;
  std::unique_ptr<oort::host::Runtime> runtime_;
  std::unique_ptr<oort::host::Strand> strand_;
};

struct Figures {
  double per_second = 0;
  double p50_us = 0;
  double p99_us = 0;
};

/// Keeps `depth` requests of `size` bytes under way until `count` were answered.
class Load {
 public:
  Load(Node& from, Node& to, std::size_t size, std::size_t depth, std::size_t count)
      : from_(from), to_(to), size_(size), depth_(depth), count_(count) {}

  Figures run() {
    const MonoTime begin = from_.clock.now_mono();
    for (std::size_t i = 0; i < depth_; ++i) ask();
    std::unique_lock lock(mutex_);
    is_done_.wait(lock, [&] { return waits_us_.size() == count_; });
    const double seconds =
        static_cast<double>((from_.clock.now_mono() - begin).count()) / 1'000'000'000.0;
    std::ranges::sort(waits_us_);
    return {static_cast<double>(count_) / seconds, waits_us_[count_ / 2],
            waits_us_[count_ * 99 / 100]};
  }

 private:
  void ask() {
    if (asked_.fetch_add(1) >= count_) return;
    const MonoTime begin = from_.clock.now_mono();
    from_.transport->request(
        to_.transport->self(), oort::env::TrafficClass::Bulk, type_echo, Bytes(size_),
        std::chrono::seconds(30), [this, begin](oort::Result<Bytes> result) {
          if (!result) {
            std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
            std::abort();
          }
          const auto took = static_cast<double>((from_.clock.now_mono() - begin).count()) / 1000.0;
          ask();
          const std::lock_guard lock(mutex_);
          waits_us_.push_back(took);
          if (waits_us_.size() == count_) is_done_.notify_one();
        });
  }

  Node& from_;
  Node& to_;
  std::size_t size_;
  std::size_t depth_;
  std::size_t count_;
  std::atomic<std::size_t> asked_{0};
  std::mutex mutex_;
  std::condition_variable is_done_;
  std::vector<double> waits_us_;
};

}  // namespace

int main(int argc, char** argv) {
  const bool is_json = argc > 1 && std::string_view(argv[1]) == "--json";
  Node a(1);
  Node b(2);
  a.transport->set_peers(
      {{b.transport->self(), "127.0.0.1", b.transport->listen_port(), oort::net::Keep::Always}});
  Load(a, b, 100, 16, 2000).run();
  const Figures single = Load(a, b, 100, 1, 5000).run();
  const Figures many = Load(a, b, 100, 256, 100'000).run();
  constexpr std::size_t large = 1024 * 1024;
  const Figures bulk = Load(a, b, large, 8, 400).run();
  // Each request carries its bytes there and back.
  const double bulk_mb = bulk.per_second * 2 * large / 1e6;
  const char* format =
      is_json ? "{\"name\":\"net\",\"metrics\":{\"round_trip_p50_us\":%.1f,\"round_trip_p99_us\":"
                "%.1f,\"requests_per_second\":%.0f,\"loaded_p50_us\":%.0f,\"loaded_p99_us\":%.0f,"
                "\"bulk_mb_per_second\":%.0f},\"ceilings\":{}}\n"
              : "one at a time: p50 %.1f us, p99 %.1f us\n256 at a time: %.0f requests/s, p50 %.0f "
                "us, p99 %.0f us\n1 MiB payloads: %.0f MB/s, both directions together\n";
  std::printf(format, single.p50_us, single.p99_us, many.per_second, many.p50_us, many.p99_us,
              bulk_mb);
  return 0;
}
