// SPDX-License-Identifier: Apache-2.0
#include "annotation_order.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/datahub/json.hpp"

namespace oort::cli {
namespace {

constexpr std::uint64_t ms_per_second = 1000;
constexpr std::uint64_t lease_s_max = std::uint64_t{24} * 60 * 60;

tl::unexpected<Error> refused(const std::string& why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument, why);
}

Result<SampleLine> parse_sample(std::string_view line, const std::string& where) {
  auto value = datahub::parse_json(line);
  if (!value) return fail(std::move(value).error().with(where));
  const datahub::Json* const name = value->find("sample");
  const datahub::Json* const content = value->find("content");
  const bool has_both = name != nullptr && content != nullptr && value->if_object()->size() == 2;
  if (!has_both || name->if_string() == nullptr || content->if_string() == nullptr) {
    return fail(ErrorCode::InvalidArgument, reason::malformed,
                where + R"(: {"sample": "a name", "content": "a text or an address"} is wanted)");
  }
  return SampleLine{*name->if_string(), *content->if_string()};
}

bool is_number(std::string_view text) noexcept {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// A control character of C1 in UTF-8, which some terminals obey as they do ESC.
bool is_c1(std::string_view text, std::size_t place) noexcept {
  if (text[place] != '\xc2' || place + 1 == text.size()) return false;
  const auto next = static_cast<unsigned char>(text[place + 1]);
  return next >= 0x80 && next < 0xa0;
}

Bytes32 derived(const Bytes32& secret, std::string_view what) {
  return crypto::hmac_sha256(secret.view(), as_bytes(what));
}

/// Of each gold sample the place of its label.
Result<std::map<std::string, std::uint32_t>> places_of(const std::vector<GoldLine>& gold,
                                                       const std::vector<std::string>& labels) {
  std::map<std::string, std::uint32_t> places;
  for (const GoldLine& line : gold) {
    const auto label = std::ranges::find(labels, line.label);
    if (label == labels.end()) {
      return refused("the gold of '" + line.sample + "' is '" + line.label +
                     "', which is none of the labels");
    }
    places[line.sample] = static_cast<std::uint32_t>(label - labels.begin());
  }
  return places;
}

void shuffle(std::vector<SampleLine>& samples, const Bytes32& key) {
  std::ranges::sort(samples, {}, [&key](const SampleLine& line) {
    return std::pair(crypto::keyed_hash(key, as_bytes(line.name)), line.name);
  });
}

}  // namespace

Result<std::vector<SampleLine>> parse_samples(std::string_view text) {
  std::vector<SampleLine> samples;
  std::set<std::string> names;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const std::string where = "line " + std::to_string(number);
    OORT_TRY(SampleLine sample, parse_sample(line, where));
    if (!names.insert(sample.name).second) {
      return fail(ErrorCode::AlreadyExists, reason::already_exists,
                  where + ": the sample '" + sample.name + "' stands twice");
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

Result<void> check_gold(ByteView committed, const std::vector<GoldLine>& gold,
                        const Bytes32& secret) {
  if (committed.empty() && gold.empty()) return {};
  if (committed.empty()) {
    return fail(ErrorCode::FailedPrecondition, reason::precondition_failed,
                "the campaign has committed to no gold: run `oortd campaign gold` first");
  }
  if (gold.empty()) return refused("the campaign has gold: name its file with --gold");
  if (as_text(gold_commitment_of(secret, gold).view()) == as_text(committed)) return {};
  return fail(ErrorCode::InvalidArgument, reason::bad_proof,
              "this is not the gold that the campaign has committed to, or not its steward's key");
}

Result<datahub::AnnotationOrder> order_of(const CampaignId& campaign, const Bytes32& secret,
                                          std::vector<SampleLine> samples,
                                          const std::vector<GoldLine>& gold,
                                          const QueueOptions& options) {
  datahub::AnnotationOrder order;
  order.campaign = campaign;
  order.seed = derived(secret, "annotation seed");
  order.labels = options.labels;
  order.annotators = options.annotators;
  std::ranges::sort(order.annotators);
  const auto twice = std::ranges::unique(order.annotators);
  order.annotators.erase(twice.begin(), twice.end());
  if (options.lease_s > lease_s_max) return refused("an assignment lasts a second to a day");
  order.lease_ms = options.lease_s * ms_per_second;
  order.answers_max = options.answers_max;
  OORT_TRY(auto known, places_of(gold, order.labels));
  shuffle(samples, derived(secret, "annotation places"));
  for (SampleLine& line : samples) {
    datahub::AnnotationSample& sample = order.samples.emplace_back();
    if (const auto found = known.extract(line.name)) sample.gold = found.mapped();
    sample.name = std::move(line.name);
    sample.content = std::move(line.content);
  }
  if (!known.empty()) return refused("the gold '" + known.begin()->first + "' is no sample");
  OORT_TRY(datahub::check(order));
  return order;
}

bool are_numbered(const std::vector<std::string>& labels) noexcept {
  return std::ranges::none_of(labels, is_number);
}

Result<std::string> label_meant(const std::vector<std::string>& labels, const std::string& line) {
  if (std::ranges::find(labels, line) != labels.end()) return line;
  std::size_t place = 0;
  const char* const end = line.data() + line.size();
  const auto read = std::from_chars(line.data(), end, place);
  const bool is_place = are_numbered(labels) && read.ec == std::errc() && read.ptr == end &&
                        place >= 1 && place <= labels.size();
  if (is_place) return labels[place - 1];
  std::string all;
  for (const std::string& label : labels) all += (all.empty() ? "" : ", ") + label;
  return refused("'" + line + "' is none of the labels: " + all);
}

std::string printable(std::string_view text) {
  const bool is_unicode = datahub::is_utf8(text);
  std::string shown;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_control = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f;
    if (is_c1(text, i)) {
      shown += '?';
      ++i;
    } else {
      shown += is_control || (byte >= 0x80 && !is_unicode) ? '?' : text[i];
    }
  }
  return shown;
}

}  // namespace oort::cli
