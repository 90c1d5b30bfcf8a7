// SPDX-License-Identifier: Apache-2.0
#include "campaigns/campaign_fields.hpp"
#include "oort/codec/codec.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/ledger/campaign_records.hpp"
#include "oort/ledger/ratio.hpp"

namespace oort::ledger {

template void encode(codec::Writer&, const CampaignsParams&);
template Result<void> decode(codec::Reader&, CampaignsParams&);
template void encode(codec::Writer&, const CampaignsGenesis&);
template Result<void> decode(codec::Reader&, CampaignsGenesis&);
template void encode(codec::Writer&, const Campaign&);
template Result<void> decode(codec::Reader&, Campaign&);
template void encode(codec::Writer&, const Batch&);
template Result<void> decode(codec::Reader&, Batch&);
template void encode(codec::Writer&, const StageEnd&);
template Result<void> decode(codec::Reader&, StageEnd&);
template void encode(codec::Writer&, const ContributorPay&);
template Result<void> decode(codec::Reader&, ContributorPay&);
template void encode(codec::Writer&, const PayAppeal&);
template Result<void> decode(codec::Reader&, PayAppeal&);
template void encode(codec::Writer&, const Consent&);
template Result<void> decode(codec::Reader&, Consent&);

namespace {

constexpr crypto::Context campaign_context("oort.v1 campaign");
/// Of any window: sums of a few never wrap.
constexpr std::uint64_t window_ms_max = std::uint64_t{1} << 40;

void append(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }
void append(Bytes& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::byte>(static_cast<std::uint8_t>(value >> shift)));
  }
}

/// An inner node of RFC 6962.
Bytes32 parent_of(const Bytes32& left, const Bytes32& right) {
  Bytes bytes{std::byte{1}};
  append(bytes, left.view());
  append(bytes, right.view());
  return crypto::sha256(bytes);
}

}  // namespace

bool is_possible(const CampaignsParams& params) {
  return params.appeal_ms_min >= 1 && params.appeal_ms_min <= params.appeal_ms_max &&
         params.appeal_ms_max <= window_ms_max && params.holdback_max <= parts_per_million &&
         params.overlap_max >= 1;
}

CampaignId campaign_id_of(const AccountId& requester, std::uint64_t nonce) {
  codec::Writer out;
  codec::encode(out, requester);
  out.u64(nonce);
  return CampaignId(crypto::hash(campaign_context, out.bytes()).array());
}

Bytes32 gold_commitment(const Bytes32& salt, const Bytes32& root) {
  Bytes bytes = to_bytes(salt.view());
  append(bytes, root.view());
  return crypto::sha256(bytes);
}

std::uint64_t appeals_from_ms(const Campaign& campaign) noexcept {
  return campaign.result_ms != 0 ? campaign.result_ms
                                 : campaign.closed_ms + campaign.terms.appeal_ms;
}

std::uint64_t appeals_until_ms(const Campaign& campaign) noexcept {
  return appeals_from_ms(campaign) + campaign.terms.appeal_ms;
}

Bytes32 contribution_leaf(const CampaignId& campaign, std::uint32_t batch,
                          const Contribution& contribution) {
  Bytes bytes{std::byte{0}};
  append(bytes, campaign.view());
  append(bytes, batch);
  append(bytes, contribution.pseudonym.view());
  append(bytes, contribution.account.view());
  append(bytes, contribution.answers);
  append(bytes, contribution.answers_root.view());
  return crypto::sha256(bytes);
}

// RFC 9162, section 2.1.3.2.
bool verify_contribution(const Bytes32& root, const ContributionPath& path, const Bytes32& leaf) {
  if (path.index >= path.count) return false;
  std::uint64_t place = path.index;
  std::uint64_t last = path.count - 1;
  Bytes32 hash = leaf;
  for (const Bytes32& sibling : path.siblings) {
    if (last == 0) return false;
    if ((place & 1) == 1 || place == last) {
      hash = parent_of(sibling, hash);
      while ((place & 1) == 0 && place != 0) {
        place >>= 1;
        last >>= 1;
      }
    } else {
      hash = parent_of(hash, sibling);
    }
    place >>= 1;
    last >>= 1;
  }
  return last == 0 && hash == root;
}

}  // namespace oort::ledger
