// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/kernels.hpp"
#include "oort/compute/builtin/run.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"

/// `text` version 1: scrubs personal data, guesses the language, cuts into tokens. Inputs: the
/// vocabulary where tokens are asked for, then one document of UTF-8 each (broken bytes are kept
/// and belong to no word). A unit is one document.
///
/// Invariants
///   N1  The tokens of a text, put together, are the text again.
///   N2  What is scrubbed is replaced by its kind in brackets, and nothing else changes.
///   N3  A card has a valid Luhn digit and an IBAN a valid remainder; other numbers stay.
///   N4  A language is guessed by its commonest trigrams, in integers, the first of equals.
namespace oort::compute::builtin {

inline constexpr std::size_t text_bytes_max = std::size_t{1} << 20U;
inline constexpr std::size_t merges_count_max = std::size_t{1} << 18U;

/// Byte-level pair encoding: tokens 0 to 255 are bytes, token 256 + i joins the pair `merges[i]`,
/// and of two pairs in a word the one of the lower number is joined first.
struct Vocabulary {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> merges;
};
void encode(codec::Writer& out, const Vocabulary& value);
/// Fails with BAD_ARGUMENT for a pair of tokens that do not exist yet, or that comes twice.
[[nodiscard]] Result<void> decode(codec::Reader& in, Vocabulary& value);

class Tokeniser {
 public:
  explicit Tokeniser(const Vocabulary& vocabulary);
  /// Words are runs of letters, digits or others, with the one space before them, of at most 64
  /// bytes; no pair reaches over the end of a word.
  [[nodiscard]] std::vector<std::uint32_t> tokens(ByteView text) const;
  /// The bytes that a token stands for. Requires: the token exists.
  [[nodiscard]] Bytes bytes_of(std::uint32_t token) const;

 private:
  void append_word(ByteView word, std::vector<std::uint32_t>& tokens) const;
  [[nodiscard]] std::uint32_t rank_of(std::uint32_t left, std::uint32_t right) const;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> merges_;
  /// The pair as one number, and its place in `merges_`; ascending.
  std::vector<std::pair<std::uint64_t, std::uint32_t>> ranks_;
};

enum class Language : std::uint8_t {
  Unknown = 0,
  English = 1,
  German = 2,
  French = 3,
  Spanish = 4,
  Italian = 5,
  Portuguese = 6,
  Dutch = 7,
  // A script that several languages share stands for them.
  Cyrillic = 64,
  Greek = 65,
  Arabic = 66,
  Hebrew = 67,
  Devanagari = 68,
  Thai = 69,
  Hangul = 70,
  Kana = 71,
  Han = 72,
};
/// Unknown below twelve letters.
[[nodiscard]] Language language_of(ByteView text);

enum class Personal : std::uint8_t { Email, Iban, Ipv6, Ipv4, Card, Phone };
inline constexpr std::size_t personal_kinds = 6;
[[nodiscard]] std::string_view replacement_of(Personal kind) noexcept;

struct Scrubbed {
  Bytes text;
  std::array<std::uint32_t, personal_kinds> counts{};  ///< By kind.
};
[[nodiscard]] Scrubbed scrubbed(ByteView text);

struct TextParameters {
  bool scrubs = true;
  bool guesses_language = true;
  bool makes_tokens = false;  ///< Of the scrubbed text; the first input is the vocabulary then.
};
void encode(codec::Writer& out, const TextParameters& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, TextParameters& value);

/// What was not asked for is empty, zero or unknown.
struct DocumentRecord {
  Language language = Language::Unknown;
  Scrubbed scrubbed;
  std::vector<std::uint32_t> tokens;
};
void encode(codec::Writer& out, const DocumentRecord& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, DocumentRecord& value);
struct TextOutput {
  std::vector<DocumentRecord> documents;
};
void encode(codec::Writer& out, const TextOutput& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, TextOutput& value);

[[nodiscard]] Result<std::unique_ptr<Work>> start_text(ByteView parameters,
                                                       std::vector<Bytes> inputs,
                                                       const Kernels& kernels);

}  // namespace oort::compute::builtin
