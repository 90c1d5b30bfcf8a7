// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/builtin/text.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "builtin/bytes_codec.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"

namespace oort::compute::builtin {
namespace {

constexpr std::uint8_t record_version = 1;
/// What replaces personal data is at most a sixth longer than the shortest that is replaced.
constexpr std::size_t scrubbed_bytes_max = text_bytes_max * 2;

Result<Language> decode_language(codec::Reader& in) {
  OORT_TRY(const std::uint8_t value, in.u8());
  const bool is_known = value <= static_cast<std::uint8_t>(Language::Dutch) ||
                        (value >= static_cast<std::uint8_t>(Language::Cyrillic) &&
                         value <= static_cast<std::uint8_t>(Language::Han));
  if (!is_known) return refuse(reason::bad_argument, "a language of an unknown number");
  return static_cast<Language>(value);
}

class TextWork final : public Work {
 public:
  TextWork(const TextParameters& parameters, const Vocabulary& vocabulary,
           std::vector<Bytes> documents)
      : parameters_(parameters), tokeniser_(vocabulary), documents_(std::move(documents)) {}

  [[nodiscard]] Cost cost() const override {
    Cost cost{
        .units = documents_.size(), .operations = 0, .memory_bytes = 0, .output_bytes_max = 5};
    for (const Bytes& document : documents_) {
      cost.operations += document.size() * (parameters_.makes_tokens ? 1200 : 200) + 100;
      cost.memory_bytes = std::max<std::uint64_t>(cost.memory_bytes, document.size() * 20);
      cost.output_bytes_max += largest_record(document.size());
    }
    return cost;
  }

  void unit(std::uint64_t index) override {
    const Bytes& document = documents_[index];
    DocumentRecord record;
    if (parameters_.scrubs) record.scrubbed = scrubbed(document);
    const Bytes& text = parameters_.scrubs ? record.scrubbed.text : document;
    if (parameters_.guesses_language) record.language = language_of(text);
    if (parameters_.makes_tokens) record.tokens = tokeniser_.tokens(text);
    output_.documents.push_back(std::move(record));
  }

  void save(codec::Writer& out) const override { encode(out, output_); }

  Result<void> load(codec::Reader& in, std::uint64_t units_done) override {
    OORT_TRY(decode(in, output_));
    if (output_.documents.size() != units_done) {
      return refuse(reason::bad_argument, "a checkpoint of another number of documents");
    }
    for (std::size_t i = 0; i < output_.documents.size(); ++i) {
      const DocumentRecord& record = output_.documents[i];
      const std::size_t size = record.scrubbed.text.size() + record.tokens.size() * 4;
      if (size + record_frame > largest_record(documents_[i].size())) {
        return refuse(reason::bad_argument, "a checkpoint with a document that is too large");
      }
    }
    return {};
  }

  [[nodiscard]] Bytes output() const override { return codec::to_bytes(output_); }

 private:
  static constexpr std::size_t record_frame = 1 + 4 + personal_kinds * 4 + 4;

  [[nodiscard]] std::uint64_t largest_record(std::size_t document_bytes) const {
    const std::uint64_t text_bytes = document_bytes * (parameters_.scrubs ? 2U : 1U);
    return record_frame + (parameters_.scrubs ? text_bytes : 0) +
           (parameters_.makes_tokens ? text_bytes * 4 : 0);
  }

  TextParameters parameters_;
  Tokeniser tokeniser_;
  std::vector<Bytes> documents_;
  TextOutput output_;
};

}  // namespace

void encode(codec::Writer& out, const TextParameters& value) {
  out.u8(record_version);
  out.boolean(value.scrubs);
  out.boolean(value.guesses_language);
  out.boolean(value.makes_tokens);
}

Result<void> decode(codec::Reader& in, TextParameters& value) {
  OORT_TRY(expect_version(in, record_version, "text parameters"));
  OORT_TRY(value.scrubs, in.boolean());
  OORT_TRY(value.guesses_language, in.boolean());
  OORT_TRY(value.makes_tokens, in.boolean());
  return {};
}

void encode(codec::Writer& out, const DocumentRecord& value) {
  out.u8(static_cast<std::uint8_t>(value.language));
  out.blob(value.scrubbed.text);
  for (const std::uint32_t count : value.scrubbed.counts) out.u32(count);
  codec::encode_vector(out, value.tokens);
}

Result<void> decode(codec::Reader& in, DocumentRecord& value) {
  OORT_TRY(value.language, decode_language(in));
  OORT_TRY(const ByteView text, in.blob(scrubbed_bytes_max));
  value.scrubbed.text = to_bytes(text);
  for (std::uint32_t& count : value.scrubbed.counts) {
    OORT_TRY(count, in.u32());
  }
  return codec::decode_vector(in, value.tokens, scrubbed_bytes_max);
}

void encode(codec::Writer& out, const TextOutput& value) {
  out.u8(record_version);
  codec::encode_vector(out, value.documents);
}

Result<void> decode(codec::Reader& in, TextOutput& value) {
  OORT_TRY(expect_version(in, record_version, "a text output"));
  return codec::decode_vector(in, value.documents, inputs_count_max);
}

Result<std::unique_ptr<Work>> start_text(ByteView parameters, std::vector<Bytes> inputs,
                                         const Kernels&) {
  OORT_TRY(const TextParameters read, codec::from_bytes<TextParameters>(parameters));
  Vocabulary vocabulary;
  if (read.makes_tokens) {
    if (inputs.empty()) return refuse(reason::bad_argument, "tokens take a vocabulary");
    OORT_TRY(vocabulary, codec::from_bytes<Vocabulary>(inputs.front()));
    inputs.erase(inputs.begin());
  }
  for (const Bytes& document : inputs) {
    if (document.size() > text_bytes_max) return refuse(reason::too_large, "a text is too long");
  }
  return std::make_unique<TextWork>(read, vocabulary, std::move(inputs));
}

}  // namespace oort::compute::builtin
