// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/datahub/assignment.hpp"
#include "oort/datahub/screening.hpp"

namespace oort::datahub {

/// One thing to be labelled.
struct AnnotationSample {
  std::string name;                   ///< In the steward's files; annotators do not see it.
  std::string content;                ///< What they see: a text, or the address of something.
  std::optional<std::uint32_t> gold;  ///< Place of the label that is known to be right.
  friend bool operator==(const AnnotationSample&, const AnnotationSample&) = default;
};

void encode(codec::Writer& out, const AnnotationSample& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, AnnotationSample& value);

/// What a steward hands over, so that people can label a campaign's samples. Its canonical bytes
/// are its fields in this order behind a byte of the version.
struct AnnotationOrder {
  static constexpr std::uint8_t format_version = 1;
  CampaignId campaign;
  Bytes32 seed;                              ///< Of what is drawn; secret and the campaign's own.
  std::vector<std::string> labels;           ///< 2 to 256, each once.
  std::vector<AnnotationSample> samples;     ///< Names are unique; not all are gold. Shuffled.
  std::vector<AccountId> annotators;         ///< Ascending; empty: everybody.
  std::uint64_t lease_ms = 15 * 60 * 1'000;  ///< A second to a day.
  std::uint32_t answers_max = 0;             ///< Of one annotator; 0: no end.
  friend bool operator==(const AnnotationOrder&, const AnnotationOrder&) = default;
};
void encode(codec::Writer& out, const AnnotationOrder& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, AnnotationOrder& value);

inline constexpr std::size_t annotation_order_bytes_max = std::size_t{7} << 20;
inline constexpr std::size_t annotation_samples_max = 100'000;
inline constexpr std::size_t annotation_labels_max = 256;
inline constexpr std::size_t annotation_label_bytes_max = 64;
inline constexpr std::size_t annotation_name_bytes_max = 256;
inline constexpr std::size_t annotation_content_bytes_max = 4'096;

/// Fails with BAD_ARGUMENT naming what has no sense. Labels and names hold neither commas, quotes
/// nor control characters, for they become fields of CSV.
[[nodiscard]] Result<void> check(const AnnotationOrder& order);

/// What a campaign's terms on the ledger say of how its samples are handed out.
struct AnnotationTerms {
  std::uint32_t overlap = 1;         ///< Answers wanted of each sample that is no gold.
  std::uint32_t gold_share_ppm = 0;  ///< Of what somebody unknown is handed; a quarter once known.
  friend bool operator==(const AnnotationTerms&, const AnnotationTerms&) = default;
};

/// What was done to a queue. Numbers are frozen.
struct AnnotationEvent {
  static constexpr std::uint8_t format_version = 1;
  enum class Kind : std::uint8_t { Acquired = 1, Answered = 2, Skipped = 3, Renewed = 4 };
  Kind kind = Kind::Acquired;
  AccountId annotator;
  AssignmentId assignment;  ///< Of Acquired the one that was given.
  std::uint32_t label = 0;  ///< Of Answered, its place; else 0.
  WallTime at;
  friend bool operator==(const AnnotationEvent&, const AnnotationEvent&) = default;
};
void encode(codec::Writer& out, const AnnotationEvent& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, AnnotationEvent& value);

/// A campaign's samples on their way to annotators and back: `Assignment` with names, contents and
/// labels, and with gold that decides how much gold somebody gets. A step machine: whoever drives
/// it stores the events that it returns, before anybody hears of them, and plays them again.
///
/// Invariants
///   Q1  The same order, terms and events give the same queue; an event that was not returned by
///       this queue in that state is refused.
///   Q2  An annotator holds one assignment at most; asking again returns that one.
///   Q3  An assignment yields one answer, and an answer is never another one later.
///   Q4  Nothing but `answers` tells gold from other samples: assignments, replies and counts of
///       gold look like those of every sample.
///   Q5  Who fails the gold gets nothing but gold from then on, and nothing when that is used up.
///   Who
///       is neither known to be good nor to be bad when nothing else is left gets gold until he is.
/// Threads: none; one caller at a time.
class AnnotationQueue {
 public:
  /// Fails as `check`, and with BAD_ARGUMENT for terms without sense.
  [[nodiscard]] static Result<AnnotationQueue> create(AnnotationOrder order,
                                                      const AnnotationTerms& terms);

  /// The assignment that the annotator holds, or a new one, with the event to store. Fails with
  /// NOT_ALLOWED (not among the annotators) or NOT_FOUND (nothing is left for this one).
  struct Acquired {
    AssignmentId id;
    std::uint32_t sample = 0;
    WallTime expires;
    std::optional<AnnotationEvent> event;  ///< Nothing where it was held already.
  };
  [[nodiscard]] Result<Acquired> acquire(const AccountId& annotator, WallTime now);
  /// The event to store; nothing where this very answer is there already. Fails with NOT_FOUND (no
  /// such assignment), NOT_ALLOWED (somebody else's), BAD_ARGUMENT (none of the labels),
  /// ALREADY_EXISTS (another answer), PRECONDITION_FAILED (given back, or its place is taken).
  [[nodiscard]] Result<std::optional<AnnotationEvent>> answer(const AccountId& annotator,
                                                              AssignmentId id,
                                                              const std::string& label,
                                                              WallTime now);
  /// Fail with NOT_FOUND, NOT_ALLOWED, PRECONDITION_FAILED (not open).
  [[nodiscard]] Result<AnnotationEvent> skip(const AccountId& annotator, AssignmentId id,
                                             WallTime now);
  [[nodiscard]] Result<AnnotationEvent> renew(const AccountId& annotator, AssignmentId id,
                                              WallTime now);
  /// Plays again what was stored. Fails with CORRUPT_DATA (Q1).
  [[nodiscard]] Result<void> replay(const AnnotationEvent& event);

  struct Answered {
    std::uint32_t sample = 0;
    std::uint32_t label = 0;
    AccountId annotator;
    friend bool operator==(const Answered&, const Answered&) = default;
  };
  /// In the order in which they came.
  [[nodiscard]] std::span<const Answered> answers() const noexcept { return answers_; }
  [[nodiscard]] const AnnotationOrder& order() const noexcept { return order_; }
  /// When an assignment ends. Requires: one that was given.
  [[nodiscard]] WallTime expiry_of(AssignmentId id) const;
  [[nodiscard]] std::size_t annotators_count() const noexcept { return annotators_.size(); }
  /// Whether every sample has the answers that are wanted.
  [[nodiscard]] bool is_complete() const noexcept { return assignment_.is_complete(); }

 private:
  struct Annotator {
    GoldRecord gold;
    std::optional<AssignmentId> held;
  };

  AnnotationQueue(AnnotationOrder order, ScreenRules rules, Assignment assignment)
      : order_(std::move(order)), rules_(rules), assignment_(std::move(assignment)) {}
  [[nodiscard]] Applicant applicant_of(const AccountId& annotator) const;
  [[nodiscard]] bool may_annotate(const AccountId& annotator) const;
  /// The lease that the annotator has or had. Fails with NOT_FOUND or NOT_ALLOWED.
  [[nodiscard]] Result<Lease> lease_of(const AccountId& annotator, AssignmentId id) const;
  void let_go(const AccountId& annotator, AssignmentId id);
  /// Ends what is over. Time that was seen never comes again, or a replay would go another way.
  WallTime advance(WallTime now);

  AnnotationOrder order_;
  ScreenRules rules_;
  Assignment assignment_;
  std::map<AccountId, Annotator> annotators_;
  std::map<AssignmentId, std::uint32_t> labels_of_;  ///< Of those that were answered.
  std::vector<Answered> answers_;
  WallTime latest_;
};

}  // namespace oort::datahub
