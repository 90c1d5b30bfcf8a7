// SPDX-License-Identifier: Apache-2.0
// What one core does to the bytes of an object, and what one disk does with shards. With --json one
// object on standard output. The ceilings are the vendor's kernels alone on the same machine.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "oort/crypto/hash.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/host/blob_store.hpp"
#include "oort/host/random.hpp"
#include "oort/object/coder.hpp"
#include "oort/object/sealing.hpp"
#include "oort/object/volume_store.hpp"
#include "oort/store/rocks_store.hpp"

namespace oort::object {
namespace {

using Figures = std::map<std::string, double>;

/// Seconds of the fastest of `rounds` runs: other processes can only make a run slower.
double best_of(int rounds, const std::function<void()>& run) {
  double best = 1e9;
  for (int i = 0; i < rounds; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count());
  }
  return best;
}

Bytes noise(std::size_t size) {
  Bytes bytes(size);
  host::KernelRandom().fill(bytes);
  return bytes;
}

/// GB of data a second, in units of 64 KiB.
double coding(Scheme scheme) {
  constexpr std::size_t unit = 64 * 1024;
  constexpr int stripes = 64;
  const Coder coder = *Coder::make(scheme);
  std::vector<Bytes> shards(scheme.total, noise(unit));
  std::vector<ByteView> data(shards.begin(), shards.begin() + scheme.data);
  std::vector<std::span<std::byte>> parity(shards.begin() + scheme.data, shards.end());
  const double seconds = best_of(7, [&] {
    for (int i = 0; i < stripes; ++i) coder.encode(data, parity);
  });
  return static_cast<double>(unit) * scheme.data * stripes / seconds / 1e9;
}

void measure_bytes(Figures& metrics, Figures& ceilings) {
  const Bytes plain = noise(8 << 20);
  const auto size = static_cast<double>(plain.size());
  const crypto::SecretKey key;
  Bytes sealed;
  metrics["seal_gb_per_second"] =
      size / best_of(7, [&] { sealed = seal_extent(key, plain); }) / 1e9;
  metrics["open_gb_per_second"] =
      size / best_of(7, [&] { static_cast<void>(open_extent(key, sealed)); }) / 1e9;
  metrics["tree_gb_per_second"] =
      size / best_of(7, [&] { static_cast<void>(crypto::tree_root(plain)); }) / 1e9;
  metrics["code_2_of_4_gb_per_second"] = coding({2, 4});
  metrics["code_8_of_12_gb_per_second"] = coding({8, 12});
  metrics["code_16_of_32_gb_per_second"] = coding({16, 32});
  Bytes buffer(64 * 1024 + crypto::aead_tag_size);
  ceilings["aead_64k_gb_per_second"] = 64 * 1024.0 * 128 /
                                       best_of(7,
                                               [&] {
                                                 for (int i = 0; i < 128; ++i)
                                                   crypto::aead_seal_in_place(key, {}, {}, buffer);
                                               }) /
                                       1e9;
  Bytes copy(plain.size());
  ceilings["memcpy_gb_per_second"] =
      size / best_of(7, [&] { std::memcpy(copy.data(), plain.data(), plain.size()); }) / 1e9;
}

/// Puts of `size` bytes a second, `group` of them per fsync.
Result<double> volume_puts(const std::filesystem::path& folder, std::size_t size, int group) {
  OORT_TRY(const auto blobs, host::open_blob_store(folder / "volumes"));
  OORT_TRY(const auto index, store::open_rocks(folder / "index"));
  OORT_TRY(const auto volumes, VolumeStore::open(*blobs, *index, {}));
  const Bytes bytes = noise(size);
  const NodeId writer(crypto::blake3({}).array());
  constexpr int rounds = 40;
  Result<void> result;
  const double seconds = best_of(1, [&] {
    for (int i = 0; i < rounds * group && result; ++i) {
      SegmentId segment(crypto::blake3(as_bytes(std::to_string(i))).array());
      const auto put = volumes->append({segment, 0, 1}, 0, bytes, writer, Height(1));
      if (!put) result = fail(put.error());
      if (auto sealed = volumes->seal({segment, 0, 1}); !sealed) result = fail(sealed.error());
      if (i % group == group - 1) result = volumes->sync();
    }
  });
  if (!result) return fail(result.error());
  return rounds * group / seconds;
}

Result<double> bare_syncs(const std::filesystem::path& folder) {
  OORT_TRY(const auto blobs, host::open_blob_store(folder));
  OORT_TRY(const auto blob, blobs->open("bare"));
  const Bytes bytes = noise(4096);
  Result<void> result;
  const double seconds = best_of(1, [&] {
    for (int i = 0; i < 200 && result; ++i) {
      if (auto put = blob->append(bytes); !put) result = fail(put.error());
      if (result) result = blob->sync();
    }
  });
  if (!result) return fail(result.error());
  return 200 / seconds;
}

Result<void> measure_disk(Figures& metrics, Figures& ceilings) {
  const auto folder = std::filesystem::temp_directory_path() / "oort-bench-shards";
  std::filesystem::remove_all(folder);
  OORT_TRY(metrics["volume_put_4k_per_second"], volume_puts(folder / "one", 4096, 1));
  OORT_TRY(metrics["volume_put_4k_group_64_per_second"], volume_puts(folder / "group", 4096, 64));
  OORT_TRY(const double large, volume_puts(folder / "large", 1 << 20, 4));
  metrics["volume_put_1m_mb_per_second"] = large * (1 << 20) / 1e6;
  OORT_TRY(ceilings["append_4k_sync_per_second"], bare_syncs(folder / "bare"));
  std::filesystem::remove_all(folder);
  return {};
}

void print(const Figures& figures) {
  const char* comma = "";
  for (const auto& [name, value] : figures) {
    std::printf("%s\"%s\": %.2f", comma, name.c_str(), value);
    comma = ", ";
  }
}

int run() {
  Figures metrics;
  Figures ceilings;
  measure_bytes(metrics, ceilings);
  if (const auto measured = measure_disk(metrics, ceilings); !measured) {
    std::fprintf(stderr, "%s\n", measured.error().to_string().c_str());
    return 1;
  }
  std::printf("{\"name\": \"shards\", \"metrics\": {");
  print(metrics);
  std::printf("}, \"ceilings\": {");
  print(ceilings);
  std::printf("}}\n");
  return 0;
}

}  // namespace
}  // namespace oort::object

int main() { return oort::object::run(); }
