// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/provenance.hpp"

#include <algorithm>
#include <utility>

#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"

namespace oort::datahub {

namespace {

bool may_lead(ArtefactKind from, ArtefactKind to) {
  switch (to) {
    case ArtefactKind::Sample: return false;
    case ArtefactKind::Dataset:
      return from == ArtefactKind::Sample || from == ArtefactKind::Dataset;
    case ArtefactKind::Training:
      return from == ArtefactKind::Dataset || from == ArtefactKind::Model;
    case ArtefactKind::Model: return from == ArtefactKind::Training;
    case ArtefactKind::Device: return from == ArtefactKind::Model;
  }
  return false;
}

tl::unexpected<Error> circle() {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument, "nothing is made of itself");
}

void encode_artefact(codec::Writer& out, const Artefact& artefact) {
  out.u8(static_cast<std::uint8_t>(artefact.kind));
  encode(out, artefact.id);
}

Result<Artefact> decode_artefact(codec::Reader& in) {
  OORT_TRY(const std::uint8_t kind, in.u8());
  if (kind > static_cast<std::uint8_t>(ArtefactKind::Device)) {
    return fail(ErrorCode::InvalidArgument, reason::malformed, "an unknown kind of artefact");
  }
  Artefact artefact{static_cast<ArtefactKind>(kind), {}};
  OORT_TRY(codec::decode(in, artefact.id));
  return artefact;
}

Result<ProvenanceLink> decode_link(codec::Reader& in) {
  ProvenanceLink link;
  OORT_TRY(link.to, decode_artefact(in));
  OORT_TRY(link.from, decode_artefact(in));
  OORT_TRY(const std::uint8_t grade, in.u8());
  if (grade > static_cast<std::uint8_t>(Grade::Replayed)) {
    return fail(ErrorCode::InvalidArgument, reason::malformed, "an unknown grade");
  }
  link.grade = static_cast<Grade>(grade);
  OORT_TRY(codec::decode(in, link.evidence));
  return link;
}

}  // namespace

std::string_view to_string(ArtefactKind kind) noexcept {
  switch (kind) {
    case ArtefactKind::Sample: return "sample";
    case ArtefactKind::Dataset: return "dataset";
    case ArtefactKind::Training: return "training";
    case ArtefactKind::Model: return "model";
    case ArtefactKind::Device: return "device";
  }
  return "unknown";
}

Result<void> ProvenanceGraph::insert(const ProvenanceLink& link) {
  if (links_count_ >= provenance_links_max) {
    return fail(ErrorCode::InvalidArgument, reason::too_large, "too many links for one graph");
  }
  if (!may_lead(link.from.kind, link.to.kind)) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "a " + std::string(to_string(link.from.kind)) + " does not make a " +
                    std::string(to_string(link.to.kind)));
  }
  if (!into_[link.to].try_emplace(link.from, Foundation{link.grade, link.evidence}).second) {
    return fail(ErrorCode::AlreadyExists, reason::already_exists, "the link is there already");
  }
  out_of_[link.from].insert(link.to);
  ++links_count_;
  return {};
}

Result<void> ProvenanceGraph::add(const ProvenanceLink& link) {
  const std::vector<Artefact> later = made_of(link.to);
  if (link.from == link.to || std::binary_search(later.begin(), later.end(), link.from)) {
    return circle();
  }
  return insert(link);
}

Result<ProvenanceGraph> ProvenanceGraph::from(const std::vector<ProvenanceLink>& links) {
  ProvenanceGraph graph;
  for (const ProvenanceLink& link : links) {
    OORT_TRY(graph.insert(link));
  }
  if (!graph.is_without_circle()) return circle();
  return graph;
}

/// Takes away, again and again, what nothing is left to make; a circle stays.
bool ProvenanceGraph::is_without_circle() const {
  std::map<Artefact, std::size_t> sources;
  std::vector<Artefact> free;
  for (const auto& [to, from] : into_) sources[to] = from.size();
  for (const auto& [from, to] : out_of_) {
    if (!sources.contains(from)) free.push_back(from);
  }
  std::size_t taken = 0;
  while (!free.empty()) {
    const auto found = out_of_.find(free.back());
    free.pop_back();
    if (found == out_of_.end()) continue;
    for (const Artefact& to : found->second) {
      ++taken;
      if (--sources[to] == 0) free.push_back(to);
    }
  }
  return taken == links_count_;
}

std::vector<ProvenanceLink> ProvenanceGraph::links() const {
  std::vector<ProvenanceLink> all;
  for (const auto& [to, sources] : into_) {
    for (const auto& [from, foundation] : sources) {
      all.push_back({from, to, foundation.grade, foundation.evidence});
    }
  }
  return all;
}

std::vector<ProvenanceLink> ProvenanceGraph::lineage_of(const Artefact& artefact) const {
  std::set<Artefact> seen = {artefact};
  std::vector<Artefact> waiting = {artefact};
  while (!waiting.empty()) {
    const auto found = into_.find(waiting.back());
    waiting.pop_back();
    if (found == into_.end()) continue;
    for (const auto& [from, foundation] : found->second) {
      if (seen.insert(from).second) waiting.push_back(from);
    }
  }
  std::vector<ProvenanceLink> lineage;
  for (const ProvenanceLink& link : links()) {
    if (seen.contains(link.to)) lineage.push_back(link);
  }
  return lineage;
}

std::optional<Grade> ProvenanceGraph::grade_of(const Artefact& artefact) const {
  std::optional<Grade> weakest;
  for (const ProvenanceLink& link : lineage_of(artefact)) {
    weakest = std::min(weakest.value_or(link.grade), link.grade);
  }
  return weakest;
}

std::vector<Artefact> ProvenanceGraph::made_of(const Artefact& artefact) const {
  std::set<Artefact> seen;
  std::vector<Artefact> waiting = {artefact};
  while (!waiting.empty()) {
    const auto found = out_of_.find(waiting.back());
    waiting.pop_back();
    if (found == out_of_.end()) continue;
    for (const Artefact& to : found->second) {
      if (seen.insert(to).second) waiting.push_back(to);
    }
  }
  return {seen.begin(), seen.end()};
}

void encode(codec::Writer& out, const ProvenanceGraph& graph) {
  const std::vector<ProvenanceLink> links = graph.links();
  out.u32(static_cast<std::uint32_t>(links.size()));
  for (const ProvenanceLink& link : links) {
    encode_artefact(out, link.to);
    encode_artefact(out, link.from);
    out.u8(static_cast<std::uint8_t>(link.grade));
    encode(out, link.evidence);
  }
}

Result<void> decode(codec::Reader& in, ProvenanceGraph& graph) {
  OORT_TRY(const std::uint32_t count, in.count(provenance_links_max, 99));
  std::vector<ProvenanceLink> links;
  for (std::uint32_t i = 0; i < count; ++i) {
    OORT_TRY(const ProvenanceLink link, decode_link(in));
    if (!links.empty() &&
        std::pair(link.to, link.from) <= std::pair(links.back().to, links.back().from)) {
      return fail(ErrorCode::InvalidArgument, reason::not_canonical, "links out of order");
    }
    links.push_back(link);
  }
  OORT_TRY(graph, ProvenanceGraph::from(links));
  return {};
}

}  // namespace oort::datahub
