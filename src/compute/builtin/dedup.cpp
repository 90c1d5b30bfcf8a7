// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/builtin/dedup.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <string>
#include <utility>

#include "builtin/bytes_codec.hpp"
#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/draws.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"

namespace oort::compute::builtin {
namespace {

constexpr std::uint8_t record_version = 1;
constexpr std::uint64_t factor_stream = 11;
constexpr std::uint64_t offset_stream = 12;
constexpr std::uint64_t rolling_base = 0x9E3779B97F4A7C15U;
constexpr std::uint32_t no_value = std::numeric_limits<std::uint32_t>::max();

/// Lower case and one space for any white space.
std::vector<std::uint8_t> normalised(ByteView text) {
  std::vector<std::uint8_t> out;
  out.reserve(text.size());
  for (const std::byte byte : text) {
    auto c = std::to_integer<std::uint8_t>(byte);
    if (c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v') c = ' ';
    if (c == ' ' && !out.empty() && out.back() == ' ') continue;
    out.push_back(c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + 32) : c);
  }
  return out;
}

/// A 32-bit hash of each run of `size` bytes, or of all bytes where they are fewer.
std::vector<std::uint32_t> shingles_of(const std::vector<std::uint8_t>& text, std::size_t size) {
  std::vector<std::uint32_t> shingles;
  if (text.empty()) return shingles;
  size = std::min(size, text.size());
  std::uint64_t leaving = 1;
  for (std::size_t i = 0; i < size; ++i) leaving *= rolling_base;
  std::uint64_t rolling = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    rolling = rolling * rolling_base + text[i] + 1;
    if (i >= size) rolling -= leaving * (std::uint64_t{text[i - size]} + 1);
    if (i + 1 >= size) shingles.push_back(static_cast<std::uint32_t>(mixed(rolling) >> 32U));
  }
  // Equal shingles count once, as in a set.
  std::sort(shingles.begin(), shingles.end());
  shingles.erase(std::unique(shingles.begin(), shingles.end()), shingles.end());
  return shingles;
}

/// The part that texts and pictures share: which inputs belong together.
class Clusters {
 public:
  explicit Clusters(std::size_t count) : parents_(count) {
    for (std::uint32_t i = 0; i < count; ++i) parents_[i] = i;
  }

  [[nodiscard]] std::uint32_t first_of(std::uint32_t index) const {
    while (parents_[index] != index) index = parents_[index];
    return index;
  }
  void join(std::uint32_t a, std::uint32_t b) {
    a = first_of(a);
    b = first_of(b);
    if (a != b) parents_[std::max(a, b)] = std::min(a, b);
  }
  /// Every input directly below its first, so that equal clusters are equal bytes.
  void flatten() {
    for (std::uint32_t i = 0; i < parents_.size(); ++i) parents_[i] = first_of(i);
  }
  [[nodiscard]] const std::vector<std::uint32_t>& names() const { return parents_; }

  Result<void> load(codec::Reader& in) {
    for (std::uint32_t i = 0; i < parents_.size(); ++i) {
      OORT_TRY(parents_[i], in.u32());
      if (parents_[i] > i || parents_[parents_[i]] != parents_[i]) {
        return refuse(reason::not_canonical, "a cluster is named after its first input");
      }
    }
    return {};
  }

 private:
  std::vector<std::uint32_t> parents_;
};

class TextWork final : public Work {
 public:
  TextWork(const DedupParameters& parameters, std::vector<Bytes> inputs, const Kernels& kernels)
      : parameters_(parameters),
        inputs_(std::move(inputs)),
        kernels_(kernels),
        values_(std::size_t{parameters.bands} * parameters.rows),
        clusters_(inputs_.size()) {}

  [[nodiscard]] Cost cost() const override {
    std::uint64_t bytes = 0;
    for (const Bytes& input : inputs_) bytes += input.size();
    const std::uint64_t count = inputs_.size();
    return {.units = count + parameters_.bands,
            .operations = bytes * (values_ * 3 + 40) + count * parameters_.bands * 64,
            .memory_bytes = document_bytes_max * 6 + count * (values_ * 4 + 24),
            .output_bytes_max = 9 + count * 4};
  }

  void unit(std::uint64_t index) override {
    if (index < inputs_.size()) {
      const auto sketch = text_sketch(inputs_[index], parameters_.shingle_bytes, values_, kernels_);
      sketches_.insert(sketches_.end(), sketch.begin(), sketch.end());
    } else {
      join_band(index - inputs_.size());
      clusters_.flatten();
    }
  }

  void save(codec::Writer& out) const override {
    for (const std::uint32_t value : sketches_) out.u32(value);
    for (const std::uint32_t name : clusters_.names()) out.u32(name);
  }

  Result<void> load(codec::Reader& in, std::uint64_t units_done) override {
    const std::size_t count = std::min<std::uint64_t>(units_done, inputs_.size()) * values_;
    if (in.rest().size() / 4 < count) return refuse(reason::malformed, "a checkpoint ends early");
    for (std::size_t i = 0; i < count; ++i) {
      OORT_TRY(const std::uint32_t value, in.u32());
      sketches_.push_back(value);
    }
    return clusters_.load(in);
  }

  [[nodiscard]] Bytes output() const override {
    return codec::to_bytes(DedupOutput{clusters_.names(), {}});
  }

 private:
  [[nodiscard]] std::span<const std::uint32_t> sketch(std::uint32_t index) const {
    return std::span(sketches_).subspan(index * values_, values_);
  }

  void join_if_alike(std::uint32_t a, std::uint32_t b) {
    if (clusters_.first_of(a) == clusters_.first_of(b)) return;
    const auto left = sketch(a);
    const auto right = sketch(b);
    std::uint64_t equal = 0;
    for (std::size_t i = 0; i < values_; ++i) equal += left[i] == right[i] ? 1U : 0U;
    if (equal * 1000 >= parameters_.threshold_permille * values_) clusters_.join(a, b);
  }

  /// Texts that agree in this band are compared with the first such and the one before: a bucket
  /// of many costs no more than its size.
  void join_band(std::uint64_t band) {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> keys;
    for (std::uint32_t i = 0; i < inputs_.size(); ++i) {
      std::uint64_t key = band;
      for (const std::uint32_t value :
           sketch(i).subspan(band * parameters_.rows, parameters_.rows)) {
        key = mixed(key ^ value);
      }
      keys.emplace_back(key, i);
    }
    std::sort(keys.begin(), keys.end());
    std::size_t first = 0;
    for (std::size_t i = 1; i < keys.size(); ++i) {
      if (keys[i].first != keys[first].first) {
        first = i;
        continue;
      }
      join_if_alike(keys[first].second, keys[i].second);
      join_if_alike(keys[i - 1].second, keys[i].second);
    }
  }

  DedupParameters parameters_;
  std::vector<Bytes> inputs_;
  const Kernels& kernels_;
  std::size_t values_;
  std::vector<std::uint32_t> sketches_;
  Clusters clusters_;
};

class PicturesWork final : public Work {
 public:
  PicturesWork(const DedupParameters& parameters, std::vector<Bytes> inputs, const Kernels& kernels)
      : parameters_(parameters),
        inputs_(std::move(inputs)),
        kernels_(kernels),
        clusters_(inputs_.size()) {}

  [[nodiscard]] Cost cost() const override {
    Cost cost{.units = inputs_.size() * 2,
              .operations = std::uint64_t{inputs_.size()} * inputs_.size() * 2,
              .memory_bytes = 0,
              .output_bytes_max = 9 + inputs_.size() * 8};
    for (const Bytes& input : inputs_) {
      const auto size = picture_size(input);
      const std::uint64_t pixels = size ? std::uint64_t{size->width} * size->height : 0;
      cost.operations += input.size() * 16 + pixels * 12;
      cost.memory_bytes = std::max(cost.memory_bytes, pixels * 8);
    }
    return cost;
  }

  void unit(std::uint64_t index) override {
    if (index < inputs_.size()) {
      const auto picture = decode_picture(inputs_[index]);
      if (!picture) unreadable_.push_back(static_cast<std::uint32_t>(index));
      hashes_.push_back(picture ? difference_hash(*picture, kernels_) : 0);
    } else {
      join_with_later(static_cast<std::uint32_t>(index - inputs_.size()));
      clusters_.flatten();
    }
  }

  void save(codec::Writer& out) const override {
    for (const std::uint64_t hash : hashes_) out.u64(hash);
    codec::encode_vector(out, unreadable_);
    for (const std::uint32_t name : clusters_.names()) out.u32(name);
  }

  Result<void> load(codec::Reader& in, std::uint64_t units_done) override {
    const std::uint64_t count = std::min<std::uint64_t>(units_done, inputs_.size());
    if (in.rest().size() / 8 < count) return refuse(reason::malformed, "a checkpoint ends early");
    for (std::uint64_t i = 0; i < count; ++i) {
      OORT_TRY(const std::uint64_t hash, in.u64());
      hashes_.push_back(hash);
    }
    OORT_TRY(codec::decode_vector(in, unreadable_, count));
    for (std::size_t i = 0; i < unreadable_.size(); ++i) {
      if (unreadable_[i] >= count || (i > 0 && unreadable_[i] <= unreadable_[i - 1])) {
        return refuse(reason::not_canonical, "unreadable inputs ascend");
      }
    }
    return clusters_.load(in);
  }

  [[nodiscard]] Bytes output() const override {
    return codec::to_bytes(DedupOutput{clusters_.names(), unreadable_});
  }

 private:
  [[nodiscard]] bool is_readable(std::uint32_t index) const {
    return !std::binary_search(unreadable_.begin(), unreadable_.end(), index);
  }

  void join_with_later(std::uint32_t index) {
    if (!is_readable(index)) return;
    for (std::uint32_t other = index + 1; other < hashes_.size(); ++other) {
      const int distance = std::popcount(hashes_[index] ^ hashes_[other]);
      if (distance <= parameters_.distance_max && is_readable(other)) clusters_.join(index, other);
    }
  }

  DedupParameters parameters_;
  std::vector<Bytes> inputs_;
  const Kernels& kernels_;
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint32_t> unreadable_;
  Clusters clusters_;
};

}  // namespace

void encode(codec::Writer& out, const DedupParameters& value) {
  out.u8(record_version);
  out.u8(static_cast<std::uint8_t>(value.kind));
  out.u8(value.shingle_bytes);
  out.u16(value.bands);
  out.u16(value.rows);
  out.u16(value.threshold_permille);
  out.u8(value.distance_max);
}

Result<void> decode(codec::Reader& in, DedupParameters& value) {
  OORT_TRY(expect_version(in, record_version, "dedup parameters"));
  OORT_TRY(const std::uint8_t kind, in.u8());
  OORT_TRY(value.shingle_bytes, in.u8());
  OORT_TRY(value.bands, in.u16());
  OORT_TRY(value.rows, in.u16());
  OORT_TRY(value.threshold_permille, in.u16());
  OORT_TRY(value.distance_max, in.u8());
  const std::uint32_t values = std::uint32_t{value.bands} * value.rows;
  if (kind > 1 || value.shingle_bytes == 0 || value.shingle_bytes > 64 || values == 0 ||
      values > sketch_values_max || value.threshold_permille > 1000 || value.distance_max > 64) {
    return refuse(reason::bad_argument, "a choice of dedup is out of range");
  }
  value.kind = static_cast<DedupKind>(kind);
  return {};
}

void encode(codec::Writer& out, const DedupOutput& value) {
  out.u8(record_version);
  codec::encode_vector(out, value.clusters);
  codec::encode_vector(out, value.unreadable);
}

Result<void> decode(codec::Reader& in, DedupOutput& value) {
  OORT_TRY(expect_version(in, record_version, "a dedup output"));
  OORT_TRY(codec::decode_vector(in, value.clusters, inputs_count_max));
  return codec::decode_vector(in, value.unreadable, inputs_count_max);
}

std::vector<std::uint32_t> text_sketch(ByteView text, std::uint8_t shingle_bytes,
                                       std::size_t values_count, const Kernels& kernels) {
  std::vector<std::uint32_t> factors;
  std::vector<std::uint32_t> offsets;
  for (std::size_t i = 0; i < values_count; ++i) {
    // An odd factor maps the 32-bit hashes one to one.
    factors.push_back(static_cast<std::uint32_t>(drawn(0, factor_stream, i)) | 1U);
    offsets.push_back(static_cast<std::uint32_t>(drawn(0, offset_stream, i)));
  }
  std::vector<std::uint32_t> least(values_count, no_value);
  kernels.minhash(shingles_of(normalised(text), shingle_bytes), factors, offsets, least);
  return least;
}

std::uint64_t difference_hash(const Picture& picture, const Kernels& kernels) {
  const Picture small = resized(grey(picture), 9, 8, Filter::Area, kernels);
  std::uint64_t hash = 0;
  for (std::size_t y = 0; y < 8; ++y) {
    for (std::size_t x = 0; x < 8; ++x) {
      const std::uint8_t* place = small.samples.data() + y * 9 + x;
      hash = hash << 1U | (place[1] > place[0] ? 1U : 0U);
    }
  }
  return hash;
}

Result<std::unique_ptr<Work>> start_dedup(ByteView parameters, std::vector<Bytes> inputs,
                                          const Kernels& kernels) {
  OORT_TRY(const DedupParameters read, codec::from_bytes<DedupParameters>(parameters));
  if (read.kind == DedupKind::Pictures) {
    if (inputs.size() > cluster_pictures_max) return refuse(reason::too_large, "too many pictures");
    return std::make_unique<PicturesWork>(read, std::move(inputs), kernels);
  }
  for (const Bytes& input : inputs) {
    if (input.size() > document_bytes_max) return refuse(reason::too_large, "a text is too long");
  }
  return std::make_unique<TextWork>(read, std::move(inputs), kernels);
}

}  // namespace oort::compute::builtin
