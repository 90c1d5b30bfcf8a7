// SPDX-License-Identifier: Apache-2.0
// Chooses whom to ask, and turns away from those that lie or are silent.
#include <algorithm>
#include <tuple>

#include "light_impl.hpp"
#include "oort/core/log.hpp"
#include "oort/core/metrics.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/transport.hpp"

namespace oort::chain {
namespace {

constexpr std::size_t queries_count_max = 1024;

bool is_silence(const Error& error) {
  return error.reason() == reason::peer_unreachable || error.reason() == reason::deadline_exceeded;
}

}  // namespace

void Tally::add(const NodeId& node) {
  const auto index = set_.index_of(node);
  if (index && nodes_.insert(node).second) weight_ += set_[*index].weight;
}

std::vector<NodeId> LightNode::Impl::peers_by_trust() const {
  const MonoTime now = around_.clock.now_mono();
  const std::vector<NodeId> connected = around_.transport.peers();
  std::vector<std::tuple<bool, bool, std::uint64_t, NodeId>> ranked;
  ranked.reserve(peers_.size());
  for (const auto& [node, peer] : peers_) {
    if (!validators().index_of(node)) continue;
    ranked.emplace_back(peer.shunned_until > now, !std::ranges::binary_search(connected, node),
                        around_.random.below(~std::uint64_t{0}), node);
  }
  std::ranges::sort(ranked);
  std::vector<NodeId> order;
  order.reserve(ranked.size());
  for (const auto& rank : ranked) order.push_back(std::get<NodeId>(rank));
  return order;
}

void LightNode::Impl::shun(const NodeId& peer, Duration penalty, std::string why) {
  Peer& known = peers_.at(peer);
  known.shunned_until = std::max(known.shunned_until, around_.clock.now_mono() + penalty);
  known.why = std::move(why);
}

void LightNode::Impl::caught_lying(const NodeId& peer, const Error& lie) {
  // Of an epoch that is yet to be followed, or that was forgotten: it may be the truth.
  if (lie.reason() == reason::not_ready) return follow_epoch(peer);
  if (lie.code() == ErrorCode::OutOfRange) return;
  ++peers_.at(peer).lies_count;
  metrics::counter("oort_chain_light_lies_total", "Answers that were proven false").add();
  log::warn("chain", "a super node's answer is false",
            {{"peer", peer.short_hex()}, {"why", lie.to_string()}});
  shun(peer, options_.lie_penalty, lie.to_string());
}

void LightNode::Impl::ask(const NodeId& peer, env::MessageType type, Bytes payload,
                          OnReply on_reply) {
  around_.transport.request(
      peer, env::TrafficClass::Bulk, type, std::move(payload), options_.request_deadline,
      [weak = weak_from_this(), peer, on_reply = std::move(on_reply)](Result<Bytes> reply) mutable {
        const auto self = weak.lock();
        if (!self) return;
        self->on_strand(
            [peer, on_reply = std::move(on_reply), reply = std::move(reply)](Impl& light) mutable {
              if (!reply && is_silence(reply.error())) {
                light.shun(peer, light.options_.silence_penalty, reply.error().to_string());
              }
              on_reply(light, std::move(reply));
            });
      });
}

void LightNode::Impl::begin(const QueryRef& query) {
  query->until = around_.clock.now_mono() + options_.read_deadline;
  query->last_problem = "nobody was asked";
  if (queries_count_ == queries_count_max) {
    query->give_up(Error(ErrorCode::ResourceExhausted, reason::queue_full, "too many reads wait"));
    return;
  }
  ++queries_count_;
  query->order = peers_by_trust();
  go_on(query);
}

void LightNode::Impl::end(const QueryRef& query, std::optional<Error> error) {
  --queries_count_;
  if (error) query->give_up(*std::move(error));
}

void LightNode::Impl::go_on(const QueryRef& query) {
  if (around_.clock.now_mono() >= query->until) {
    return end(query, Error(ErrorCode::Unavailable, reason::peer_unreachable,
                            "no super node proved it in time; " + query->last_problem));
  }
  if (query->next == query->order.size()) {
    // Nobody had it: those that are behind may have it in a moment.
    query->order = peers_by_trust();
    query->next = 0;
    static_cast<void>(around_.timers.after(options_.hurry_interval,
                                           guarded([query](Impl& self) { self.go_on(query); })));
    return;
  }
  const NodeId peer = query->order[query->next++];
  ask(peer, query->type, query->payload,
      [query, peer](Impl& self, const Result<Bytes>& reply) { self.judge(query, peer, reply); });
}

void LightNode::Impl::judge(const QueryRef& query, const NodeId& peer, const Result<Bytes>& reply) {
  if (!reply) query->last_problem = reply.error().to_string();
  const Result<bool> is_done = query->judge(peer, reply);
  if (!is_done) {
    query->last_problem = is_done.error().to_string();
    caught_lying(peer, is_done.error());
  }
  if (is_done && *is_done) return end(query, std::nullopt);
  go_on(query);
}

}  // namespace oort::chain
