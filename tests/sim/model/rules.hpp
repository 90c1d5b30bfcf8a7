// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

namespace oort::model {

/// The voting rules of the protocol, reduced to what safety rests on, and how each can be broken.
/// With every switch off these are the rules of the engine: cumulative NULLIFY, monotone signer.
struct Rules {
  /// A NULLIFY covers its own view alone, as in the paper.
  bool per_view_nullify = false;
  bool finalize_after_nullify = false;
  bool nullify_after_finalize = false;
  /// A block needs only its parent's notarization, no proof that the views between were skipped.
  bool no_skip_proof = false;
  /// Every NULLIFY covers all views up to its own, whatever its signer finalized.
  bool nullify_from_zero = false;
  bool signer_not_monotone = false;
  /// A node may notarize another block of a view as long as it did not finalize there.
  bool double_notarize = false;
  bool finalize_without_notarization = false;
  /// Keep `from` as it was signed and every certificate that ever existed, where the plain model
  /// computes both from the votes that stand now.
  bool latched = false;
};

struct NamedRules {
  std::string_view name;
  Rules rules;
};

inline constexpr std::array<NamedRules, 12> named_rules{{
    {"base", {}},
    {"per-view-nullify", {.per_view_nullify = true}},
    {"finalize-after-nullify", {.finalize_after_nullify = true}},
    {"no-skip-proof", {.no_skip_proof = true}},
    {"nullify-from-zero", {.nullify_from_zero = true}},
    {"signer-not-monotone", {.signer_not_monotone = true}},
    {"double-notarize", {.double_notarize = true}},
    {"nullify-after-finalize", {.nullify_after_finalize = true}},
    {"per-view-nullify-after-finalize", {.per_view_nullify = true, .nullify_after_finalize = true}},
    {"per-view-not-monotone", {.per_view_nullify = true, .signer_not_monotone = true}},
    {"finalize-without-notarization", {.finalize_without_notarization = true}},
    {"base-latched", {.latched = true}},
}};

}  // namespace oort::model
