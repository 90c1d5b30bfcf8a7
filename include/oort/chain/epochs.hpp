// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/consensus/types.hpp"
#include "oort/consensus/validator_set.hpp"
#include "oort/consensus/verify.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/ledger/genesis.hpp"

namespace oort::chain {

/// A moment of the agreement: views count from 1 in each epoch.
struct Turn {
  Epoch epoch;
  View view;
  friend auto operator<=>(const Turn&, const Turn&) noexcept = default;
};
/// Where a chain is whose newest final block this is: behind the last block of an epoch that is
/// view 0 of the next.
[[nodiscard]] Turn turn_of(const consensus::Header& header) noexcept;

/// Proof that an epoch is over, and with which validators the next one begins.
struct Handover {
  /// The last block of the epoch, and the empty ones behind it up to the one that is certified: it
  /// may have become final through them. They are no part of the ledger.
  std::vector<consensus::Header> headers;
  consensus::Certificate certificate;  ///< FINALIZE for the last of `headers`.
  consensus::ValidatorSet next;        ///< Its hash stands in the first header.
  friend bool operator==(const Handover&, const Handover&) = default;
};
inline constexpr std::size_t handover_headers_count_max = 4096;
void encode(codec::Writer& out, const Handover& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, Handover& value);

/// Whom to believe in one epoch, and the block that all of its blocks stand on. The first one comes
/// from the genesis file, each later one from the one before it and a proof.
struct TrustRoot {
  ChainId chain;
  /// The first epoch's is H("oort.v1 genesis block", chain): it stands for block 0, which has no
  /// header. A later epoch's is the last block of the one before.
  BlockId anchor;
  Bytes32 seed;               ///< Shuffles the leaders; known of the first epoch alone.
  std::uint64_t time_ms = 0;  ///< Of the anchor.
  consensus::ValidatorSet validators;
  Height height;  ///< Of the anchor.

  /// Fails with BAD_ARGUMENT for a genesis that no network can start from.
  [[nodiscard]] static Result<TrustRoot> of(const ledger::GenesisParams& genesis);
  /// The root of the next epoch. Fails with WRONG_CHAIN, BAD_PROOF or BAD_CERTIFICATE.
  [[nodiscard]] Result<TrustRoot> next(const Handover& handover,
                                       const consensus::Verifier& verifier) const;
  [[nodiscard]] Epoch epoch() const noexcept { return validators.epoch(); }
  [[nodiscard]] consensus::EpochContext context(const consensus::Verifier& verifier) const {
    return {chain, anchor, &validators, &verifier};
  }
};

/// For a disk, not for others: nothing here is proven.
void encode(codec::Writer& out, const TrustRoot& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, TrustRoot& value);

/// Roots of consecutive epochs, the newest `count_max` that were followed: what can be judged with
/// them. Never empty.
class TrustRoots {
 public:
  static constexpr std::size_t count_max = 256;

  explicit TrustRoots(TrustRoot first) : TrustRoots(std::vector{std::move(first)}) {}
  /// Requires: consecutive, at least one.
  explicit TrustRoots(std::vector<TrustRoot> roots);
  [[nodiscard]] const TrustRoot& newest() const { return roots_.rbegin()->second; }
  /// The root of the epoch. Fails with NOT_READY where nothing proved yet that it began, and with
  /// BAD_ARGUMENT for one that is older than those kept.
  [[nodiscard]] Result<const TrustRoot*> find(Epoch epoch) const;
  /// Takes the proof that the newest epoch is over; one of an epoch that is known to be over
  /// changes nothing. Fails as TrustRoot::next.
  [[nodiscard]] Result<void> follow(const Handover& handover, const consensus::Verifier& verifier);
  [[nodiscard]] std::vector<TrustRoot> list() const;

 private:
  std::map<Epoch, TrustRoot> roots_;
};

}  // namespace oort::chain
