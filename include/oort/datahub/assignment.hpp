// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/core/strong.hpp"
#include "oort/core/time.hpp"

namespace oort::datahub {

/// A lease of one sample to one annotator, counted from 1 in a campaign.
using AssignmentId = Strong<struct AssignmentIdTag, std::uint64_t>;

/// What is to be answered. Samples and gold should be shuffled by the caller before they get their
/// places, for places are seen.
struct CampaignSample {
  AccountId author;      ///< Who brought it and so may not answer it; zero for nobody.
  bool is_gold = false;  ///< Its label is known; any number of annotators answer it.
};

struct AssignmentRules {
  std::uint32_t overlap = 3;      ///< Answers wanted of each sample, 1 or more.
  std::uint32_t overlap_max = 7;  ///< What `want_another` may raise that to.
  std::uint64_t lease_ms = 15 * 60 * 1000;
  std::uint32_t samples_count_max = 1U << 24;
};

/// Who asks, as the caller knows: qualification, standing and tier are not judged here.
struct Applicant {
  AccountId id;
  bool is_qualified = false;
  std::uint32_t gold_share_ppm = 0;
  bool is_unproven = false;  ///< Gets gold where no other sample is left.
  std::uint32_t open_max = 1;
  std::uint32_t answers_max = 0;  ///< Leases in this campaign altogether; 0: no end.
};

/// What the annotator is told: nothing in it differs between gold and other samples.
struct Grant {
  AssignmentId id;
  std::uint32_t sample = 0;
  WallTime expires;
  friend bool operator==(const Grant&, const Grant&) = default;
};

enum class LeaseState : std::uint8_t { Open, Submitted, Expired, Released, Retracted };
struct Lease {
  AccountId annotator;
  std::uint32_t sample = 0;
  WallTime expires;
  LeaseState state = LeaseState::Open;
  friend bool operator==(const Lease&, const Lease&) = default;
};

enum class CampaignState : std::uint8_t {
  Open,
  Paused,   ///< No leases; those that run go on.
  Closing,  ///< The same, for good.
};

/// Who gets what next: leases with an end, as a step machine. Events come in by these calls, each
/// with its time where time matters; the caller stores events and can play them again.
///
/// Invariants
///   L1  Open leases and answers of an ordinary sample never exceed what is wanted of it, and that
///       never exceeds `overlap_max`.
///   L2  An annotator gets a sample once, ever, and never one of his own.
///   L3  An assignment yields one answer at most: a repeated submission is the same one, a late one
///       counts where the place is still free, and nothing else counts.
///   L4  While paused or closing nobody gets a lease, and open leases can be submitted.
///   L5  The same seed and events give the same grants; whether gold comes is drawn from the seed,
///   the
///       annotator and how many grants he had, so asking again changes nothing.
///   L6  A lease holds its place until it ends, is submitted or released, and no longer.
///   L7  NOT_FOUND means that no sample is left for this annotator.
/// Threads: none; one caller at a time.
class Assignment {
 public:
  /// Fails with BAD_ARGUMENT for rules without sense, with TOO_LARGE over `samples_count_max`.
  [[nodiscard]] static Result<Assignment> create(const Bytes32& seed,
                                                 const std::vector<CampaignSample>& samples,
                                                 const AssignmentRules& rules);

  /// Fails with NOT_READY (paused, closing), NOT_ALLOWED (unqualified, retracted), RATE_LIMITED (as
  /// many leases or answers as allowed), NOT_FOUND (L7).
  [[nodiscard]] Result<Grant> acquire(const Applicant& applicant, WallTime now);
  /// A lease that runs anew from now. Fails with NOT_FOUND, NOT_ALLOWED (somebody else's) or
  /// PRECONDITION_FAILED (no open lease).
  [[nodiscard]] Result<WallTime> renew(const AccountId& annotator, AssignmentId id, WallTime now);
  /// Which sample is answered. Fails like `renew`; an expired lease is accepted where the place is
  /// free (L3), and a submitted one again.
  [[nodiscard]] Result<std::uint32_t> submit(const AccountId& annotator, AssignmentId id,
                                             WallTime now);
  /// Gives the sample back. Fails like `renew`.
  [[nodiscard]] Result<void> release(const AccountId& annotator, AssignmentId id, WallTime now);

  /// Ends what is over; the others do so too. Returns nothing: see `take_expired`.
  void expire(WallTime now);
  /// The assignments that ended by time since the last call, in the order of their ends.
  [[nodiscard]] std::vector<AssignmentId> take_expired();
  /// When the next lease ends; empty when none is open.
  [[nodiscard]] std::optional<WallTime> next_expiry() const;

  /// One more answer of an ordinary sample. Fails with BAD_ARGUMENT (no such, gold) and
  /// PRECONDITION_FAILED (at `overlap_max`).
  [[nodiscard]] Result<void> want_another(std::uint32_t sample);
  /// All that this annotator answered or holds counts no longer and is asked of others; he gets
  /// nothing more. Returns the ordinary samples whose answers fell, ascending.
  [[nodiscard]] std::vector<std::uint32_t> retract(const AccountId& annotator, WallTime now);

  /// Fails with PRECONDITION_FAILED unless Open → Paused, Paused → Open, any but Closing → Closing.
  [[nodiscard]] Result<void> pause();
  [[nodiscard]] Result<void> resume();
  [[nodiscard]] Result<void> close();

  [[nodiscard]] CampaignState state() const noexcept { return state_; }
  /// Null for an id that was never given.
  [[nodiscard]] const Lease* find(AssignmentId id) const noexcept;
  /// Answers of a sample that count. Requires: a place of a sample.
  [[nodiscard]] std::uint32_t answers_count(std::uint32_t sample) const;
  /// Whether every ordinary sample has all the answers that are wanted.
  [[nodiscard]] bool is_complete() const noexcept { return missing_ == 0; }

 private:
  struct Sample {
    AccountId author;
    bool is_gold = false;
    std::uint32_t wanted = 0;
    std::uint32_t held = 0;
    std::uint32_t answered = 0;
    std::uint32_t place = 0;  ///< In `free_`; `nowhere` when no place is free.
  };
  struct Annotator {
    std::uint32_t open = 0;
    std::uint32_t grants = 0;
    bool is_retracted = false;
    std::vector<std::uint64_t> leases;
  };

  Assignment(const Bytes32& seed, const AssignmentRules& rules) : seed_(seed), rules_(rules) {}
  [[nodiscard]] std::uint64_t draw(char what, const AccountId& annotator,
                                   std::uint32_t grants) const;
  [[nodiscard]] std::optional<std::uint32_t> pick(const std::vector<std::uint32_t>& from,
                                                  const AccountId& annotator,
                                                  std::uint64_t start) const;
  [[nodiscard]] std::optional<std::uint32_t> choose(const Applicant& applicant,
                                                    std::uint32_t grants) const;
  [[nodiscard]] Result<Lease*> held_by(const AccountId& annotator, AssignmentId id, WallTime now);
  void end(std::uint64_t id, Lease& lease, LeaseState state);
  /// Puts a sample into or out of `free_` after its counts changed.
  void settle(std::uint32_t sample);

  Bytes32 seed_;
  AssignmentRules rules_;
  CampaignState state_ = CampaignState::Open;
  std::vector<Sample> samples_;
  std::vector<std::uint32_t> free_;  ///< Ordinary samples with a free place, in no order.
  std::vector<std::uint32_t> gold_;
  std::map<std::uint64_t, Lease> leases_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> ends_;  ///< Of open leases: time, id.
  std::set<std::pair<AccountId, std::uint32_t>> given_;
  std::map<AccountId, Annotator> annotators_;
  std::vector<AssignmentId> expired_;
  std::uint64_t missing_ = 0;  ///< Answers wanted and not yet there.
};

}  // namespace oort::datahub
