// SPDX-License-Identifier: Apache-2.0
// What one core does of each built-in workload, with plain loops and with the best kernels of this
// processor. With --json one object on standard output. There is no ceiling but the arithmetic.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "builtin/digits.hpp"
#include "oort/compute/builtin/blake3.hpp"
#include "oort/compute/builtin/dedup.hpp"
#include "oort/compute/builtin/draws.hpp"
#include "oort/compute/builtin/image.hpp"
#include "oort/compute/builtin/infer.hpp"
#include "oort/compute/builtin/text.hpp"
#include "oort/compute/builtin/train.hpp"

namespace oort::compute::builtin {
namespace {

struct Case {
  const char* name;
  double amount;  ///< What the task does, in the unit of its name.
  Task task;
};

Bytes words(std::uint64_t seed, std::size_t size) {
  std::string text;
  for (std::uint64_t i = 0; text.size() < size; ++i) {
    text += "word" + std::to_string(drawn(seed, 1, i) % 5000) + (i % 11 == 0 ? ".\n" : " ");
  }
  return to_bytes(text);
}

Picture noise(std::uint32_t side) {
  Picture picture{side, side, 3, {}};
  for (std::uint64_t i = 0; i < std::uint64_t{side} * side * 3; ++i) {
    picture.samples.push_back(static_cast<std::uint8_t>(drawn(1, 1, i)));
  }
  return picture;
}

Model wide_model() {
  Model model{{3, 32, 32}, {}};
  const auto weights = [](std::size_t count) {
    std::vector<std::int8_t> values;
    for (std::uint64_t i = 0; i < count; ++i) {
      values.push_back(static_cast<std::int8_t>(drawn(2, count, i)));
    }
    return values;
  };
  const Requantise factor{0x60000000U, 41};
  model.layers.emplace_back(
      Convolution{16, 3, 1, 1, weights(432), std::vector<std::int32_t>(16), factor});
  model.layers.emplace_back(Relu{});
  model.layers.emplace_back(MaxPool{2});
  model.layers.emplace_back(
      Convolution{32, 3, 1, 1, weights(4608), std::vector<std::int32_t>(32), factor});
  model.layers.emplace_back(Relu{});
  model.layers.emplace_back(MaxPool{2});
  model.layers.emplace_back(Dense{10, weights(20480), std::vector<std::int32_t>(10), factor});
  return model;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  all.push_back({"blake3_mb_per_second",
                 64,
                 {{"blake3", 1}, codec::to_bytes(Blake3Parameters{}), {Bytes(64'000'000)}}});
  all.push_back(
      {"dedup_text_mb_per_second", 4, {{"dedup", 1}, codec::to_bytes(DedupParameters{}), {}}});
  for (std::uint64_t i = 0; i < 40; ++i) all.back().task.inputs.push_back(words(i, 100'000));
  ImageParameters parameters;
  parameters.resize = PictureSize{224, 224};
  all.push_back({"image_megapixels_per_second",
                 4.194304,
                 {{"image", 1}, codec::to_bytes(parameters), {encode_pnm(noise(2048))}}});
  const Model model = wide_model();
  std::vector<std::int8_t> samples;
  for (std::uint64_t i = 0; i < 256 * 3072; ++i) {
    samples.push_back(static_cast<std::int8_t>(drawn(3, 3, i)));
  }
  all.push_back({"infer_images_per_second",
                 256,
                 {{"infer", 1},
                  codec::to_bytes(InferParameters{Head::Argmax}),
                  {codec::to_bytes(model), codec::to_bytes(Samples{3072, samples})}}});
  all.push_back({"text_mb_per_second",
                 2,
                 {{"text", 1},
                  codec::to_bytes(TextParameters{true, true, false}),
                  {words(1, 1'000'000), words(2, 1'000'000)}}});
  const TrainParameters training{.hidden = {64}, .epochs = 2, .seed = 1, .descent = {}};
  all.push_back(
      {"train_samples_per_second",
       4096,
       {{"train", 1}, codec::to_bytes(training), {codec::to_bytes(test::digits(2048, 1))}}});
  return all;
}

/// Seconds of the best of three runs; 0 when it fails.
double seconds_of(const Task& task, const Kernels& kernels) {
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    auto run = Run::start(task, kernels);
    if (!run) {
      std::fprintf(stderr, "%s\n", run.error().to_string().c_str());
      return 0;
    }
    const auto begin = std::chrono::steady_clock::now();
    run->advance(run->cost().units);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count());
  }
  return best;
}

double gemm_seconds(const Kernels& kernels) {
  const std::vector<std::int8_t> a(256 * 1024, 3);
  const std::vector<std::int8_t> b(256 * 1024, -5);
  std::vector<std::int32_t> c(256 * 256);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 4; ++i) kernels.gemm_s8({256, 256, 1024}, a, b, c);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  return took.count();
}

int run() {
  const double products = 4 * 256 * 256 * 1024 / 1e9;
  const double plain_gemm = gemm_seconds(scalar_kernels());
  const double best_gemm = gemm_seconds(best_kernels());
  std::printf(
      "{\"name\": \"workloads\", \"metrics\": {\"gemm_s8_giga_products_per_second\": %.2f, "
      "\"gemm_s8_speedup\": %.2f",
      products / best_gemm, plain_gemm / best_gemm);
  for (const Case& one : cases()) {
    const double plain = seconds_of(one.task, scalar_kernels());
    const double best = seconds_of(one.task, best_kernels());
    if (plain == 0 || best == 0) return 1;
    std::string speedup(one.name);
    speedup.resize(speedup.find('_'));
    std::printf(", \"%s\": %.1f, \"%s_speedup\": %.2f", one.name, one.amount / best,
                speedup.c_str(), plain / best);
  }
  std::printf("}, \"ceilings\": {}}\n");
  return 0;
}

}  // namespace
}  // namespace oort::compute::builtin

int main() { return oort::compute::builtin::run(); }
