// SPDX-License-Identifier: Apache-2.0
#include "state/proof.hpp"

#include <algorithm>

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"

namespace oort::ledger::state {
namespace {

constexpr std::uint8_t proof_version = 1;
enum class Node : std::uint8_t { Cut = 0, Leaf = 1, Branch = 2, Empty = 3 };

/// What is known of all keys of a subtree before it is opened: their first bits.
struct Known {
  Bytes prefix;
  std::size_t bits = 0;
  /// The prefix is a whole key: the mark after it is 0.
  bool is_ended = false;
};

/// The known bits of one side of a branch at `bit` below `prefix`.
Known side_of(ByteView prefix, std::size_t bit, bool is_right) {
  Known known{to_bytes(prefix), bit + 1, false};
  if (bit % 9 == 0) {
    if (is_right) known.prefix.push_back(std::byte{0});
    known.is_ended = !is_right;
    return known;
  }
  if (is_right) {
    known.prefix.back() |= static_cast<std::byte>(static_cast<std::uint8_t>(1U << (8 - bit % 9)));
  }
  return known;
}

struct Range {
  ByteView first;
  ByteView end;

  [[nodiscard]] bool contains(ByteView key) const noexcept {
    return !less(key, first) && (end.empty() || less(key, end));
  }
  /// Whether a key with these first bits may lie in the range.
  [[nodiscard]] bool touches(const Known& known) const noexcept {
    if (known.is_ended) return contains(known.prefix);
    const bool is_below = !has_prefix(first, known.prefix, known.bits) && less(known.prefix, first);
    const bool is_above =
        !end.empty() && !has_prefix(end, known.prefix, known.bits) && less(end, known.prefix);
    return !is_below && !is_above;
  }
  static bool less(ByteView a, ByteView b) noexcept {
    return std::ranges::lexicographical_compare(a, b);
  }
};

tl::unexpected<Error> bad_proof(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::bad_proof, std::move(detail));
}

class Prover {
 public:
  Prover(Range range, LoadPage load) : range_(range), load_(std::move(load)) {}

  Result<TreeProof> run(std::span<const Entry> root) {
    out_.u8(proof_version);
    if (root.empty()) {
      out_.u8(static_cast<std::uint8_t>(Node::Empty));
    } else {
      OORT_TRY(write(root, Known{}));
    }
    return TreeProof{std::move(out_).take()};
  }

 private:
  Result<void> write(std::span<const Entry> entries, const Known& known) {
    if (out_.bytes().size() > tree_proof_bytes_max) {
      return fail(ErrorCode::OutOfRange, reason::too_large, "the range is too long for one proof");
    }
    if (!range_.touches(known)) {
      out_.u8(static_cast<std::uint8_t>(Node::Cut));
      encode(out_, hash_of(entries));
      return {};
    }
    if (entries.size() > 1) return write_branch(entries);
    const Entry& entry = entries.front();
    if (entry.is_page) {
      OORT_TRY(const PagePtr page, load_(entry));
      return write_branch(page->entries);
    }
    out_.u8(static_cast<std::uint8_t>(Node::Leaf));
    out_.blob(entry.key);
    encode(out_, entry.value_hash);
    return {};
  }

  Result<void> write_branch(std::span<const Entry> entries) {
    const Division division = divide(entries);
    const Bytes prefix = prefix_of(entries.front().key, division.bit);
    out_.u8(static_cast<std::uint8_t>(Node::Branch));
    out_.u16(static_cast<std::uint16_t>(division.bit));
    out_.raw(prefix);
    OORT_TRY(write(entries.first(division.middle), side_of(prefix, division.bit, false)));
    return write(entries.subspan(division.middle), side_of(prefix, division.bit, true));
  }

  Range range_;
  LoadPage load_;
  codec::Writer out_;
};

/// Reads a proof, checks that it opens exactly what the range touches, and computes its root.
class Checker {
 public:
  Checker(Range range, ByteView bytes) : range_(range), in_(bytes) {}

  Result<Bytes32> run() {
    OORT_TRY(const std::uint8_t version, in_.u8());
    if (version != proof_version) return bad_proof("unknown version of a tree proof");
    if (!in_.rest().empty() && in_.rest().front() == static_cast<std::byte>(Node::Empty)) {
      OORT_TRY(in_.u8());
      OORT_TRY(in_.finish());
      return Bytes32{};
    }
    OORT_TRY(const Bytes32 root, read(Known{}));
    OORT_TRY(in_.finish());
    return root;
  }
  [[nodiscard]] std::vector<ProvenValue> take() && { return std::move(values_); }

 private:
  Result<Bytes32> read(const Known& known) {
    OORT_TRY(const std::uint8_t kind, in_.u8());
    const bool is_cut = kind == static_cast<std::uint8_t>(Node::Cut);
    if (is_cut == range_.touches(known)) {
      return bad_proof(is_cut ? "a part of the range is cut away"
                              : "more is opened than is proven");
    }
    if (is_cut) {
      Bytes32 hash;
      OORT_TRY(decode(in_, hash));
      return hash;
    }
    if (kind == static_cast<std::uint8_t>(Node::Leaf)) return read_leaf(known);
    if (kind == static_cast<std::uint8_t>(Node::Branch)) return read_branch(known);
    return bad_proof("unknown kind of node");
  }

  Result<Bytes32> read_leaf(const Known& known) {
    OORT_TRY(const ByteView key, in_.blob(state_key_bytes_max));
    Bytes32 value_hash;
    OORT_TRY(decode(in_, value_hash));
    if (!is_below(known, key, bits_of(key))) return bad_proof("a leaf stands in a wrong place");
    if (range_.contains(key)) values_.push_back({to_bytes(key), value_hash});
    return leaf_hash(key, value_hash);
  }

  Result<Bytes32> read_branch(const Known& known) {
    OORT_TRY(const std::uint16_t bits, in_.u16());
    if (bits > 9 * state_key_bytes_max) return bad_proof("a branch lies deeper than keys are long");
    OORT_TRY(const ByteView prefix, in_.raw(prefix_bytes(bits)));
    if (!std::ranges::equal(prefix_of(prefix, bits), prefix)) {
      return bad_proof("a prefix has bits beyond its end");
    }
    if (bits < known.bits || known.is_ended || !is_below(known, prefix, bits)) {
      return bad_proof("a branch stands in a wrong place");
    }
    OORT_TRY(const Bytes32 left, read(side_of(prefix, bits, false)));
    OORT_TRY(const Bytes32 right, read(side_of(prefix, bits, true)));
    return branch_hash(bits, prefix, left, right);
  }

  static bool is_below(const Known& known, ByteView key, std::size_t bits) {
    if (known.is_ended) return std::ranges::equal(known.prefix, key);
    return bits >= known.bits && has_prefix(key, known.prefix, known.bits);
  }

  Range range_;
  codec::Reader in_;
  std::vector<ProvenValue> values_;
};

}  // namespace

Bytes after(ByteView key) {
  Bytes next = to_bytes(key);
  next.push_back(std::byte{0});
  return next;
}

Result<Opened> open_range(const TreeProof& proof, ByteView first, ByteView end) {
  if (proof.bytes.size() > 2 * tree_proof_bytes_max) return bad_proof("the proof is too long");
  if (!end.empty() && !Range::less(first, end)) return bad_proof("the range is empty");
  Checker checker({first, end}, proof.bytes);
  auto root = checker.run();
  if (!root) return bad_proof(root.error().detail());
  return Opened{*root, std::move(checker).take()};
}

Result<TreeProof> make_proof(std::span<const Entry> root, ByteView first, ByteView end,
                             LoadPage load) {
  if (!end.empty() && !Range::less(first, end)) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument, "the range is empty");
  }
  return Prover({first, end}, std::move(load)).run(root);
}

}  // namespace oort::ledger::state

namespace oort::ledger {

Result<std::optional<Bytes32>> verify_value(const Bytes32& root, const TreeProof& proof,
                                            ByteView key) {
  OORT_TRY(const auto values, verify_range(root, proof, key, state::after(key)));
  if (values.empty()) return std::optional<Bytes32>();
  OORT_ASSERT(values.size() == 1 && std::ranges::equal(values.front().key, key),
              "a range of one key holds no other");
  return std::optional<Bytes32>(values.front().value_hash);
}

Result<std::vector<ProvenValue>> verify_range(const Bytes32& root, const TreeProof& proof,
                                              ByteView first, ByteView end) {
  OORT_TRY(auto opened, state::open_range(proof, first, end));
  if (opened.root != root) return state::bad_proof("the path does not lead to the root");
  return std::move(opened.values);
}

}  // namespace oort::ledger
