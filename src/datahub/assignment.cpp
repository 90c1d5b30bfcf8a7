// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/assignment.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::datahub {

namespace {

constexpr std::uint32_t nowhere = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t ppm_whole = 1'000'000;

WallTime end_of(WallTime now, std::uint64_t lease_ms) {
  const std::uint64_t latest = std::numeric_limits<std::uint64_t>::max();
  return {now.milliseconds > latest - lease_ms ? latest : now.milliseconds + lease_ms};
}

tl::unexpected<Error> not_in_that_state(const std::string& detail) {
  return fail(ErrorCode::FailedPrecondition, reason::precondition_failed, detail);
}

}  // namespace

Result<Assignment> Assignment::create(const Bytes32& seed,
                                      const std::vector<CampaignSample>& samples,
                                      const AssignmentRules& rules) {
  if (rules.overlap == 0 || rules.overlap > rules.overlap_max || rules.lease_ms == 0) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "an overlap of one or more up to its greatest, and a lease of some length");
  }
  if (samples.size() > std::min(rules.samples_count_max, nowhere - 1)) {
    return fail(ErrorCode::InvalidArgument, reason::too_large, "too many samples for a campaign");
  }
  Assignment made(seed, rules);
  made.samples_.reserve(samples.size());
  for (const CampaignSample& each : samples) {
    const auto index = static_cast<std::uint32_t>(made.samples_.size());
    Sample sample;
    sample.author = each.author;
    sample.is_gold = each.is_gold;
    sample.wanted = each.is_gold ? 0 : rules.overlap;
    sample.place = nowhere;
    made.samples_.push_back(sample);
    if (each.is_gold) {
      made.gold_.push_back(index);
    } else {
      made.missing_ += rules.overlap;
      made.settle(index);
    }
  }
  return made;
}

void Assignment::settle(std::uint32_t index) {
  Sample& sample = samples_[index];
  if (sample.is_gold) return;
  OORT_ASSERT(sample.held + sample.answered <= sample.wanted, "L1");
  const bool is_free = sample.held + sample.answered < sample.wanted;
  if (is_free && sample.place == nowhere) {
    sample.place = static_cast<std::uint32_t>(free_.size());
    free_.push_back(index);
  } else if (!is_free && sample.place != nowhere) {
    const std::uint32_t last = free_.back();
    free_[sample.place] = last;
    samples_[last].place = sample.place;
    free_.pop_back();
    sample.place = nowhere;
  }
}

std::uint64_t Assignment::draw(char what, const AccountId& annotator, std::uint32_t grants) const {
  Bytes question = to_bytes(annotator.view());
  question.push_back(static_cast<std::byte>(what));
  for (std::size_t i = 0; i < 4; ++i) {
    question.push_back(static_cast<std::byte>(static_cast<std::uint8_t>(grants >> (8 * i))));
  }
  const Bytes32 hash = crypto::keyed_hash(seed_, question);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    value |= std::to_integer<std::uint64_t>(hash.array()[i]) << (8 * i);
  }
  return value;
}

std::optional<std::uint32_t> Assignment::pick(const std::vector<std::uint32_t>& from,
                                              const AccountId& annotator,
                                              std::uint64_t start) const {
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::uint32_t sample = from[(start + i) % from.size()];
    if (samples_[sample].author == annotator && !annotator.is_zero()) continue;
    if (!given_.contains({annotator, sample})) return sample;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> Assignment::choose(const Applicant& applicant,
                                                std::uint32_t grants) const {
  const bool is_gold_next = draw('?', applicant.id, grants) % ppm_whole < applicant.gold_share_ppm;
  const std::uint64_t start = draw('>', applicant.id, grants) >> 32;
  if (is_gold_next) {
    if (const auto gold = pick(gold_, applicant.id, start)) return gold;
    // Who may have nothing but gold gets nothing when that is used up.
    if (applicant.gold_share_ppm >= ppm_whole) return std::nullopt;
  }
  if (const auto ordinary = pick(free_, applicant.id, start)) return ordinary;
  return applicant.is_unproven ? pick(gold_, applicant.id, start) : std::nullopt;
}

Result<Grant> Assignment::acquire(const Applicant& applicant, WallTime now) {
  expire(now);
  if (state_ != CampaignState::Open) {
    return fail(ErrorCode::FailedPrecondition, reason::not_ready,
                "the campaign hands out nothing now");
  }
  Annotator& annotator = annotators_[applicant.id];
  if (!applicant.is_qualified || annotator.is_retracted) {
    return fail(ErrorCode::PermissionDenied, reason::not_allowed,
                "this campaign is not open to this annotator");
  }
  if (annotator.open >= applicant.open_max ||
      (applicant.answers_max > 0 && annotator.grants >= applicant.answers_max)) {
    return fail(ErrorCode::ResourceExhausted, reason::rate_limited,
                "as many assignments as this annotator may have");
  }
  const auto sample = choose(applicant, annotator.grants);
  if (!sample) {
    return fail(ErrorCode::NotFound, reason::not_found, "no sample is left for this annotator");
  }
  const std::uint64_t id = leases_.size() + 1;
  const WallTime expires = end_of(now, rules_.lease_ms);
  leases_[id] = {applicant.id, *sample, expires, LeaseState::Open};
  ends_.insert({expires.milliseconds, id});
  given_.insert({applicant.id, *sample});
  annotator.leases.push_back(id);
  ++annotator.open;
  ++annotator.grants;
  ++samples_[*sample].held;
  settle(*sample);
  return Grant{AssignmentId(id), *sample, expires};
}

Result<Lease*> Assignment::held_by(const AccountId& annotator, AssignmentId id, WallTime now) {
  expire(now);
  const auto found = leases_.find(id.value());
  if (found == leases_.end()) {
    return fail(ErrorCode::NotFound, reason::not_found, "there is no such assignment");
  }
  if (found->second.annotator != annotator) {
    return fail(ErrorCode::PermissionDenied, reason::not_allowed,
                "the assignment is somebody else's");
  }
  return &found->second;
}

void Assignment::end(std::uint64_t id, Lease& lease, LeaseState state) {
  OORT_ASSERT(lease.state == LeaseState::Open, "only an open lease ends");
  ends_.erase({lease.expires.milliseconds, id});
  lease.state = state;
  --annotators_[lease.annotator].open;
  --samples_[lease.sample].held;
}

Result<WallTime> Assignment::renew(const AccountId& annotator, AssignmentId id, WallTime now) {
  OORT_TRY(Lease* const lease, held_by(annotator, id, now));
  if (lease->state != LeaseState::Open) return not_in_that_state("the lease is not open");
  ends_.erase({lease->expires.milliseconds, id.value()});
  lease->expires = std::max(lease->expires, end_of(now, rules_.lease_ms));
  ends_.insert({lease->expires.milliseconds, id.value()});
  return lease->expires;
}

Result<std::uint32_t> Assignment::submit(const AccountId& annotator, AssignmentId id,
                                         WallTime now) {
  OORT_TRY(Lease* const lease, held_by(annotator, id, now));
  Sample& sample = samples_[lease->sample];
  switch (lease->state) {
    case LeaseState::Submitted: return lease->sample;
    case LeaseState::Released:
    case LeaseState::Retracted: return not_in_that_state("the assignment was given up");
    case LeaseState::Expired:
      if (!sample.is_gold && sample.held + sample.answered >= sample.wanted) {
        return not_in_that_state("the lease ended and somebody else has the sample");
      }
      lease->state = LeaseState::Submitted;
      break;
    case LeaseState::Open: end(id.value(), *lease, LeaseState::Submitted); break;
  }
  ++sample.answered;
  if (!sample.is_gold) --missing_;
  settle(lease->sample);
  return lease->sample;
}

Result<void> Assignment::release(const AccountId& annotator, AssignmentId id, WallTime now) {
  OORT_TRY(Lease* const lease, held_by(annotator, id, now));
  if (lease->state != LeaseState::Open) return not_in_that_state("the lease is not open");
  end(id.value(), *lease, LeaseState::Released);
  settle(lease->sample);
  return {};
}

void Assignment::expire(WallTime now) {
  while (!ends_.empty() && ends_.begin()->first <= now.milliseconds) {
    const std::uint64_t id = ends_.begin()->second;
    Lease& lease = leases_.at(id);
    end(id, lease, LeaseState::Expired);
    settle(lease.sample);
    expired_.emplace_back(id);
  }
}

std::vector<AssignmentId> Assignment::take_expired() { return std::exchange(expired_, {}); }

std::optional<WallTime> Assignment::next_expiry() const {
  if (ends_.empty()) return std::nullopt;
  return WallTime{ends_.begin()->first};
}

Result<void> Assignment::want_another(std::uint32_t sample) {
  if (sample >= samples_.size() || samples_[sample].is_gold) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument, "no ordinary sample");
  }
  if (samples_[sample].wanted >= rules_.overlap_max) {
    return not_in_that_state("the sample has as many answers as a campaign may ask for");
  }
  ++samples_[sample].wanted;
  ++missing_;
  settle(sample);
  return {};
}

std::vector<std::uint32_t> Assignment::retract(const AccountId& annotator, WallTime now) {
  expire(now);
  Annotator& who = annotators_[annotator];
  who.is_retracted = true;
  std::vector<std::uint32_t> fallen;
  for (const std::uint64_t id : who.leases) {
    Lease& lease = leases_.at(id);
    Sample& sample = samples_[lease.sample];
    if (lease.state == LeaseState::Open) {
      end(id, lease, LeaseState::Retracted);
    } else if (lease.state == LeaseState::Submitted) {
      --sample.answered;
      if (!sample.is_gold) {
        ++missing_;
        fallen.push_back(lease.sample);
      }
    }
    lease.state = LeaseState::Retracted;
    settle(lease.sample);
  }
  std::sort(fallen.begin(), fallen.end());
  return fallen;
}

Result<void> Assignment::pause() {
  if (state_ != CampaignState::Open) return not_in_that_state("only an open campaign pauses");
  state_ = CampaignState::Paused;
  return {};
}

Result<void> Assignment::resume() {
  if (state_ != CampaignState::Paused) return not_in_that_state("only a paused campaign resumes");
  state_ = CampaignState::Open;
  return {};
}

Result<void> Assignment::close() {
  if (state_ == CampaignState::Closing) return not_in_that_state("the campaign is closing");
  state_ = CampaignState::Closing;
  return {};
}

const Lease* Assignment::find(AssignmentId id) const noexcept {
  const auto found = leases_.find(id.value());
  return found == leases_.end() ? nullptr : &found->second;
}

std::uint32_t Assignment::answers_count(std::uint32_t sample) const {
  OORT_ASSERT(sample < samples_.size(), "the place is that of a sample");
  return samples_[sample].answered;
}

}  // namespace oort::datahub
