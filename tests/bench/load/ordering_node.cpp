// SPDX-License-Identifier: Apache-2.0
#include "load/ordering_node.hpp"

#include <algorithm>

#include "oort/codec/codec.hpp"
#include "oort/core/limits.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::bench {
namespace {

constexpr std::string_view log_name = "consensus.wal";
constexpr std::size_t items_a_block_max = 4096;
constexpr std::uint64_t log_bytes_max = 32 * limits::mib;

std::vector<consensus::Validator> validators_of(const std::vector<crypto::KeyPair>& keys) {
  std::vector<consensus::Validator> validators;
  for (const crypto::KeyPair& key : keys) {
    validators.push_back({key.node_id(), key.public_key(), 1});
  }
  return validators;
}

template <class T>
T must(Result<T> result, const std::string& what) {
  if (!result) die(what + ": " + result.error().to_string());
  return *std::move(result);
}

std::uint64_t number_in(ByteView item) {
  codec::Reader in(item);
  return must(in.u64(), "an item");
}

}  // namespace

OrderingNode::OrderingNode(const Place& place, host::Runtime& runtime, OnFinal on_final)
    : keys_((*place.keys)[place.index.value()]),
      strand_(runtime.make_strand()),
      disk_(runtime.make_pool("bench-votes", 1)),
      blobs_(must(host::open_blob_store(place.folder), place.folder)),
      signer_(crypto::local_signer(keys_)),
      on_final_(std::move(on_final)) {
  const ChainId chain(crypto::blake3(as_bytes("ordering")).array());
  net::Options options;
  options.chain = chain;
  transport_ = must(net::open_transport(keys_.seed(), options, {clock_, random_, *strand_}), "TLS");
  transport_->on_message(env::message_range::consensus,
                         [this](NodeId from, env::MessageType type, Bytes bytes) {
                           receive(from, type, std::move(bytes));
                         });

  auto opened = must(consensus::Wal::open(*blobs_, std::string(log_name), 1), "the log");
  log_ = std::make_shared<chain::LogWriter>(
      std::shared_ptr<consensus::Wal>(std::move(opened.wal)), *strand_, *disk_,
      [this](std::uint64_t token) { step(consensus::Persisted{token}); },
      [](const Error& error) { die("the log: " + error.to_string()); });
  // The key was made for this run, so its past is known to be empty.
  start_.emplace();
  start_->recovered.record = consensus::SignerRecord{};

  consensus::Config config;
  config.jitter_seed = place.index.value() + 1;
  core_ = std::make_unique<consensus::Core>(
      config,
      consensus::EpochStart{
          chain, BlockId(crypto::blake3(as_bytes("anchor")).array()), Height(0), place.time_ms,
          crypto::blake3(as_bytes("seed")),
          must(consensus::ValidatorSet::make(Epoch(0), validators_of(*place.keys)),
               "the validators")},
      consensus::ed25519_verifier(), signer_.get());
}

OrderingNode::~OrderingNode() { transport_->stop(); }

void OrderingNode::start() {
  transport_->start();
  strand_->post([this] {
    step(*std::move(start_));
    start_.reset();
  });
}

void OrderingNode::stop() {
  transport_->stop();
  strand_->post([this] {
    is_stopped_ = true;
    log_->close();
    for (auto& timer : timers_) {
      if (timer) strand_->timers().cancel(*timer);
      timer.reset();
    }
  });
}

void OrderingNode::hand_in(std::size_t count) {
  strand_->post([this, count] {
    const Clock::time_point now = Clock::now();
    for (std::size_t i = 0; i < count; ++i) waiting_.push_back({next_number_++, now});
    say_ready();
  });
}

void OrderingNode::receive(const NodeId& from, env::MessageType type, Bytes bytes) {
  step(consensus::MessageReceived{from, type, std::make_shared<const Bytes>(std::move(bytes))});
}

void OrderingNode::say_ready() {
  const bool is_ready = !waiting_.empty();
  if (is_ready == said_ready_) return;
  said_ready_ = is_ready;
  step(consensus::PayloadReady{is_ready});
}

void OrderingNode::step(decltype(consensus::Input::event) event) {
  inputs_.push_back(std::move(event));
  if (is_stepping_) return;
  is_stepping_ = true;
  while (!inputs_.empty() && !is_stopped_) {
    consensus::Input input{clock_.now_mono(), clock_.now_wall(), std::move(inputs_.front())};
    inputs_.pop_front();
    consensus::Outputs outputs = core_->step(input);
    for (consensus::Output& output : outputs) {
      std::visit([this](auto& what) { handle(what); }, output);
    }
  }
  is_stepping_ = false;
}

void OrderingNode::handle(consensus::Persist& output) {
  log_->append(output.records, output.token, output.is_sync);
}

void OrderingNode::handle(consensus::Broadcast& output) {
  for (const consensus::Validator& validator : core_->validators().validators()) {
    if (validator.node == transport_->self()) continue;
    consensus::Send send{validator.node, output.traffic, output.type, output.bytes};
    handle(send);
  }
}

void OrderingNode::handle(consensus::Send& output) {
  // Best effort: the engine sends again what was lost.
  static_cast<void>(transport_->send(output.to, output.traffic, output.type, *output.bytes));
}

void OrderingNode::handle(consensus::SetTimer& output) {
  consensus::CancelTimer cancel{output.timer};
  handle(cancel);
  const auto place = static_cast<std::size_t>(output.timer);
  const MonoTime now = clock_.now_mono();
  timers_[place] = strand_->timers().after(output.at > now ? output.at - now : Duration(0),
                                           [this, place, timer = output.timer] {
                                             timers_[place].reset();
                                             step(consensus::TimerFired{timer});
                                           });
}

void OrderingNode::handle(consensus::CancelTimer& output) {
  auto& timer = timers_[static_cast<std::size_t>(output.timer)];
  if (timer) strand_->timers().cancel(*timer);
  timer.reset();
}

void OrderingNode::handle(consensus::BuildPayload& output) {
  // An ask that was void in the end gives its items back.
  waiting_.insert(waiting_.begin(), built_.begin(), built_.end());
  built_.clear();
  const std::size_t count = output.must_be_empty ? 0 : std::min(waiting_.size(), items_a_block_max);
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
  built_.assign(waiting_.begin(), end);
  waiting_.erase(waiting_.begin(), end);
  codec::Writer payload;
  for (const Item& item : built_) {
    payload.u64(item.number);
    payload.raw(Bytes(item_bytes - 8));
  }
  Bytes bytes = std::move(payload).take();
  consensus::AppFields fields;
  fields.payload_root = crypto::blake3(bytes);
  fields.payload_bytes = static_cast<std::uint32_t>(bytes.size());
  fields.payload_count = static_cast<std::uint32_t>(count);
  step(consensus::PayloadBuilt{output.view, fields, std::move(bytes)});
  say_ready();
}

void OrderingNode::handle(consensus::Proposed& output) {
  mine_.emplace(output.block->id, Mine{output.block->header.view, std::exchange(built_, {})});
}

void OrderingNode::handle(consensus::CheckPayload& output) {
  const consensus::Block& block = *output.block;
  const consensus::AppFields& app = block.header.app;
  const bool is_its_own = crypto::blake3(block.payload) == app.payload_root;
  const bool is_valid = is_its_own && block.payload.size() == app.payload_bytes &&
                        block.payload.size() == item_bytes * app.payload_count;
  step(consensus::PayloadChecked{
      .block = block.id, .is_valid = is_valid, .is_payload_foreign = !is_its_own});
}

void OrderingNode::handle(consensus::FetchBlock& output) {
  for (OrderingNode* other : others_) {
    if (std::ranges::find(output.peers, other->keys_.node_id()) == output.peers.end()) continue;
    other->strand_->post([this, other, id = output.block] {
      const consensus::BlockRef block = other->core_->find(id);
      if (!block) return;
      strand_->post([this, from = other->keys_.node_id(), bytes = block->message] {
        step(consensus::BlockFetched{from, bytes});
      });
    });
    return;
  }
}

void OrderingNode::handle(consensus::Finalized& output) {
  std::vector<double> milliseconds;
  for (const consensus::BlockRef& block : output.blocks) finish(*block, milliseconds);
  take_back(output.blocks.back()->header.view);
  if (!milliseconds.empty()) on_final_(milliseconds);
  if (log_->is_idle() && log_->bytes() > log_bytes_max) log_->compact(core_->durable_state());
}

void OrderingNode::finish(const consensus::Block& block, std::vector<double>& milliseconds) {
  order_.height = block.header.height.value();
  order_.items_count += block.header.app.payload_count;
  Bytes chained(block.id.view().begin(), block.id.view().end());
  if (!order_.hashes.empty()) {
    const Bytes32& before = order_.hashes.back();
    chained.insert(chained.end(), before.view().begin(), before.view().end());
  }
  order_.hashes.push_back(crypto::blake3(chained));
  const auto mine = mine_.find(block.id);
  if (mine == mine_.end()) return;
  const Clock::time_point now = Clock::now();
  for (std::size_t i = 0; i < mine->second.items.size(); ++i) {
    const Item& item = mine->second.items[i];
    if (number_in(block.payload.subspan(i * item_bytes, item_bytes)) != item.number) {
      die("a block holds something else than was proposed");
    }
    milliseconds.push_back(seconds_between(item.handed_in, now) * 1e3);
  }
  mine_.erase(mine);
}

/// What this node proposed in a view that is behind the final one, and that did not become final,
/// never will: it goes into the queue again.
void OrderingNode::take_back(View final_view) {
  for (auto mine = mine_.begin(); mine != mine_.end();) {
    const auto next = std::next(mine);
    if (mine->second.view <= final_view) {
      waiting_.insert(waiting_.begin(), mine->second.items.begin(), mine->second.items.end());
      mine_.erase(mine);
    }
    mine = next;
  }
  say_ready();
}

void OrderingNode::handle(consensus::ViewEntered& output) {
  if (output.reason == consensus::VoteKind::Nullify) ++skipped_views_;
}

void OrderingNode::handle(consensus::VotingRefused& output) {
  die("a validator does not vote: " + output.detail);
}

void OrderingNode::handle(consensus::EvidenceFound& /*output*/) {
  die("a validator contradicted itself");
}

void OrderingNode::handle(consensus::Misbehaved& output) {
  die("a validator misbehaved: " + std::string(output.reason));
}

}  // namespace oort::bench
