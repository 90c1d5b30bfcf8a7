// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "oort/consensus/types.hpp"

namespace oort::consensus {

/// What one key has signed: the durable heart of safety. Every signature of a proposal or a vote
/// passes through here, and leaves only after the changed record is durable.
///
/// Invariants
///   S1  Nothing is signed for a view lower than one already signed in.
///   S2  One proposal and one notarization a view.
///   S3  NULLIFY and FINALIZE of one view exclude each other.
///   S4  FINALIZE only for the block notarized in that view.
///   S5  A refused request changes nothing; a repeated one is allowed and changes nothing.
struct SignerRecord {
  Epoch epoch;
  View view;
  BlockId proposed;   ///< Zero: nothing in this view.
  BlockId notarized;  ///< Zero: nothing in this view.
  bool nullified = false;
  bool finalized = false;
  View last_final_view;  ///< The last view of `epoch` in which it voted to finalize; 0: none.

  /// Each says whether the signature may be made, and records it if so.
  [[nodiscard]] bool propose(Epoch at, View in, const BlockId& id);
  [[nodiscard]] bool notarize(Epoch at, View in, const BlockId& id);
  /// The `from` to sign, or nothing when refused.
  [[nodiscard]] std::optional<View> nullify(Epoch at, View in);
  [[nodiscard]] bool finalize(Epoch at, View in, const BlockId& id);

  /// The record of a key whose past is unknown but ends before `floor`: it may vote from there on,
  /// and its NULLIFY votes claim nothing about earlier views.
  [[nodiscard]] static SignerRecord after_amnesia(Epoch epoch, View floor);

  friend bool operator==(const SignerRecord&, const SignerRecord&) noexcept = default;

 private:
  // False below the record; above it, the fields of the view are reset.
  bool enter(Epoch at, View in);
};

void encode(codec::Writer& out, const SignerRecord& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, SignerRecord& value);

}  // namespace oort::consensus
