// SPDX-License-Identifier: Apache-2.0
// What stewards hand over, what the disk has of it, and any sequence of calls. First byte: which.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/bytes.hpp"
#include "oort/datahub/annotation_queue.hpp"

namespace oort::datahub {
namespace {

template <class Record>
std::optional<Record> try_record(ByteView bytes) {
  auto record = codec::from_bytes<Record>(bytes);
  if (!record) return std::nullopt;
  OORT_ASSERT(codec::to_bytes(*record) == to_bytes(bytes), "one value has one encoding");
  return *std::move(record);
}

AccountId person(std::uint8_t number) {
  AccountId id;
  id.mutable_view()[0] = std::byte{number};
  return id;
}

AnnotationOrder small_order() {
  AnnotationOrder order;
  order.labels = {"cat", "dog"};
  for (std::uint32_t i = 0; i < 8; ++i) {
    AnnotationSample sample{std::to_string(i), "?", std::nullopt};
    if (i % 3 == 0) sample.gold = i % 2;
    order.samples.push_back(std::move(sample));
  }
  order.lease_ms = 1'000;
  return order;
}

/// Three bytes a call: who, what, and how much later. What was stored gives the same queue again,
/// and nobody answers a sample twice.
void try_calls(std::span<const std::uint8_t> script) {
  const AnnotationTerms terms{.overlap = 2, .gold_share_ppm = 300'000};
  AnnotationQueue queue = AnnotationQueue::create(small_order(), terms).value();
  std::vector<AnnotationEvent> events;
  const auto store = [&events](const auto& event) {
    if (event) events.push_back(*event);
  };
  WallTime now{10'000};
  for (; script.size() >= 3; script = script.subspan(3)) {
    const AccountId who = person(script[0] % 4);
    const AssignmentId about(1 + script[0] / 4 % 16);
    now.milliseconds += std::uint64_t{script[2]} * 8;
    switch (script[1] % 5) {
      case 0:
      case 1: {
        const auto got = queue.acquire(who, now);
        if (got) store(got->event);
        break;
      }
      case 2: {
        const auto done = queue.answer(who, about, script[1] > 127 ? "dog" : "cat", now);
        if (done) store(*done);
        break;
      }
      case 3: store(queue.skip(who, about, now)); break;
      default: store(queue.renew(who, about, now)); break;
    }
  }
  AnnotationQueue again = AnnotationQueue::create(small_order(), terms).value();
  for (const AnnotationEvent& event : events) {
    OORT_ASSERT(again.replay(event), "Q1: what was stored follows");
  }
  OORT_ASSERT(std::ranges::equal(again.answers(), queue.answers()), "Q1: the same answers");
  std::map<std::pair<std::uint32_t, AccountId>, int> answers;
  std::map<std::uint32_t, std::uint32_t> by_sample;
  for (const auto& one : queue.answers()) {
    const int given = ++answers[std::pair(one.sample, one.annotator)];
    OORT_ASSERT(given == 1, "Q3: one answer");
    const bool is_gold = queue.order().samples[one.sample].gold.has_value();
    OORT_ASSERT(++by_sample[one.sample] <= terms.overlap || is_gold, "no more than wanted");
  }
}

void try_any(std::span<const std::uint8_t> input) {
  const ByteView bytes = std::as_bytes(input.subspan(1));
  switch (input.front() % 3) {
    case 0: {
      const auto order = try_record<AnnotationOrder>(bytes);
      if (order && check(*order)) {
        OORT_ASSERT(AnnotationQueue::create(*order, {}), "what is checked can be handed out");
      }
      break;
    }
    case 1: {
      const auto event = try_record<AnnotationEvent>(bytes);
      AnnotationQueue queue = AnnotationQueue::create(small_order(), {}).value();
      if (event) static_cast<void>(queue.replay(*event));
      break;
    }
    default: try_calls(input.subspan(1)); break;
  }
}

}  // namespace
}  // namespace oort::datahub

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) oort::datahub::try_any(std::span(data, size));
  return 0;
}
