// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

#include "load/arguments.hpp"
#include "load/http_client.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/signature.hpp"

namespace oort::bench {
namespace {

/// How often `work` can be done in a second, looking at the clock after each.
double rate_of(double seconds, const std::function<void()>& work) {
  const auto begin = Clock::now();
  std::uint64_t count = 0;
  double passed = 0;
  while (passed < seconds) {
    work();
    ++count;
    passed = seconds_between(begin, Clock::now());
  }
  return static_cast<double>(count) / passed;
}

/// Appends `size` bytes and waits for the disk, one after the other.
double syncs_per_second(const std::string& folder, std::size_t size, double seconds) {
  const std::string path = folder + "/bench-sync";
  const int file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) die(path + " cannot be made");
  const std::string block(size, 'b');
  const double rate = rate_of(seconds, [&] {
    if (::write(file, block.data(), block.size()) != static_cast<ssize_t>(block.size()) ||
        ::fdatasync(file) != 0) {
      die(path + " cannot be written");
    }
  });
  ::close(file);
  std::filesystem::remove(path);
  return rate;
}

void measure_http(Figures& figures, std::size_t body_bytes, std::size_t connections,
                  double seconds) {
  const std::string endpoint = start_trivial_server(body_bytes);
  double sum = 0;
  std::mutex mutex;
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < connections; ++i) {
      threads.emplace_back([&] {
        HttpClient client(endpoint);
        const double rate =
            rate_of(seconds, [&] { client.call("GET / HTTP/1.1\r\nHost: bench\r\n\r\n"); });
        const std::lock_guard lock(mutex);
        sum += rate;
      });
    }
  }
  figures.set("loopback_get_per_second", sum);
  figures.set("loopback_get_mb_per_second", sum * static_cast<double>(body_bytes) / 1e6);
}

void measure_crypto(Figures& figures, double seconds) {
  const Bytes block(std::size_t{1} << 20, std::byte{7});
  const double block_mb = static_cast<double>(block.size()) / 1e6;
  figures.set("md5_mb_per_second_per_core", block_mb * rate_of(seconds, [&] {
                                              crypto::StreamDigest digest(crypto::Digest::Md5);
                                              digest.update(block);
                                              if (digest.finish().empty()) die("MD5 gave nothing");
                                            }));
  Bytes32 hash;
  figures.set("blake3_mb_per_second_per_core",
              block_mb * rate_of(seconds, [&] { hash = crypto::blake3(block); }));
  const crypto::KeyPair keys{crypto::SecretSeed(hash.array())};
  const Signature signature = keys.sign(hash.view());
  figures.set("ed25519_verifications_per_second_per_core", rate_of(seconds, [&] {
                if (!crypto::verify(keys.public_key(), hash.view(), signature)) die("bad key");
              }));
}

}  // namespace

void run_ceilings(const Arguments& arguments) {
  const double seconds = static_cast<double>(arguments.number("milliseconds", 500)) / 1e3;
  const auto body_bytes = arguments.number("body-bytes", 0);
  const std::string folder = arguments.text("folder");
  Figures figures;
  figures.set("fdatasync_4k_per_second", syncs_per_second(folder, 4096, seconds));
  measure_crypto(figures, seconds);
  if (body_bytes > 0) {
    measure_http(figures, body_bytes, arguments.number("connections", 16), seconds);
    const std::size_t block = std::size_t{8} << 20;
    figures.set("disk_write_mb_per_second",
                syncs_per_second(folder, block, seconds) * static_cast<double>(block) / 1e6);
  }
  figures.print();
}

}  // namespace oort::bench
