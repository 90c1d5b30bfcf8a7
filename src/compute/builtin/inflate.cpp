// SPDX-License-Identifier: Apache-2.0
#include "builtin/inflate.hpp"

#include <array>
#include <span>

#include "builtin/bytes_codec.hpp"
#include "oort/core/reasons.hpp"

namespace oort::compute::builtin {
namespace {

constexpr unsigned code_bits_max = 15;
constexpr std::size_t literals_max = 288;
constexpr std::size_t distances_max = 30;

constexpr std::array<std::uint16_t, 29> length_bases{3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                                     15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                                     67, 83, 99, 115, 131, 163, 195, 227, 258};
constexpr std::array<std::uint8_t, 29> length_bits{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                   2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
constexpr std::array<std::uint16_t, 30> distance_bases{
    1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
    193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
constexpr std::array<std::uint8_t, 30> distance_bits{0, 0, 0,  0,  1,  1,  2,  2,  3,  3,
                                                     4, 4, 5,  5,  6,  6,  7,  7,  8,  8,
                                                     9, 9, 10, 10, 11, 11, 12, 12, 13, 13};
/// The order in which the lengths of the code of lengths come.
constexpr std::array<std::uint8_t, 19> lengths_order{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                     11, 4,  12, 3, 13, 2, 14, 1, 15};

tl::unexpected<Error> broken(const char* why) { return refuse(reason::malformed, why); }

/// A canonical Huffman code: how many codes each length has, and the symbols in order.
struct Code {
  std::array<std::uint16_t, code_bits_max + 1> counts{};
  std::array<std::uint16_t, literals_max> symbols{};
};

/// Fails for lengths that no code has. Fewer codes than there is room for are allowed.
Result<Code> code_of(std::span<const std::uint8_t> lengths) {
  Code code;
  for (const std::uint8_t length : lengths) ++code.counts.at(length);
  code.counts[0] = 0;
  std::int32_t left = 1;
  std::array<std::uint16_t, code_bits_max + 2> offsets{};
  for (unsigned bits = 1; bits <= code_bits_max; ++bits) {
    left = 2 * left - code.counts.at(bits);
    if (left < 0) return broken("a Huffman code has too many words");
    offsets.at(bits + 1) = static_cast<std::uint16_t>(offsets.at(bits) + code.counts.at(bits));
  }
  for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
    if (lengths[symbol] == 0) continue;
    code.symbols.at(offsets.at(lengths[symbol])++) = static_cast<std::uint16_t>(symbol);
  }
  return code;
}

class Inflater {
 public:
  Inflater(ByteView stream, std::size_t size) : stream_(stream), size_(size) { out_.reserve(size); }

  Result<std::vector<std::uint8_t>> run() {
    bool is_last = false;
    while (!is_last) {
      OORT_TRY(const std::uint32_t last, bits(1));
      OORT_TRY(const std::uint32_t kind, bits(2));
      is_last = last == 1;
      if (kind == 0) {
        OORT_TRY(stored());
      } else if (kind == 1) {
        OORT_TRY(fixed());
      } else if (kind == 2) {
        OORT_TRY(dynamic());
      } else {
        return broken("a block of an unknown kind");
      }
    }
    if (out_.size() != size_) return broken("a stream of another size");
    return std::move(out_);
  }

  /// The bytes behind the last block.
  [[nodiscard]] ByteView rest() const { return stream_.subspan(at_); }

 private:
  Result<std::uint32_t> bits(unsigned count) {
    while (held_count_ < count) {
      if (at_ == stream_.size()) return broken("a stream ends early");
      held_ |= std::to_integer<std::uint32_t>(stream_[at_++]) << held_count_;
      held_count_ += 8;
    }
    const std::uint32_t value = held_ & ((std::uint32_t{1} << count) - 1);
    held_ >>= count;
    held_count_ -= count;
    return value;
  }

  Result<std::uint16_t> symbol(const Code& code) {
    std::int32_t word = 0;
    std::int32_t first = 0;
    std::int32_t index = 0;
    for (unsigned length = 1; length <= code_bits_max; ++length) {
      if (held_count_ == 0) {
        if (at_ == stream_.size()) return broken("a stream ends early");
        held_ = std::to_integer<std::uint32_t>(stream_[at_++]);
        held_count_ = 8;
      }
      word |= static_cast<std::int32_t>(held_ & 1U);
      held_ >>= 1U;
      --held_count_;
      const std::int32_t count = code.counts[length];
      if (word - count < first)
        return code.symbols.at(static_cast<std::size_t>(index + word - first));
      index += count;
      first = (first + count) * 2;
      word *= 2;
    }
    return broken("a word that the code lacks");
  }

  Result<void> stored() {
    held_ = 0;
    held_count_ = 0;
    OORT_TRY(const std::uint32_t count, bits(16));
    OORT_TRY(const std::uint32_t complement, bits(16));
    if ((count ^ complement) != 0xFFFFU) return broken("a stored block contradicts its length");
    if (stream_.size() - at_ < count || size_ - out_.size() < count) {
      return broken("a stored block is too long");
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      out_.push_back(std::to_integer<std::uint8_t>(stream_[at_++]));
    }
    return {};
  }

  Result<void> fixed() {
    std::array<std::uint8_t, literals_max> lengths{};
    for (std::size_t i = 0; i < literals_max; ++i) {
      lengths.at(i) = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    }
    std::array<std::uint8_t, distances_max> distances{};
    distances.fill(5);
    OORT_TRY(const Code literal_code, code_of(lengths));
    OORT_TRY(const Code distance_code, code_of(distances));
    return coded(literal_code, distance_code);
  }

  Result<void> dynamic() {
    OORT_TRY(const std::uint32_t literals, bits(5));
    OORT_TRY(const std::uint32_t distances, bits(5));
    OORT_TRY(const std::uint32_t words, bits(4));
    const std::size_t literals_count = literals + 257;
    const std::size_t count = literals_count + distances + 1;
    if (literals_count > 286 || distances + 1 > distances_max) return broken("too many lengths");
    std::array<std::uint8_t, 19> word_lengths{};
    for (std::size_t i = 0; i < words + 4; ++i) {
      OORT_TRY(const std::uint32_t length, bits(3));
      word_lengths.at(lengths_order.at(i)) = static_cast<std::uint8_t>(length);
    }
    OORT_TRY(const Code lengths_code, code_of(word_lengths));
    std::vector<std::uint8_t> lengths;
    while (lengths.size() < count) OORT_TRY(read_lengths(lengths_code, lengths, count));
    if (lengths[256] == 0) return broken("a block without an end");
    const std::span<const std::uint8_t> all(lengths);
    OORT_TRY(const Code literal_code, code_of(all.first(literals_count)));
    OORT_TRY(const Code distance_code, code_of(all.subspan(literals_count)));
    return coded(literal_code, distance_code);
  }

  /// One length, or a run of them.
  Result<void> read_lengths(const Code& code, std::vector<std::uint8_t>& lengths,
                            std::size_t count) {
    OORT_TRY(const std::uint16_t word, symbol(code));
    if (word < 16) {
      lengths.push_back(static_cast<std::uint8_t>(word));
      return {};
    }
    if (word == 16 && lengths.empty()) return broken("a run of nothing");
    OORT_TRY(const std::uint32_t more, bits(word == 16 ? 2 : word == 17 ? 3 : 7));
    const std::size_t run = more + (word == 18 ? 11 : 3);
    if (lengths.size() + run > count) return broken("too many lengths");
    lengths.insert(lengths.end(), run, word == 16 ? lengths.back() : std::uint8_t{0});
    return {};
  }

  Result<void> coded(const Code& literal_code, const Code& distance_code) {
    while (true) {
      OORT_TRY(const std::uint16_t literal, symbol(literal_code));
      if (literal == 256) return {};
      if (literal < 256) {
        if (out_.size() == size_) return broken("a stream is too long");
        out_.push_back(static_cast<std::uint8_t>(literal));
        continue;
      }
      if (literal > 285) return broken("a length that there is not");
      OORT_TRY(const std::uint32_t extra, bits(length_bits.at(literal - 257U)));
      const std::size_t length = length_bases.at(literal - 257U) + extra;
      OORT_TRY(const std::uint16_t far, symbol(distance_code));
      if (far >= distances_max) return broken("a distance that there is not");
      OORT_TRY(const std::uint32_t further, bits(distance_bits.at(far)));
      const std::size_t distance = distance_bases.at(far) + further;
      if (distance > out_.size() || size_ - out_.size() < length) {
        return broken("a copy from or to nowhere");
      }
      for (std::size_t i = 0; i < length; ++i) out_.push_back(out_[out_.size() - distance]);
    }
  }

  ByteView stream_;
  std::size_t size_;
  std::size_t at_ = 0;
  std::uint32_t held_ = 0;
  unsigned held_count_ = 0;
  std::vector<std::uint8_t> out_;
};

std::uint32_t adler32(std::span<const std::uint8_t> bytes) {
  std::uint32_t a = 1;
  std::uint32_t b = 0;
  for (const std::uint8_t byte : bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return b << 16U | a;
}

}  // namespace

Result<std::vector<std::uint8_t>> inflate_zlib(ByteView stream, std::size_t size) {
  if (stream.size() < 6) return broken("a stream without a header");
  const auto method = std::to_integer<std::uint32_t>(stream[0]);
  const auto flags = std::to_integer<std::uint32_t>(stream[1]);
  if ((method & 15U) != 8 || method >> 4U > 7 || (method * 256 + flags) % 31 != 0) {
    return broken("no zlib stream");
  }
  if ((flags & 32U) != 0) return refuse(reason::not_supported, "a preset dictionary");
  Inflater inflater(stream.subspan(2), size);
  OORT_TRY(std::vector<std::uint8_t> out, inflater.run());
  const ByteView check = inflater.rest();
  if (check.size() != 4) return broken("a stream does not end with its checksum");
  std::uint32_t stated = 0;
  for (const std::byte byte : check) stated = stated << 8U | std::to_integer<std::uint32_t>(byte);
  if (stated != adler32(out)) return refuse(reason::checksum_mismatch, "Adler-32 of a stream");
  return out;
}

}  // namespace oort::compute::builtin
