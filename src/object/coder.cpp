// SPDX-License-Identifier: Apache-2.0
#include "oort/object/coder.hpp"

#include <isa-l/erasure_code.h>

#include <algorithm>

#include "oort/core/assert.hpp"
#include "oort/core/limits.hpp"
#include "oort/core/reasons.hpp"

namespace oort::object {
namespace {

/// ISA-L's expanded tables: 32 bytes per coefficient.
constexpr std::size_t table_bytes = 32;
/// ISA-L takes lengths as `int`; pieces are cut well below that.
constexpr std::size_t run_bytes_max = std::size_t{1} << 30;

/// ISA-L reads through non-const pointers; it does not write through the sources.
unsigned char* source_pointer(const std::byte* bytes) {
  return const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(bytes));
}

void multiply(std::size_t rows, const std::vector<unsigned char>& tables,
              std::span<const ByteView> sources, std::span<const std::span<std::byte>> targets) {
  OORT_ASSERT(targets.size() == rows, "one target per row of the matrix");
  if (rows == 0 || sources.empty()) return;
  const std::size_t size = sources.front().size();
  OORT_ASSERT(size < run_bytes_max, "a piece fits into ISA-L's length");
  std::vector<unsigned char*> from;
  std::vector<unsigned char*> to;
  for (const ByteView source : sources) {
    OORT_ASSERT(source.size() == size, "all pieces of a stripe have one size");
    from.push_back(source_pointer(source.data()));
  }
  for (const std::span<std::byte> target : targets) {
    OORT_ASSERT(target.size() == size, "all pieces of a stripe have one size");
    to.push_back(reinterpret_cast<unsigned char*>(target.data()));
  }
  if (size == 0) return;
  ec_encode_data(static_cast<int>(size), static_cast<int>(sources.size()), static_cast<int>(rows),
                 const_cast<unsigned char*>(tables.data()), from.data(), to.data());
}

bool are_distinct_below(std::span<const std::uint8_t> indices, std::size_t bound) {
  std::vector<bool> seen(bound, false);
  for (const std::uint8_t index : indices) {
    if (index >= bound || seen[index]) return false;
    seen[index] = true;
  }
  return true;
}

}  // namespace

void Decoder::apply(std::span<const ByteView> given,
                    std::span<const std::span<std::byte>> wanted) const {
  OORT_ASSERT(given.size() == given_count_, "the decoder was made for these shards");
  multiply(wanted_count_, tables_, given, wanted);
}

Coder::Coder(Scheme scheme)
    : scheme_(scheme),
      matrix_(std::size_t{scheme.total} * scheme.data),
      tables_(table_bytes * scheme.data * scheme.tolerance()) {
  // The Cauchy matrix keeps every square submatrix regular; ISA-L's Vandermonde-like one does not
  // at the widths used here.
  gf_gen_cauchy1_matrix(matrix_.data(), scheme.total, scheme.data);
  if (scheme.tolerance() > 0) {
    ec_init_tables(scheme.data, static_cast<int>(scheme.tolerance()),
                   &matrix_[std::size_t{scheme.data} * scheme.data], tables_.data());
  }
}

Result<Coder> Coder::make(Scheme scheme) {
  static_assert(limits::shards_per_segment_max == 255);
  if (scheme.data == 0 || scheme.data > scheme.total) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "a scheme needs 1 <= data <= total <= 255, not " + std::to_string(scheme.data) +
                    " of " + std::to_string(scheme.total));
  }
  return Coder(scheme);
}

void Coder::encode(std::span<const ByteView> data,
                   std::span<const std::span<std::byte>> parity) const {
  OORT_ASSERT(data.size() == scheme_.data, "one piece per data shard");
  multiply(scheme_.tolerance(), tables_, data, parity);
}

Result<Decoder> Coder::decoder(std::span<const std::uint8_t> given,
                               std::span<const std::uint8_t> wanted) const {
  const std::size_t k = scheme_.data;
  if (given.size() != k || !are_distinct_below(given, scheme_.total) ||
      !are_distinct_below(wanted, scheme_.total)) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "a decoder needs as many different shards as the scheme has data shards");
  }
  std::vector<unsigned char> rows(k * k);
  for (std::size_t i = 0; i < k; ++i) {
    std::copy_n(&matrix_[std::size_t{given[i]} * k], k, &rows[i * k]);
  }
  std::vector<unsigned char> inverse(k * k);
  const int status = gf_invert_matrix(rows.data(), inverse.data(), static_cast<int>(k));
  OORT_ASSERT(status == 0, "every k rows of a Cauchy code are independent");

  // A wanted shard is its row of the matrix times the data, and the data is the inverse times what
  // is given.
  std::vector<unsigned char> product(wanted.size() * k, 0);
  for (std::size_t w = 0; w < wanted.size(); ++w) {
    for (std::size_t j = 0; j < k; ++j) {
      unsigned char sum = 0;
      for (std::size_t i = 0; i < k; ++i) {
        sum = static_cast<unsigned char>(
            sum ^ gf_mul(matrix_[std::size_t{wanted[w]} * k + i], inverse[i * k + j]));
      }
      product[w * k + j] = sum;
    }
  }
  Decoder decoder;
  decoder.given_count_ = k;
  decoder.wanted_count_ = wanted.size();
  decoder.tables_.resize(table_bytes * k * wanted.size());
  if (!wanted.empty()) {
    ec_init_tables(static_cast<int>(k), static_cast<int>(wanted.size()), product.data(),
                   decoder.tables_.data());
  }
  return decoder;
}

}  // namespace oort::object
