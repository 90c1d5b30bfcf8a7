// SPDX-License-Identifier: Apache-2.0
#include "bft/network_facts.hpp"

#include <algorithm>
#include <cstring>

#include "sim/signer.hpp"
#include "sim/trace.hpp"

namespace oort::bftsim {
namespace {

class CheapVerifier final : public consensus::Verifier {
 public:
  bool verify(const PublicKey& key, ByteView message,
              const Signature& signature) const noexcept override {
    return sim::cheap_verify(key, message, signature);
  }
};

class RealVerifier final : public consensus::Verifier {
 public:
  bool verify(const PublicKey& key, ByteView message,
              const Signature& signature) const noexcept override {
    return crypto::verify(key, message, signature);
  }
};

template <class Fixed>
Fixed draw_bytes(sim::Generator& random) {
  Fixed value;
  for (std::byte& byte : value.mutable_view()) byte = static_cast<std::byte>(random.below(256));
  return value;
}

crypto::KeyPair key_pair(std::uint64_t seed, std::uint64_t number) {
  sim::Generator random(seed * 1000 + number);
  return crypto::KeyPair(crypto::SecretSeed(draw_bytes<Bytes32>(random).array()));
}

Bytes32 digest(std::uint64_t domain, ByteView first, ByteView second) {
  Bytes32 result;
  for (std::uint64_t half = 0; half < 2; ++half) {
    sim::TraceHash hash;
    hash.mix(domain * 2 + half);
    hash.mix(first);
    hash.mix(second);
    const auto bytes = hash.bytes();
    std::memcpy(result.mutable_view().data() + half * 16, bytes.data(), 16);
  }
  return result;
}

}  // namespace

Facts::Facts(const Options& options) : options_(options) {
  sim::Generator random(options.seed ^ 0xfac75U);
  chain_ = draw_bytes<ChainId>(random);
  genesis_ = draw_bytes<BlockId>(random);
  if (options.has_real_signatures) {
    for (std::uint32_t i = 0; i < options.nodes; ++i) keys_.push_back(key_pair(options.seed, i));
    std::sort(keys_.begin(), keys_.end(),
              [](const auto& a, const auto& b) { return a.public_key() < b.public_key(); });
    for (const auto& keys : keys_) nodes_.push_back(keys.node_id());
    verifier_ = std::make_unique<RealVerifier>();
  } else {
    for (std::uint32_t i = 0; i < options.nodes; ++i) {
      nodes_.emplace_back(sim::cheap_public_key(options.seed * 1000 + i).array());
    }
    std::sort(nodes_.begin(), nodes_.end());
    verifier_ = std::make_unique<CheapVerifier>();
  }
  const std::uint64_t none = options.nodes;
  const std::uint64_t drawn = random.below(options.nodes);
  faulty_ = ValidatorIndex(static_cast<std::uint16_t>(options.fault == Fault::None ? none : drawn));
}

ValidatorIndex Facts::faulty(std::uint32_t i) const noexcept {
  return ValidatorIndex(static_cast<std::uint16_t>((faulty_.value() + i) % options_.nodes));
}

bool Facts::is_faulty(ValidatorIndex index) const noexcept {
  if (faulty_.value() >= options_.nodes) return false;
  for (std::uint32_t i = 0; i < options_.faulty_count; ++i) {
    if (index == faulty(i)) return true;
  }
  return false;
}

consensus::ValidatorSet Facts::make_set(std::uint64_t epoch) const {
  sim::Generator random(options_.seed * 31 + epoch);
  std::vector<consensus::Validator> validators;
  std::uint64_t total = 0;
  for (const NodeId& node : nodes_) {
    const std::uint64_t weight = options_.has_equal_weights ? 1 : random.between(4, 9);
    total += weight;
    validators.push_back({node, crypto::key_of(node), weight});
  }
  if (faulty_.value() < validators.size() && options_.faulty_count == 1) {
    std::uint64_t& weight = validators[faulty_.value()].weight;
    while (3 * weight >= total) {
      --weight;
      --total;
    }
    OORT_ASSERT(weight > 0, "four or more nodes leave room for one fault");
  }
  auto set = consensus::ValidatorSet::make(Epoch(epoch), std::move(validators));
  OORT_ASSERT(set.has_value(), "the generated set is valid");
  return *std::move(set);
}

const Facts::EpochFacts& Facts::epoch(std::uint64_t number) {
  auto found = epochs_.find(number);
  if (found == epochs_.end()) {
    EpochFacts facts;
    facts.set = make_set(number);
    facts.schedule = consensus::Schedule(facts.set, epoch_seed(number));
    found = epochs_.emplace(number, std::move(facts)).first;
  }
  return found->second;
}

const consensus::ValidatorSet& Facts::set(std::uint64_t number) { return epoch(number).set; }
const consensus::Schedule& Facts::schedule(std::uint64_t number) { return epoch(number).schedule; }

Bytes32 Facts::epoch_seed(std::uint64_t number) const {
  sim::Generator random(options_.seed * 77 + number);
  return draw_bytes<Bytes32>(random);
}

Signature Facts::sign(ValidatorIndex who, ByteView message) const {
  if (!keys_.empty()) return keys_[who.value()].sign(message);
  return sim::cheap_sign(crypto::key_of(node(who)), message);
}

std::unique_ptr<env::Signer> Facts::signer(ValidatorIndex who) const {
  if (!keys_.empty()) return crypto::local_signer(keys_[who.value()]);
  return sim::cheap_signer(crypto::key_of(node(who)));
}

Bytes32 Facts::execute(const Bytes32& state, const BlockId& block) {
  return digest(1, state.view(), block.view());
}
Bytes32 Facts::payload_root(ByteView payload) { return digest(2, payload, {}); }

}  // namespace oort::bftsim
