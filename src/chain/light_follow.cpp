// SPDX-License-Identifier: Apache-2.0
// Moves the head: asks several super nodes for their newest final header, again and again, so that
// one that lies or sleeps holds up nothing; and asks a quorum where a read must be the newest.
#include <algorithm>
#include <utility>

#include "barrier_reply.hpp"
#include "light_impl.hpp"
#include "oort/codec/codec.hpp"
#include "oort/consensus/validator_set.hpp"
#include "oort/core/metrics.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/executor.hpp"

namespace oort::chain {
namespace {

/// A certificate of the largest validator set is well below this.
constexpr std::size_t head_reply_bytes_max = 64 * limits::kib;
constexpr std::size_t waits_count_max = 4096;
constexpr Duration round_retry_interval = 100ms;

tl::unexpected<Error> too_many() {
  return fail(ErrorCode::ResourceExhausted, reason::queue_full, "too many wait already");
}

Result<FinalHeaders> read_head_reply(ByteView bytes) {
  if (bytes.size() > head_reply_bytes_max) {
    return fail(ErrorCode::InvalidArgument, reason::too_large, "no head is so long");
  }
  return codec::from_bytes<FinalHeaders>(bytes);
}

}  // namespace

void LightNode::Impl::tick() {
  ticked_at_ = around_.clock.now_mono();
  std::size_t asked_count = 0;
  for (const NodeId& peer : peers_by_trust()) {
    if (asked_count == options_.followed_count) break;
    // Who still owes an answer is passed over: the others are enough.
    if (peers_.at(peer).is_asked_for_head) continue;
    peers_.at(peer).is_asked_for_head = true;
    ++asked_count;
    ask(peer, wire::head, {},
        [peer](Impl& self, const Result<Bytes>& reply) { self.on_head(peer, reply); });
  }
  std::vector<TransactionId> ids;
  ids.reserve(pending_.size());
  for (const auto& [id, pending] : pending_) ids.push_back(id);
  for (const TransactionId& id : ids) drive(id);
  is_hurried_ = hurried_waits_count_ > 0 || !pending_.empty();
  tick_ = around_.timers.after(is_hurried_ ? options_.hurry_interval : options_.follow_interval,
                               guarded([](Impl& self) { self.tick(); }));
}

void LightNode::Impl::hurry() {
  if (is_hurried_ || !tick_) return;
  is_hurried_ = true;
  around_.timers.cancel(*tick_);
  const Duration since = around_.clock.now_mono() - ticked_at_;
  tick_ = around_.timers.after(std::max(Duration(0), options_.hurry_interval - since),
                               guarded([](Impl& self) { self.tick(); }));
}

void LightNode::Impl::on_head(const NodeId& peer, const Result<Bytes>& reply) {
  Peer& known = peers_.at(peer);
  known.is_asked_for_head = false;
  if (!reply) return;
  const auto headers = read_head_reply(*reply);
  if (!headers) return caught_lying(peer, headers.error());
  const auto moved = client_.update(*headers);
  if (!moved) return caught_lying(peer, moved.error());
  if (turn_of(headers->headers.back()).epoch > validators().epoch()) follow_epoch(peer);
  known.height = headers->headers.back().height;
  if (*moved) return keep_head();
  // It may be honest and slow; nobody learns anything from it now.
  if (known.height.value() + options_.lag_max < client_.height().value()) {
    shun(peer, options_.lag_penalty, "it is at height " + std::to_string(known.height.value()));
  }
}

void LightNode::Impl::follow_epoch(const NodeId& peer) {
  if (is_following_) return;
  is_following_ = true;
  ask(peer, wire::handovers, codec::to_bytes(validators().epoch()),
      [peer](Impl& self, const Result<Bytes>& reply) { self.on_handovers(peer, reply); });
}

void LightNode::Impl::on_handovers(const NodeId& peer, const Result<Bytes>& reply) {
  is_following_ = false;
  if (!reply) return;
  const Epoch before = validators().epoch();
  const Result<void> followed = [&]() -> Result<void> {
    OORT_TRY(const auto answer, codec::from_bytes<wire::HandoversReply>(*reply));
    for (const Handover& handover : answer.handovers) OORT_TRY(client_.follow(handover));
    return {};
  }();
  if (validators().epoch() > before) {
    has_new_roots_ = true;
    meet_validators();
    metrics::gauge("oort_chain_light_epoch", "The newest epoch that is proven to have begun")
        .set(static_cast<double>(validators().epoch().value()));
    settle_waits();
    // Its head, which could not be judged before, and what may be left of the way there.
    hurry();
  }
  if (!followed) caught_lying(peer, followed.error());
}

void LightNode::Impl::await_head(Height height, Turn turn, std::optional<Duration> limit,
                                 Callback<Result<void>> done) {
  if (is_head_at(height, turn)) return done(Result<void>());
  if (head_waits_.size() == waits_count_max) return done(too_many());
  const std::uint64_t number = ++numbers_;
  std::optional<env::TimerId> timer;
  if (limit) {
    timer = around_.timers.after(*limit, guarded([number](Impl& self) {
      const auto found = self.head_waits_.find(number);
      if (found == self.head_waits_.end()) return;
      auto late = std::move(found->second.done);
      self.head_waits_.erase(found);
      --self.hurried_waits_count_;
      late(fail(ErrorCode::Unavailable, reason::not_ready, "no newer block became final in time"));
    }));
    ++hurried_waits_count_;
  }
  head_waits_.emplace(number, HeadWait{height, turn, std::move(done), timer});
  if (limit) hurry();
}

bool LightNode::Impl::is_head_at(Height height, Turn turn) const {
  // Behind the last block of an epoch, somebody must be known who can be asked.
  return head_.height >= height && head_.turn >= turn && head_.turn.epoch <= validators().epoch();
}

void LightNode::Impl::settle_waits() {
  metrics::gauge("oort_chain_light_height", "Height of the newest header that is verified here")
      .set(static_cast<double>(head_.height.value()));
  std::vector<Callback<Result<void>>> ready;
  for (auto place = head_waits_.begin(); place != head_waits_.end();) {
    HeadWait& wait = place->second;
    const bool is_reached = is_head_at(wait.height, wait.turn);
    if (is_reached) {
      if (wait.timer) {
        around_.timers.cancel(*wait.timer);
        --hurried_waits_count_;
      }
      ready.push_back(std::move(wait.done));
    }
    place = is_reached ? head_waits_.erase(place) : std::next(place);
  }
  for (auto& done : ready) done(Result<void>());
}

void LightNode::Impl::barrier(Callback<Result<Height>> done) {
  if (round_next_.size() == waits_count_max) return done(too_many());
  // A round that already runs may have asked before the caller's last write: wait for the next.
  round_next_.push_back(std::move(done));
  if (!round_) begin_round();
}

void LightNode::Impl::begin_round() {
  if (round_next_.empty()) return;
  round_ = std::make_unique<Round>(validators());
  round_->waiting = std::exchange(round_next_, {});
  round_->number = ++numbers_;
  round_->timer = around_.timers.after(
      options_.barrier_deadline, guarded([](Impl& self) {
        self.end_round(fail(ErrorCode::Unavailable, reason::no_quorum,
                            "no quorum answered in time; the state may be old"));
      }));
  for (const consensus::Validator& validator : validators().validators()) {
    if (peers_.contains(validator.node)) ask_round(validator.node);
  }
}

void LightNode::Impl::ask_round(const NodeId& validator) {
  ask(validator, wire::barrier, {},
      [validator, number = round_->number](Impl& self, const Result<Bytes>& reply) {
        if (self.round_ && self.round_->number == number) self.on_round_reply(validator, reply);
      });
}

void LightNode::Impl::ask_round_again(const NodeId& validator) {
  static_cast<void>(around_.timers.after(round_retry_interval,
                                         guarded([validator, number = round_->number](Impl& self) {
                                           if (self.round_ && self.round_->number == number)
                                             self.ask_round(validator);
                                         })));
}

void LightNode::Impl::on_round_reply(const NodeId& validator, const Result<Bytes>& reply) {
  if (!reply) return ask_round_again(validator);
  const auto root_of = [this](Epoch epoch) { return client_.roots().find(epoch); };
  const Result<Turn> turn = [&]() -> Result<Turn> {
    OORT_TRY(const auto answer, codec::from_bytes<wire::BarrierReply>(*reply));
    return shown_turn(root_of, around_.votes, highest_shown_, answer);
  }();
  if (!turn) {
    caught_lying(validator, turn.error());
    // Once its epoch is followed its answer counts.
    if (turn.error().reason() == reason::not_ready) ask_round_again(validator);
    return;
  }
  highest_shown_ = std::max(highest_shown_, *turn);
  round_->highest = std::max(round_->highest, *turn);
  round_->answered.add(validator);
  if (round_->answered.has_quorum()) end_round(round_->highest);
}

void LightNode::Impl::end_round(const Result<Turn>& highest) {
  const std::unique_ptr<Round> ended = std::move(round_);
  around_.timers.cancel(ended->timer);
  begin_round();
  if (!highest) {
    for (auto& done : ended->waiting) done(fail(highest.error()));
    return;
  }
  // Whatever was acknowledged is final in a turn up to this one, or in a later epoch.
  await_head(Height(0), *highest, options_.barrier_deadline,
             [this, asked = ended->epoch,
              waiting = std::move(ended->waiting)](const Result<void>& reached) mutable {
               answer_round(asked, std::move(waiting), reached);
             });
}

void LightNode::Impl::answer_round(Epoch asked, std::vector<Callback<Result<Height>>> waiting,
                                   const Result<void>& reached) {
  if (reached && head_.turn.epoch > asked) {
    // The epoch is over: those of the next one may have acknowledged more.
    for (auto& done : waiting) barrier(std::move(done));
    return;
  }
  for (auto& done : waiting) {
    if (reached) {
      done(head_.height);
    } else {
      done(fail(ErrorCode::Unavailable, reason::no_quorum, reached.error().detail()));
    }
  }
}

}  // namespace oort::chain
