// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"
#include "oort/datahub/training.hpp"

namespace oort::datahub {

/// Numbers are frozen.
enum class ArtefactKind : std::uint8_t {
  Sample = 0,
  Dataset = 1,
  Training = 2,
  Model = 3,
  Device = 4
};
[[nodiscard]] std::string_view to_string(ArtefactKind kind) noexcept;

/// Something that was made: its root or digest is its name.
struct Artefact {
  ArtefactKind kind = ArtefactKind::Sample;
  Bytes32 id;
  friend bool operator==(const Artefact&, const Artefact&) noexcept = default;
  friend auto operator<=>(const Artefact&, const Artefact&) noexcept = default;
};
/// `from` went into `to`.
struct ProvenanceLink {
  Artefact from;
  Artefact to;
  Grade grade = Grade::Claimed;
  Bytes32 evidence;  ///< Digest of what proves it: a statement, a path, a record.
  friend bool operator==(const ProvenanceLink&, const ProvenanceLink&) noexcept = default;
};

inline constexpr std::size_t provenance_links_max = 1U << 16;

/// From sample to device, each link with how well it is founded.
///
/// Invariants
///   V1  Links go from sample to dataset, dataset to dataset, dataset or model to training,
///   training
///       to model, and model to device; nothing is made of itself, by no detour.
///   V2  The grade of an artefact is that of the weakest link that leads to it, however far.
///   V3  Equal graphs have equal bytes, whatever order they were built in, and no others decode.
class ProvenanceGraph {
 public:
  /// All at once, in time that grows with their number. Fails like `add`.
  [[nodiscard]] static Result<ProvenanceGraph> from(const std::vector<ProvenanceLink>& links);
  /// Fails with BAD_ARGUMENT (V1), ALREADY_EXISTS for a second link between the two, TOO_LARGE.
  [[nodiscard]] Result<void> add(const ProvenanceLink& link);

  /// All links, ascending by what they lead to and then by where they come from.
  [[nodiscard]] std::vector<ProvenanceLink> links() const;
  /// Every link that leads to the artefact, directly or not, in the same order.
  [[nodiscard]] std::vector<ProvenanceLink> lineage_of(const Artefact& artefact) const;
  /// V2; empty when nothing is known of where it comes from.
  [[nodiscard]] std::optional<Grade> grade_of(const Artefact& artefact) const;
  /// All that was made of the artefact, directly or not, ascending: what a take-down touches.
  [[nodiscard]] std::vector<Artefact> made_of(const Artefact& artefact) const;

  friend bool operator==(const ProvenanceGraph&, const ProvenanceGraph&) = default;

 private:
  [[nodiscard]] Result<void> insert(const ProvenanceLink& link);
  [[nodiscard]] bool is_without_circle() const;

  struct Foundation {
    Grade grade = Grade::Claimed;
    Bytes32 evidence;
    friend bool operator==(const Foundation&, const Foundation&) noexcept = default;
  };
  std::map<Artefact, std::map<Artefact, Foundation>> into_;  ///< To, from.
  std::map<Artefact, std::set<Artefact>> out_of_;
  std::size_t links_count_ = 0;
};

/// u32 count and the links in order: kind and id of what it leads to, kind and id of where it comes
/// from, grade, evidence.
void encode(codec::Writer& out, const ProvenanceGraph& graph);
[[nodiscard]] Result<void> decode(codec::Reader& in, ProvenanceGraph& graph);

}  // namespace oort::datahub
