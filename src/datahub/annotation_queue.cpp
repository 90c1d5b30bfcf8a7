// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/annotation_queue.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/datahub/json.hpp"

namespace oort::datahub {
namespace {

constexpr std::uint64_t lease_ms_min = 1'000;
constexpr std::uint64_t lease_ms_max = 24ULL * 60 * 60 * 1'000;
constexpr std::size_t annotators_max = 100'000;
constexpr std::uint32_t ppm_whole = 1'000'000;
/// Who is known to be good is watched less.
constexpr std::uint32_t trusted_share_divisor = 4;

tl::unexpected<Error> refused(const std::string& why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument, why);
}
tl::unexpected<Error> not_as_stored(const std::string& why) {
  return fail(ErrorCode::DataLoss, reason::corrupt_data,
              "an event of the annotation queue does not follow from those before it: " + why);
}

/// Fit for a field of CSV that nobody quotes.
bool is_plain(std::string_view text, std::size_t bytes_max) {
  return !text.empty() && text.size() <= bytes_max && is_utf8(text) &&
         std::ranges::none_of(text, [](char each) {
           const auto byte = static_cast<unsigned char>(each);
           return byte < 0x20 || byte == 0x7f || each == ',' || each == '"';
         });
}

Result<void> check_labels(const std::vector<std::string>& labels) {
  if (labels.size() < 2 || labels.size() > annotation_labels_max) {
    return refused("an order has 2 to " + std::to_string(annotation_labels_max) + " labels");
  }
  std::set<std::string_view> seen;
  for (const std::string& label : labels) {
    if (!is_plain(label, annotation_label_bytes_max)) {
      return refused("'" + label + "' is no label: 1 to 64 bytes without commas and quotes");
    }
    if (!seen.insert(label).second) return refused("the label '" + label + "' stands twice");
  }
  return {};
}

Result<void> check_samples(const AnnotationOrder& order) {
  if (order.samples.size() > annotation_samples_max) return refused("too many samples");
  std::set<std::string_view> seen;
  bool is_anything_asked = false;
  for (const AnnotationSample& sample : order.samples) {
    if (!is_plain(sample.name, annotation_name_bytes_max)) {
      return refused("'" + sample.name + "' is no name of a sample: commas and quotes are not");
    }
    if (!seen.insert(sample.name).second) {
      return refused("the sample '" + sample.name + "' stands twice");
    }
    if (sample.content.empty() || sample.content.size() > annotation_content_bytes_max ||
        !is_utf8(sample.content)) {
      return refused("the sample '" + sample.name + "' has no text of 1 to 4,096 bytes");
    }
    if (sample.gold && *sample.gold >= order.labels.size()) {
      return refused("the gold of '" + sample.name + "' is none of the labels");
    }
    is_anything_asked = is_anything_asked || !sample.gold;
  }
  if (!is_anything_asked) return refused("there is no sample whose label is not known");
  return {};
}

ScreenRules rules_of(const AnnotationTerms& terms) {
  ScreenRules rules;
  rules.gold_share_ppm = terms.gold_share_ppm;
  rules.gold_share_trusted_ppm = terms.gold_share_ppm / trusted_share_divisor;
  return rules;
}

}  // namespace

void encode(codec::Writer& out, const AnnotationSample& value) {
  out.text(value.name);
  out.text(value.content);
  codec::encode(out, value.gold);
}
Result<void> decode(codec::Reader& in, AnnotationSample& value) {
  OORT_TRY(value.name, in.text(annotation_name_bytes_max));
  OORT_TRY(value.content, in.text(annotation_content_bytes_max));
  return codec::decode(in, value.gold);
}

void encode(codec::Writer& out, const AnnotationOrder& value) {
  out.u8(AnnotationOrder::format_version);
  codec::encode(out, value.campaign);
  codec::encode(out, value.seed);
  out.u32(static_cast<std::uint32_t>(value.labels.size()));
  for (const std::string& label : value.labels) out.text(label);
  codec::encode_vector(out, value.samples);
  codec::encode_vector(out, value.annotators);
  out.u64(value.lease_ms);
  out.u32(value.answers_max);
}

Result<void> decode(codec::Reader& in, AnnotationOrder& value) {
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version != AnnotationOrder::format_version) {
    return fail(ErrorCode::Unimplemented, reason::unsupported_version,
                "an annotation order of version " + std::to_string(version));
  }
  OORT_TRY(codec::decode(in, value.campaign));
  OORT_TRY(codec::decode(in, value.seed));
  OORT_TRY(const std::uint32_t labels_count,
           in.count(annotation_labels_max, sizeof(std::uint32_t)));
  value.labels.clear();
  for (std::uint32_t i = 0; i < labels_count; ++i) {
    OORT_TRY(std::string label, in.text(annotation_label_bytes_max));
    value.labels.push_back(std::move(label));
  }
  OORT_TRY(codec::decode_vector(in, value.samples, annotation_samples_max));
  OORT_TRY(codec::decode_vector(in, value.annotators, annotators_max));
  OORT_TRY(value.lease_ms, in.u64());
  OORT_TRY(value.answers_max, in.u32());
  return {};
}

Result<void> check(const AnnotationOrder& order) {
  OORT_TRY(check_labels(order.labels));
  OORT_TRY(check_samples(order));
  if (order.lease_ms < lease_ms_min || order.lease_ms > lease_ms_max) {
    return refused("an assignment lasts a second to a day");
  }
  const auto is_out_of_order = [](const AccountId& one, const AccountId& next) {
    return !(one < next);
  };
  if (std::ranges::adjacent_find(order.annotators, is_out_of_order) != order.annotators.end()) {
    return refused("annotators ascend, and each stands once");
  }
  return {};
}

void encode(codec::Writer& out, const AnnotationEvent& value) {
  out.u8(AnnotationEvent::format_version);
  out.u8(static_cast<std::uint8_t>(value.kind));
  codec::encode(out, value.annotator);
  out.u64(value.assignment.value());
  out.u32(value.label);
  out.u64(value.at.milliseconds);
}

Result<void> decode(codec::Reader& in, AnnotationEvent& value) {
  using Kind = AnnotationEvent::Kind;
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version != AnnotationEvent::format_version) {
    return fail(ErrorCode::Unimplemented, reason::unsupported_version,
                "an annotation event of version " + std::to_string(version));
  }
  OORT_TRY(const std::uint8_t kind, in.u8());
  if (kind < static_cast<std::uint8_t>(Kind::Acquired) ||
      kind > static_cast<std::uint8_t>(Kind::Renewed)) {
    return fail(ErrorCode::InvalidArgument, reason::malformed,
                "no annotation event has the kind " + std::to_string(kind));
  }
  value.kind = static_cast<Kind>(kind);
  OORT_TRY(codec::decode(in, value.annotator));
  OORT_TRY(const std::uint64_t assignment, in.u64());
  value.assignment = AssignmentId(assignment);
  OORT_TRY(value.label, in.u32());
  OORT_TRY(value.at.milliseconds, in.u64());
  return {};
}

Result<AnnotationQueue> AnnotationQueue::create(AnnotationOrder order,
                                                const AnnotationTerms& terms) {
  OORT_TRY(check(order));
  if (terms.gold_share_ppm > ppm_whole) return refused("a share of gold over the whole");
  std::vector<CampaignSample> samples;
  samples.reserve(order.samples.size());
  for (const AnnotationSample& sample : order.samples) {
    samples.push_back({AccountId(), sample.gold.has_value()});
  }
  AssignmentRules rules;
  rules.overlap = terms.overlap;
  rules.overlap_max = terms.overlap;
  rules.lease_ms = order.lease_ms;
  OORT_TRY(auto assignment, Assignment::create(order.seed, samples, rules));
  return AnnotationQueue(std::move(order), rules_of(terms), std::move(assignment));
}

bool AnnotationQueue::may_annotate(const AccountId& annotator) const {
  return order_.annotators.empty() || std::ranges::binary_search(order_.annotators, annotator);
}

Applicant AnnotationQueue::applicant_of(const AccountId& annotator) const {
  const auto known = annotators_.find(annotator);
  const GoldRecord record = known == annotators_.end() ? GoldRecord() : known->second.gold;
  const Standing standing = standing_of(record, rules_);
  return {.id = annotator,
          .is_qualified = may_annotate(annotator),
          .gold_share_ppm = gold_share_of(standing, rules_),
          .is_unproven = standing == Standing::Trial,
          .open_max = 1,
          .answers_max = order_.answers_max};
}

WallTime AnnotationQueue::advance(WallTime now) {
  latest_ = std::max(latest_, now);
  assignment_.expire(latest_);
  return latest_;
}

Result<AnnotationQueue::Acquired> AnnotationQueue::acquire(const AccountId& annotator,
                                                           WallTime now) {
  const WallTime at = advance(now);
  const auto known = annotators_.find(annotator);
  if (known != annotators_.end() && known->second.held) {
    const AssignmentId held = *known->second.held;
    const Lease* const lease = assignment_.find(held);
    if (lease->state == LeaseState::Open) {
      return Acquired{held, lease->sample, lease->expires, std::nullopt};
    }
  }
  const auto grant = assignment_.acquire(applicant_of(annotator), at);
  if (!grant && grant.error().code() == ErrorCode::ResourceExhausted) {
    return fail(ErrorCode::NotFound, reason::not_found,
                "this annotator has had as many samples as one may have");
  }
  if (!grant) return fail(grant.error());
  annotators_[annotator].held = grant->id;
  return Acquired{grant->id, grant->sample, grant->expires,
                  AnnotationEvent{AnnotationEvent::Kind::Acquired, annotator, grant->id, 0, at}};
}

Result<Lease> AnnotationQueue::lease_of(const AccountId& annotator, AssignmentId id) const {
  const Lease* const lease = assignment_.find(id);
  if (lease == nullptr) {
    return fail(ErrorCode::NotFound, reason::not_found,
                "there is no assignment " + std::to_string(id.value()));
  }
  if (lease->annotator != annotator) {
    return fail(ErrorCode::PermissionDenied, reason::not_allowed,
                "the assignment is somebody else's");
  }
  return *lease;
}

void AnnotationQueue::let_go(const AccountId& annotator, AssignmentId id) {
  Annotator& who = annotators_.at(annotator);
  if (who.held == id) who.held.reset();
}

Result<std::optional<AnnotationEvent>> AnnotationQueue::answer(const AccountId& annotator,
                                                               AssignmentId id,
                                                               const std::string& label,
                                                               WallTime now) {
  const WallTime at = advance(now);
  OORT_TRY(const Lease lease, lease_of(annotator, id));
  const auto found = std::ranges::find(order_.labels, label);
  if (found == order_.labels.end()) return refused("'" + label + "' is none of the labels");
  const auto place = static_cast<std::uint32_t>(found - order_.labels.begin());
  if (lease.state == LeaseState::Submitted) {
    if (labels_of_.at(id) == place) return std::nullopt;
    return fail(ErrorCode::AlreadyExists, reason::already_exists,
                "the assignment was answered with '" + order_.labels[labels_of_.at(id)] + "'");
  }
  OORT_TRY(const std::uint32_t sample, assignment_.submit(annotator, id, at));
  labels_of_[id] = place;
  answers_.push_back({sample, place, annotator});
  if (const auto gold = order_.samples[sample].gold) {
    GoldRecord& record = annotators_.at(annotator).gold;
    ++(*gold == place ? record.hits : record.misses);
  }
  let_go(annotator, id);
  return AnnotationEvent{AnnotationEvent::Kind::Answered, annotator, id, place, at};
}

Result<AnnotationEvent> AnnotationQueue::skip(const AccountId& annotator, AssignmentId id,
                                              WallTime now) {
  const WallTime at = advance(now);
  OORT_TRY(lease_of(annotator, id));
  OORT_TRY(assignment_.release(annotator, id, at));
  let_go(annotator, id);
  return AnnotationEvent{AnnotationEvent::Kind::Skipped, annotator, id, 0, at};
}

Result<AnnotationEvent> AnnotationQueue::renew(const AccountId& annotator, AssignmentId id,
                                               WallTime now) {
  const WallTime at = advance(now);
  OORT_TRY(lease_of(annotator, id));
  OORT_TRY(assignment_.renew(annotator, id, at));
  return AnnotationEvent{AnnotationEvent::Kind::Renewed, annotator, id, 0, at};
}

Result<void> AnnotationQueue::replay(const AnnotationEvent& event) {
  using Kind = AnnotationEvent::Kind;
  if (event.at < latest_) return not_as_stored("time runs backwards");
  const auto again = [&]() -> Result<std::optional<AnnotationEvent>> {
    switch (event.kind) {
      case Kind::Acquired: {
        OORT_TRY(const Acquired acquired, acquire(event.annotator, event.at));
        return acquired.event;
      }
      case Kind::Answered: {
        if (event.label >= order_.labels.size()) return not_as_stored("there is no such label");
        return answer(event.annotator, event.assignment, order_.labels[event.label], event.at);
      }
      case Kind::Skipped: return skip(event.annotator, event.assignment, event.at);
      case Kind::Renewed: return renew(event.annotator, event.assignment, event.at);
    }
    return not_as_stored("there is no such kind");
  };
  const auto made = again();
  if (!made) return not_as_stored(made.error().to_string());
  if (*made != event) return not_as_stored("it would be another one now");
  return {};
}

WallTime AnnotationQueue::expiry_of(AssignmentId id) const {
  const Lease* const lease = assignment_.find(id);
  OORT_ASSERT(lease != nullptr, "the assignment was given");
  return lease->expires;
}

}  // namespace oort::datahub
