// SPDX-License-Identifier: Apache-2.0
// The table of kernels on a CUDA device, in a library that is opened at run time (ADR 4). A call
// copies its operands there and the result back. A device that fails in the middle ends the
// process: there is no result to give, and an executor runs this apart from the daemon.
#include <cstdio>
#include <cstdlib>

#include "oort/compute/builtin/kernels.hpp"

namespace oort::compute::builtin {
namespace {

constexpr int tile = 16;
constexpr unsigned threads = 256;

void check(cudaError_t result, const char* what) {
  if (result == cudaSuccess) return;
  std::fprintf(stderr, "CUDA: %s: %s\n", what, cudaGetErrorString(result));
  std::abort();
}

/// Memory on the device, as long as the object lives.
template <class T>
class OnDevice {
 public:
  explicit OnDevice(std::size_t count) : count_(count) {
    check(cudaMalloc(&data_, (count + 1) * sizeof(T)), "memory");
  }
  explicit OnDevice(std::span<const T> from) : OnDevice(from.size()) {
    check(cudaMemcpy(data_, from.data(), count_ * sizeof(T), cudaMemcpyHostToDevice), "copy to");
  }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;
  ~OnDevice() { cudaFree(data_); }

  [[nodiscard]] T* data() const { return data_; }
  void copy_to(std::span<T> to) const {
    check(cudaGetLastError(), "launch");
    check(cudaMemcpy(to.data(), data_, to.size() * sizeof(T), cudaMemcpyDeviceToHost), "copy from");
  }

 private:
  T* data_ = nullptr;
  std::size_t count_ = 0;
};

dim3 blocks_of(std::size_t m, std::size_t n) {
  return {static_cast<unsigned>((n + tile - 1) / tile),
          static_cast<unsigned>((m + tile - 1) / tile)};
}
unsigned blocks_of(std::size_t count) {
  return static_cast<unsigned>((count + threads - 1) / threads);
}

__global__ void gemm_s8_tiles(GemmShape shape, const std::int8_t* a, const std::int8_t* b,
                              std::int32_t* c) {
  __shared__ std::int8_t left[tile][tile];
  __shared__ std::int8_t right[tile][tile];
  const std::size_t row = std::size_t{blockIdx.y} * tile + threadIdx.y;
  const std::size_t column = std::size_t{blockIdx.x} * tile + threadIdx.x;
  const std::size_t other = std::size_t{blockIdx.x} * tile + threadIdx.y;
  std::int32_t sum = 0;
  for (std::size_t begin = 0; begin < shape.k; begin += tile) {
    const std::size_t l = begin + threadIdx.x;
    const bool has_left = row < shape.m && l < shape.k;
    const bool has_right = other < shape.n && l < shape.k;
    left[threadIdx.y][threadIdx.x] = has_left ? a[row * shape.k + l] : 0;
    right[threadIdx.y][threadIdx.x] = has_right ? b[other * shape.k + l] : 0;
    __syncthreads();
    for (int i = 0; i < tile; ++i) sum += left[threadIdx.y][i] * right[threadIdx.x][i];
    __syncthreads();
  }
  if (row < shape.m && column < shape.n) c[row * shape.n + column] = sum;
}

/// Where the factors of a product lie: steps from row to row, or column to column, and along a sum.
struct Steps {
  std::size_t row = 0;
  std::size_t along_left = 0;
  std::size_t column = 0;
  std::size_t along_right = 0;
};

__global__ void gemm_s32_each(GemmShape shape, Steps steps, const std::int32_t* a,
                              const std::int32_t* b, std::int64_t* c) {
  const std::size_t row = std::size_t{blockIdx.y} * tile + threadIdx.y;
  const std::size_t column = std::size_t{blockIdx.x} * tile + threadIdx.x;
  if (row >= shape.m || column >= shape.n) return;
  std::int64_t sum = 0;
  for (std::size_t l = 0; l < shape.k; ++l) {
    sum += std::int64_t{a[row * steps.row + l * steps.along_left]} *
           b[column * steps.column + l * steps.along_right];
  }
  c[row * shape.n + column] = sum;
}

__global__ void minhash_each(const std::uint32_t* values, std::size_t values_count,
                             const std::uint32_t* factors, const std::uint32_t* offsets,
                             std::uint32_t* least, std::size_t count) {
  const std::size_t i = std::size_t{blockIdx.x} * threads + threadIdx.x;
  if (i >= count) return;
  std::uint32_t low = least[i];
  for (std::size_t v = 0; v < values_count; ++v) {
    const std::uint32_t hash = factors[i] * values[v] + offsets[i];
    low = hash < low ? hash : low;
  }
  least[i] = low;
}

__global__ void add_weighted_each(const std::uint8_t* row, std::uint32_t weight,
                                  std::uint32_t* sums, std::size_t count) {
  const std::size_t i = std::size_t{blockIdx.x} * threads + threadIdx.x;
  if (i < count) sums[i] += weight * row[i];
}

void gemm_s8(GemmShape shape, std::span<const std::int8_t> a, std::span<const std::int8_t> b,
             std::span<std::int32_t> c) {
  const OnDevice<std::int8_t> left(a.first(shape.m * shape.k));
  const OnDevice<std::int8_t> right(b.first(shape.n * shape.k));
  const OnDevice<std::int32_t> out(shape.m * shape.n);
  gemm_s8_tiles<<<blocks_of(shape.m, shape.n), dim3(tile, tile)>>>(shape, left.data(), right.data(),
                                                                   out.data());
  out.copy_to(c.first(shape.m * shape.n));
}

void gemm_s32(GemmShape shape, Layout layout, std::span<const std::int32_t> a,
              std::span<const std::int32_t> b, std::span<std::int64_t> c) {
  const bool is_outer = layout == Layout::Outer;
  const bool is_dot = layout == Layout::Dot;
  const Steps steps{is_outer ? 1 : shape.k, is_outer ? shape.m : 1, is_dot ? shape.k : 1,
                    is_dot ? 1 : shape.n};
  const OnDevice<std::int32_t> left(a.first(shape.m * shape.k));
  const OnDevice<std::int32_t> right(b.first(shape.n * shape.k));
  const OnDevice<std::int64_t> out(shape.m * shape.n);
  gemm_s32_each<<<blocks_of(shape.m, shape.n), dim3(tile, tile)>>>(
      shape, steps, left.data(), right.data(), out.data());
  out.copy_to(c.first(shape.m * shape.n));
}

void minhash(std::span<const std::uint32_t> values, std::span<const std::uint32_t> factors,
             std::span<const std::uint32_t> offsets, std::span<std::uint32_t> least) {
  if (least.empty()) return;
  const OnDevice<std::uint32_t> xs(values);
  const OnDevice<std::uint32_t> factor(factors.first(least.size()));
  const OnDevice<std::uint32_t> offset(offsets.first(least.size()));
  const OnDevice<std::uint32_t> out{std::span<const std::uint32_t>(least)};
  minhash_each<<<blocks_of(least.size()), threads>>>(xs.data(), values.size(), factor.data(),
                                                     offset.data(), out.data(), least.size());
  out.copy_to(least);
}

void add_weighted(std::span<const std::uint8_t> row, std::uint32_t weight,
                  std::span<std::uint32_t> sums) {
  if (row.empty()) return;
  const OnDevice<std::uint8_t> samples(row);
  const OnDevice<std::uint32_t> out{std::span<const std::uint32_t>(sums)};
  add_weighted_each<<<blocks_of(row.size()), threads>>>(samples.data(), weight, out.data(),
                                                        row.size());
  out.copy_to(sums);
}

constexpr Kernels table{.name = "cuda",
                        .gemm_s8 = gemm_s8,
                        .gemm_s32 = gemm_s32,
                        .minhash = minhash,
                        .add_weighted = add_weighted};

}  // namespace
}  // namespace oort::compute::builtin

/// The table, or null where no device is. The one name that the library gives out.
extern "C" const oort::compute::builtin::Kernels* oort_builtin_cuda_kernels() {
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0) return nullptr;
  return &oort::compute::builtin::table;
}
