// SPDX-License-Identifier: Apache-2.0
#include "oort/consensus/validator_set.hpp"

#include <algorithm>

#include "oort/codec/codec.hpp"
#include "oort/consensus/mutants.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/limits.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::consensus {
namespace {

constexpr crypto::Context set_context{"oort.v1 validator set"};
constexpr crypto::Context schedule_context{"oort.v1 leader schedule"};
/// Turns of one cycle, per validator.
constexpr std::size_t turns_per_validator = 32;

tl::unexpected<Error> refused(const char* why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument, why);
}

// An endless run of numbers that everyone draws alike from one seed.
class Draws {
 public:
  explicit Draws(const Bytes32& seed) noexcept : seed_(seed) {}

  // Uniform in [0, bound): draws from the incomplete last multiple of `bound` are thrown away.
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t excess = (~std::uint64_t{0} % bound + 1) % bound;
    std::uint64_t drawn = next();
    while (drawn > ~std::uint64_t{0} - excess) drawn = next();
    return drawn % bound;
  }

 private:
  std::uint64_t next() {
    if (left_ == 0) {
      codec::Writer counter;
      counter.u64(blocks_count_++);
      block_ = crypto::hash(schedule_context, seed_.view(), counter.bytes());
      left_ = Bytes32::size_bytes / sizeof(std::uint64_t);
    }
    --left_;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(value); ++i) {
      const auto byte = block_.array()[left_ * sizeof(value) + i];
      value |= std::to_integer<std::uint64_t>(byte) << (8 * i);
    }
    return value;
  }

  Bytes32 seed_;
  Bytes32 block_;
  std::uint64_t blocks_count_ = 0;
  std::size_t left_ = 0;
};

}  // namespace

Result<ValidatorSet> ValidatorSet::make(Epoch epoch, std::vector<Validator> validators) {
  if (validators.empty()) return refused("a validator set is not empty");
  if (validators.size() > limits::validators_count_max) return refused("too many validators");
  std::sort(validators.begin(), validators.end(),
            [](const Validator& a, const Validator& b) { return a.node < b.node; });
  std::vector<PublicKey> keys;
  ValidatorSet set;
  set.epoch_ = epoch;
  for (std::size_t i = 0; i < validators.size(); ++i) {
    const Validator& validator = validators[i];
    if (i > 0 && validators[i - 1].node == validator.node) return refused("a node stands twice");
    if (validator.weight == 0) return refused("a validator's weight is 1 or more");
    if (validator.weight > limits::validator_weight_total_max - set.weight_total_) {
      return refused("the weights add up to more than 2^60");
    }
    set.weight_total_ += validator.weight;
    keys.push_back(validator.key);
  }
  std::sort(keys.begin(), keys.end());
  if (std::adjacent_find(keys.begin(), keys.end()) != keys.end()) {
    return refused("a key stands twice");
  }
  set.validators_ = std::move(validators);
  set.hash_ = crypto::hash(set_context, codec::to_bytes(set));
  return set;
}

std::optional<ValidatorIndex> ValidatorSet::index_of(const NodeId& node) const noexcept {
  const auto at = std::lower_bound(
      validators_.begin(), validators_.end(), node,
      [](const Validator& validator, const NodeId& wanted) { return validator.node < wanted; });
  if (at == validators_.end() || at->node != node) return std::nullopt;
  return ValidatorIndex(static_cast<std::uint16_t>(at - validators_.begin()));
}

std::uint64_t ValidatorSet::quorum() const noexcept {
  // floor(2 W / 3), without a product that could overflow.
  const std::uint64_t two_thirds = weight_total_ / 3 * 2 + weight_total_ % 3 * 2 / 3;
  if (is_mutant(Mutant::QuorumOffByOne)) return two_thirds;
  if (is_mutant(Mutant::QuorumByHalf)) return weight_total_ / 2 + 1;
  return two_thirds + 1;
}

void encode(codec::Writer& out, const Validator& value) {
  encode(out, value.node);
  encode(out, value.key);
  out.u64(value.weight);
}

Result<void> decode(codec::Reader& in, Validator& value) {
  OORT_TRY(decode(in, value.node));
  OORT_TRY(decode(in, value.key));
  return decode(in, value.weight);
}

void encode(codec::Writer& out, const ValidatorSet& value) {
  encode(out, value.epoch());
  codec::encode_vector(out, value.validators());
}

Result<void> decode(codec::Reader& in, ValidatorSet& value) {
  Epoch epoch;
  std::vector<Validator> validators;
  OORT_TRY(decode(in, epoch));
  OORT_TRY(codec::decode_vector(in, validators, limits::validators_count_max));
  const auto is_ascending = [](const Validator& a, const Validator& b) { return a.node < b.node; };
  if (!std::is_sorted(validators.begin(), validators.end(), is_ascending)) {
    return fail(ErrorCode::InvalidArgument, reason::not_canonical, "validators ascend by node");
  }
  auto made = ValidatorSet::make(epoch, std::move(validators));
  if (!made) {
    return fail(ErrorCode::InvalidArgument, reason::not_canonical, made.error().detail());
  }
  value = *std::move(made);
  return {};
}

Schedule::Schedule(const ValidatorSet& set, const Bytes32& seed) {
  OORT_ASSERT(set.count() > 0, "only a set that was made has a schedule");
  const std::size_t count = set.count();
  // Smooth weighted round-robin: everyone gains its weight each turn, the richest leads and pays
  // the total. Credits stay within ± the total, which is at most 2^60.
  std::vector<std::int64_t> credits(count, 0);
  turns_.reserve(count * turns_per_validator);
  for (std::size_t turn = 0; turn < count * turns_per_validator; ++turn) {
    std::size_t richest = 0;
    for (std::size_t i = 0; i < count; ++i) {
      credits[i] += static_cast<std::int64_t>(set.validators()[i].weight);
      if (credits[i] > credits[richest]) richest = i;
    }
    credits[richest] -= static_cast<std::int64_t>(set.weight_total());
    turns_.emplace_back(static_cast<std::uint16_t>(richest));
  }
  // Shuffling only within runs of `count` turns keeps a validator's turns apart.
  Draws draws(seed);
  for (std::size_t run = 0; run < turns_.size(); run += count) {
    for (std::size_t i = count - 1; i > 0; --i) {
      std::swap(turns_[run + i], turns_[run + draws.below(i + 1)]);
    }
  }
}

}  // namespace oort::consensus
