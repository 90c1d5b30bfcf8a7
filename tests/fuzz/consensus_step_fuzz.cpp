// SPDX-License-Identifier: Apache-2.0
// The input is a script: each step begins with a code, and the rest says who, where and what. All
// keys are known, so votes, certificates and proposals of any form verify; whatever the others do,
// this engine must not contradict itself, and must not fail an assertion.
#include <map>
#include <vector>

#include "../consensus/builders.hpp"
#include "oort/core/assert.hpp"

namespace oort::consensus {
namespace {

class Script {
 public:
  explicit Script(std::span<const std::uint8_t> rest) : rest_(rest) {}
  [[nodiscard]] bool is_over() const { return rest_.empty(); }
  std::uint8_t next() {
    if (rest_.empty()) return 0;
    const std::uint8_t byte = rest_.front();
    rest_ = rest_.subspan(1);
    return byte;
  }
  Bytes take(std::size_t size) {
    const auto part = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(part.size());
    return to_bytes(std::as_bytes(part));
  }

 private:
  std::span<const std::uint8_t> rest_;
};

class Play {
 public:
  void start() {
    Start start;
    start.recovered.record = SignerRecord{};
    give(std::move(start));
  }
  void act(Script& script) {
    const std::uint8_t code = script.next();
    const auto peer = static_cast<std::uint16_t>(script.next() % 4);
    switch (code % 9) {
      case 0: return hear(peer, message::vote, test::sign(epoch_, peer, ballot(script)));
      case 1: return hear(peer, message::certificate, certificate(script));
      case 2: return propose(script);
      case 3: {
        now_ = now_ + Duration(script.next() * std::int64_t{10'000'000});
        return give(TimerFired{static_cast<Timer>(script.next() % timers_count)});
      }
      case 4: return give(Persisted{token_});
      case 5: {
        if (asked_.empty()) return;
        const BlockId id = asked_.back();
        asked_.pop_back();
        const std::uint8_t verdict = script.next() % 8;
        return give(PayloadChecked{id, verdict > 1, verdict == 1});
      }
      case 6: {
        const auto type = static_cast<env::MessageType>(message::proposal + script.next() % 7);
        return give(
            MessageReceived{node(peer), type, std::make_shared<const Bytes>(script.take(40))});
      }
      case 7: return give(PayloadBuilt{core_.diagnose().view, {}, {}});
      default: return give(PayloadReady{script.next() % 2 == 0});
    }
  }

 private:
  [[nodiscard]] NodeId node(std::uint16_t i) const {
    return epoch_.validators[ValidatorIndex(i)].node;
  }
  // Views near the present are where things happen.
  [[nodiscard]] std::uint64_t view(Script& script) const {
    const std::uint64_t base = core_.diagnose().view.value();
    const std::uint64_t shift = script.next() % 6;
    return base + shift > 3 ? base + shift - 3 : 1;
  }
  [[nodiscard]] BlockId block(Script& script) const {
    if (blocks_.empty()) return test::filled<BlockId>(1);
    return blocks_[script.next() % blocks_.size()];
  }
  Ballot ballot(Script& script) const {
    const std::uint64_t in = view(script);
    switch (script.next() % 3) {
      case 0: return test::notarize(in, block(script));
      case 1: return test::finalize(in, block(script));
      default: return test::nullify(1 + script.next() % in, in);
    }
  }
  Certificate certificate(Script& script) const {
    return test::certify(epoch_, {0, 1, 2}, ballot(script));
  }
  void propose(Script& script) {
    Justification justification;
    Header header = test::make_header(epoch_, view(script));
    header.height = Height(101 + script.next() % 8);
    header.time_ms = 1001 + script.next();
    if (script.next() % 2 == 0) {
      header.parent = block(script);
      header.parent_view = View(script.next() % header.view.value());
      justification.parent = test::certify(
          epoch_, {0, 1, 2}, test::notarize(header.parent_view.value(), header.parent));
      if (header.parent_view.value() == 0) return;
    }
    if (header.parent_view.next() < header.view) {
      justification.skips.push_back(
          test::certify(epoch_, {0, 1, 2},
                        test::nullify(header.parent_view.value() + 1, header.view.value() - 1)));
    }
    header.justification = hash_of(justification);
    blocks_.push_back(id_of(header));
    const auto bytes = encode_proposal(test::sign(epoch_, header), justification, {});
    give(MessageReceived{node(header.proposer.value()), message::proposal, bytes});
  }
  template <class T>
  void hear(std::uint16_t from, env::MessageType type, const T& value) {
    give(MessageReceived{node(from), type, std::make_shared<const Bytes>(codec::to_bytes(value))});
  }
  void give(decltype(Input::event) event) {
    const Outputs outputs = core_.step({now_, {2000}, std::move(event)});
    for (const Output& output : outputs) {
      if (const auto* persist = std::get_if<Persist>(&output)) token_ = persist->token;
      if (const auto* check = std::get_if<CheckPayload>(&output)) {
        asked_.push_back(check->block->id);
      }
      const auto* sent = std::get_if<Broadcast>(&output);
      if (sent != nullptr && sent->type == message::vote) remember(*sent->bytes);
    }
  }
  void remember(const Bytes& bytes) {
    const Vote vote = codec::from_bytes<Vote>(bytes).value();
    for (const Vote& other : sent_) {
      OORT_ASSERT(!contradiction(vote, other), "a correct engine contradicts nothing it signed");
    }
    sent_.push_back(vote);
  }

  EpochStart epoch_ = test::make_epoch();
  std::unique_ptr<env::Signer> signer_ =
      sim::cheap_signer(epoch_.validators[ValidatorIndex(3)].key);
  Config config_ = [] {
    Config config;
    // Scripts hold its key too.
    config.refuses_second_instance = false;
    return config;
  }();
  Core core_{config_, epoch_, test::cheap_verifier(), signer_.get()};
  MonoTime now_{1};
  std::uint64_t token_ = 0;
  std::vector<BlockId> blocks_;
  std::vector<BlockId> asked_;
  std::vector<Vote> sent_;
};

void run(std::span<const std::uint8_t> input) {
  constexpr std::size_t script_bytes_max = 4096;
  Script script(input.first(std::min(input.size(), script_bytes_max)));
  Play play;
  play.start();
  while (!script.is_over()) play.act(script);
}

}  // namespace
}  // namespace oort::consensus

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  oort::consensus::run(std::span(data, size));
  return 0;
}
