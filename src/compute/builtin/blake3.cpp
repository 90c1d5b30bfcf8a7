// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/builtin/blake3.hpp"

#include <algorithm>
#include <utility>

#include "builtin/bytes_codec.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/crypto/tree_leaves.hpp"

namespace oort::compute::builtin {
namespace {

constexpr std::uint8_t record_version = 1;
constexpr std::uint64_t unit_bytes = std::uint64_t{1} << 18U;
constexpr std::uint64_t unit_leaves = unit_bytes / crypto::tree_leaf_bytes;
/// No tree of a 64-bit size is deeper.
constexpr std::size_t siblings_max = 52;

std::uint64_t units_of(std::uint64_t size) {
  return size == 0 ? 1 : (size + unit_bytes - 1) / unit_bytes;
}

void encode_proof(codec::Writer& out, const LeafProof& value) {
  out.u32(value.input);
  out.u64(value.proof.size);
  out.u64(value.proof.leaf);
  codec::encode_vector(out, value.proof.siblings);
}

Result<LeafProof> decode_proof(codec::Reader& in) {
  LeafProof value;
  OORT_TRY(value.input, in.u32());
  OORT_TRY(value.proof.size, in.u64());
  OORT_TRY(value.proof.leaf, in.u64());
  OORT_TRY(codec::decode_vector(in, value.proof.siblings, siblings_max));
  return value;
}

class Blake3Work final : public Work {
 public:
  Blake3Work(Blake3Parameters parameters, std::vector<Bytes> inputs)
      : parameters_(std::move(parameters)), inputs_(std::move(inputs)) {
    for (const Bytes& input : inputs_) {
      units_ += units_of(input.size());
      bytes_ += input.size();
    }
  }

  [[nodiscard]] Cost cost() const override {
    return {.units = units_,
            .operations = bytes_ * 8,
            .memory_bytes = bytes_ / crypto::tree_leaf_bytes * 32,
            .output_bytes_max =
                9 + inputs_.size() * 40 + parameters_.proofs.size() * (24 + siblings_max * 32)};
  }

  void unit(std::uint64_t) override {
    const Bytes& input = inputs_[output_.inputs.size()];
    const std::uint64_t begin = leaves_.size() * crypto::tree_leaf_bytes;
    const std::uint64_t size = std::min<std::uint64_t>(unit_bytes, input.size() - begin);
    const ByteView piece = ByteView(input).subspan(begin, size);
    const auto values = crypto::tree_leaf_values(piece, leaves_.size(), input.size());
    leaves_.insert(leaves_.end(), values.begin(), values.end());
    if (leaves_.size() == crypto::tree_leaves_count(input.size())) finish_input();
  }

  void save(codec::Writer& out) const override {
    encode(out, output_);
    for (const Bytes32& leaf : leaves_) encode(out, leaf);
  }

  Result<void> load(codec::Reader& in, std::uint64_t units_done) override {
    OORT_TRY(decode(in, output_));
    if (output_.inputs.size() > inputs_.size()) {
      return refuse(reason::bad_argument, "a checkpoint of more inputs than there are");
    }
    std::uint64_t units_before = 0;
    for (std::size_t i = 0; i < output_.inputs.size(); ++i) {
      if (output_.inputs[i].size != inputs_[i].size()) {
        return refuse(reason::bad_argument, "a checkpoint of an input of another size");
      }
      units_before += units_of(inputs_[i].size());
    }
    if (output_.proofs.size() != proofs_before(output_.inputs.size())) {
      return refuse(reason::bad_argument, "a checkpoint of other proofs");
    }
    if (units_done < units_before) {
      return refuse(reason::bad_argument, "a checkpoint with too many inputs");
    }
    const std::uint64_t units_within = units_done - units_before;
    if (units_within > 0 && (output_.inputs.size() == inputs_.size() ||
                             units_within >= units_of(inputs_[output_.inputs.size()].size()))) {
      return refuse(reason::bad_argument, "a checkpoint with too few inputs");
    }
    if (in.rest().size() != units_within * unit_leaves * 32) {
      return refuse(reason::malformed, "a checkpoint with another number of leaves");
    }
    leaves_.resize(units_within * unit_leaves);
    for (Bytes32& leaf : leaves_) OORT_TRY(codec::decode(in, leaf));
    return {};
  }

  [[nodiscard]] Bytes output() const override { return codec::to_bytes(output_); }

 private:
  [[nodiscard]] std::size_t proofs_before(std::size_t input) const {
    return static_cast<std::size_t>(
        std::count_if(parameters_.proofs.begin(), parameters_.proofs.end(),
                      [&](const LeafRef& ref) { return ref.input < input; }));
  }

  void finish_input() {
    const std::size_t index = output_.inputs.size();
    const std::uint64_t size = inputs_[index].size();
    const TreeRoot root = crypto::root_of_leaves(leaves_, size);
    for (const LeafRef& ref : parameters_.proofs) {
      if (ref.input != index) continue;
      output_.proofs.push_back({ref.input, crypto::tree_prove(leaves_, size, ref.leaf)});
    }
    output_.inputs.push_back({size, Bytes32(root.array())});
    leaves_.clear();
  }

  Blake3Parameters parameters_;
  std::vector<Bytes> inputs_;
  std::uint64_t units_ = 0;
  std::uint64_t bytes_ = 0;
  Blake3Output output_;
  std::vector<Bytes32> leaves_;
};

}  // namespace

void encode(codec::Writer& out, const Blake3Parameters& value) {
  out.u8(record_version);
  out.u32(static_cast<std::uint32_t>(value.proofs.size()));
  for (const LeafRef& ref : value.proofs) {
    out.u32(ref.input);
    out.u64(ref.leaf);
  }
}

Result<void> decode(codec::Reader& in, Blake3Parameters& value) {
  OORT_TRY(expect_version(in, record_version, "blake3 parameters"));
  OORT_TRY(const std::uint32_t count, in.count(proofs_count_max, 12));
  value.proofs.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    LeafRef ref;
    OORT_TRY(ref.input, in.u32());
    OORT_TRY(ref.leaf, in.u64());
    if (i > 0 && !(value.proofs.back() < ref)) {
      return refuse(reason::not_canonical, "leaves to prove are in ascending order");
    }
    value.proofs.push_back(ref);
  }
  return {};
}

void encode(codec::Writer& out, const Blake3Output& value) {
  out.u8(record_version);
  out.u32(static_cast<std::uint32_t>(value.inputs.size()));
  for (const InputHash& input : value.inputs) {
    out.u64(input.size);
    encode(out, input.root);
  }
  out.u32(static_cast<std::uint32_t>(value.proofs.size()));
  for (const LeafProof& proof : value.proofs) encode_proof(out, proof);
}

Result<void> decode(codec::Reader& in, Blake3Output& value) {
  OORT_TRY(expect_version(in, record_version, "a blake3 output"));
  OORT_TRY(const std::uint32_t inputs_count, in.count(inputs_count_max, 40));
  value.inputs.clear();
  for (std::uint32_t i = 0; i < inputs_count; ++i) {
    InputHash input;
    OORT_TRY(input.size, in.u64());
    OORT_TRY(codec::decode(in, input.root));
    value.inputs.push_back(input);
  }
  OORT_TRY(const std::uint32_t proofs_count, in.count(proofs_count_max, 24));
  value.proofs.clear();
  for (std::uint32_t i = 0; i < proofs_count; ++i) {
    OORT_TRY(LeafProof proof, decode_proof(in));
    value.proofs.push_back(std::move(proof));
  }
  return {};
}

Result<std::unique_ptr<Work>> start_blake3(ByteView parameters, std::vector<Bytes> inputs,
                                           const Kernels&) {
  OORT_TRY(Blake3Parameters read, codec::from_bytes<Blake3Parameters>(parameters));
  for (const LeafRef& ref : read.proofs) {
    if (ref.input >= inputs.size() ||
        ref.leaf >= crypto::tree_leaves_count(inputs[ref.input].size())) {
      return refuse(reason::bad_argument, "a proof of a leaf that is not there");
    }
  }
  return std::make_unique<Blake3Work>(std::move(read), std::move(inputs));
}

}  // namespace oort::compute::builtin
