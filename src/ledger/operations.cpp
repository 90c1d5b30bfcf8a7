// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/operations.hpp"

#include "campaigns/campaign_fields.hpp"
#include "datasets/dataset_fields.hpp"
#include "governance/layouts.hpp"
#include "honesty/operation_fields.hpp"
#include "jobs/operation_fields.hpp"
#include "market/market_fields.hpp"
#include "models/model_fields.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/hash.hpp"
#include "record_fields.hpp"
#include "staking/operation_fields.hpp"
#include "storage/storage_fields.hpp"

namespace oort::ledger {

// The order of these calls is the layout of every operation: frozen per code.
template <class F>
void walk(F& f, typename F::template As<Authority>& v) {
  f.optional(v.grant);
  f(v.request_hash);
}
template <class F>
void walk(F& f, typename F::template As<Precondition>& v) {
  f.enumeration(v.kind, Precondition::Kind::Match);
  f(v.version);
}
template <class F>
void walk(F& f, typename F::template As<ObjectVersionRef>& v) {
  f(v.bucket);
  f(v.name_hash);
  f(v.version);
}
template <class F>
void walk(F& f, typename F::template As<Transfer>& v) {
  f(v.to);
  f(v.amount);
}
template <class F>
void walk(F& f, typename F::template As<NodeRegister>& v) {
  f(v.node);
  f(v.roles);
  f.list(v.endpoints, endpoints_per_node_max);
  f.text(v.region, region_bytes_max);
  f(v.system);
  f(v.network);
  f(v.capacity);
  f(v.consent);
}
template <class F>
void walk(F& f, typename F::template As<NodeUpdate>& v) {
  f(v.node);
  f.enumeration(v.status, NodeStatus::Faulty);
  f.list(v.endpoints, endpoints_per_node_max);
  f(v.capacity);
}
template <class F>
void walk(F& f, typename F::template As<BucketCreate>& v) {
  f(v.owner);
  f.text(v.name, bucket_name_bytes_max);
  f.enumeration(v.key_mode, KeyMode::Clear);
  f.list(v.seals, key_seals_max);
  f(v.authority);
}
template <class F>
void walk(F& f, typename F::template As<BucketDelete>& v) {
  f(v.bucket);
  f(v.authority);
}
template <class F>
void walk(F& f, typename F::template As<BucketSetVersioning>& v) {
  f(v.bucket);
  f.enumeration(v.versioning, Versioning::Suspended);
  f(v.authority);
}
template <class F>
void walk(F& f, typename F::template As<BucketSetPolicy>& v) {
  f(v.bucket);
  f(v.body_digest);
  f(v.authority);
}
template <class F>
void walk(F& f, typename F::template As<BucketSetKeys>& v) {
  f(v.bucket);
  f(v.epoch);
  f.list(v.seals, key_seals_max);
}
template <class F>
void walk(F& f, typename F::template As<ObjectCommit>& v) {
  f(v.bucket);
  f(v.name_hash);
  f.enumeration(v.storage_class, StorageClass::DeepArchive);
  f(v.size);
  f(v.body_digest);
  f.list(v.extents, extents_per_object_max);
  f.optional(v.copy_source);
  f(v.precondition);
  f(v.authority);
}
template <class F>
void walk(F& f, typename F::template As<ObjectDelete>& v) {
  f(v.bucket);
  f(v.name_hash);
  f.enumeration(v.target, ObjectDelete::Target::Version);
  f(v.version);
  f(v.precondition);
  f(v.authority);
}
template <class F>
void walk(F& f, typename F::template As<ObjectRestore>& v) {
  f(v.target);
}
template <class F>
void walk(F& f, typename F::template As<SegmentOpen>& v) {
  f(v.nonce);
  f.enumeration(v.storage_class, StorageClass::DeepArchive);
  f.list(v.replicas, limits::shards_per_segment_max);
}
template <class F>
void walk(F& f, typename F::template As<SegmentAppend>& v) {
  f(v.segment);
  f(v.fence);
  f(v.length);
  f(v.root);
  f.list(v.receipts, limits::shards_per_segment_max);
}
template <class F>
void walk(F& f, typename F::template As<SegmentSeal>& v) {
  f(v.segment);
  f(v.fence);
  f(v.data_shards);
  f.list(v.receipts, limits::shards_per_segment_max);
}
template <class F>
void walk(F& f, typename F::template As<SegmentStore>& v) {
  f(v.nonce);
  f.enumeration(v.storage_class, StorageClass::DeepArchive);
  f(v.data_shards);
  f(v.length);
  f(v.root);
  f.list(v.receipts, limits::shards_per_segment_max);
}
template <class F>
void walk(F& f, typename F::template As<ShardReplace>& v) {
  f(v.segment);
  f(v.replaces);
  f(v.receipt);
}
template <class F>
void walk(F& f, typename F::template As<MultipartCreate>& v) {
  f(v.bucket);
  f(v.name_hash);
  f.enumeration(v.storage_class, StorageClass::DeepArchive);
  f(v.body_digest);
  f(v.authority);
}
template <class F>
void walk(F& f, typename F::template As<MultipartPart>& v) {
  f(v.bucket);
  f(v.name_hash);
  f(v.upload);
  f(v.number);
  f(v.size);
  f(v.body_digest);
  f.list(v.extents, extents_per_object_max);
  f(v.authority);
}
template <class F>
void walk(F& f, typename F::template As<MultipartComplete>& v) {
  f(v.bucket);
  f(v.name_hash);
  f(v.upload);
  f.list(v.parts, parts_per_upload_max);
  f(v.body_digest);
  f(v.precondition);
  f(v.authority);
}
template <class F>
void walk(F& f, typename F::template As<MultipartAbort>& v) {
  f(v.bucket);
  f(v.name_hash);
  f(v.upload);
  f(v.authority);
}
template <class F>
void walk(F& f, typename F::template As<AccessKeyCreate>& v) {
  f.text(v.id, access_key_id_bytes_max);
  f.list(v.secrets, key_seals_max);
  f.list(v.buckets, scope_buckets_max);
  f(v.operations);
  f(v.expires_ms);
}
template <class F>
void walk(F& f, typename F::template As<AccessKeyDelete>& v) {
  f.text(v.id, access_key_id_bytes_max);
}
template <class F>
void walk(F& f, typename F::template As<GrantCreate>& v) {
  f(v.gateway);
  f.list(v.buckets, scope_buckets_max);
  f(v.operations);
  f(v.bytes_max);
  f(v.spend_max);
  f(v.expires_ms);
}
template <class F>
void walk(F& f, typename F::template As<GrantRevoke>& v) {
  f(v.grant);
}
template <class F>
void walk(F& f, typename F::template As<EvidenceSubmit>& v) {
  f.blob(v.proof, evidence_bytes_max);
}
template <class F>
void walk(F& f, typename F::template As<ParamsChange>& v) {
  f(v.params);
  f(v.from);
}

namespace {

constexpr crypto::Context consent_context("oort.v1 node consent");

struct Name {
  std::uint16_t code;
  std::string_view text;
};
constexpr Name names[] = {
    {Transfer::code, "Transfer"},
    {NodeRegister::code, "NodeRegister"},
    {NodeUpdate::code, "NodeUpdate"},
    {BucketCreate::code, "BucketCreate"},
    {BucketDelete::code, "BucketDelete"},
    {BucketSetVersioning::code, "BucketSetVersioning"},
    {BucketSetPolicy::code, "BucketSetPolicy"},
    {BucketSetKeys::code, "BucketSetKeys"},
    {ObjectCommit::code, "ObjectCommit"},
    {ObjectDelete::code, "ObjectDelete"},
    {ObjectRestore::code, "ObjectRestore"},
    {SegmentOpen::code, "SegmentOpen"},
    {SegmentAppend::code, "SegmentAppend"},
    {SegmentSeal::code, "SegmentSeal"},
    {SegmentStore::code, "SegmentStore"},
    {ShardReplace::code, "ShardReplace"},
    {MultipartCreate::code, "MultipartCreate"},
    {MultipartPart::code, "MultipartPart"},
    {MultipartComplete::code, "MultipartComplete"},
    {MultipartAbort::code, "MultipartAbort"},
    {AccessKeyCreate::code, "AccessKeyCreate"},
    {AccessKeyDelete::code, "AccessKeyDelete"},
    {GrantCreate::code, "GrantCreate"},
    {GrantRevoke::code, "GrantRevoke"},
    {EvidenceSubmit::code, "EvidenceSubmit"},
    {ParamsChange::code, "ParamsChange"},
    {PoolCreate::code, "PoolCreate"},
    {PoolStake::code, "PoolStake"},
    {PoolSetCommission::code, "PoolSetCommission"},
    {PoolSetOnline::code, "PoolSetOnline"},
    {PoolExit::code, "PoolExit"},
    {Delegate::code, "Delegate"},
    {Undelegate::code, "Undelegate"},
    {Redelegate::code, "Redelegate"},
    {RewardClaim::code, "RewardClaim"},
    {BondPost::code, "BondPost"},
    {BondWithdraw::code, "BondWithdraw"},
    {ProposalSubmit::code, "ProposalSubmit"},
    {ProposalDeposit::code, "ProposalDeposit"},
    {VoteCast::code, "VoteCast"},
    {CreditPurchase::code, "CreditPurchase"},
    {OracleReport::code, "OracleReport"},
    {OracleBondPost::code, "OracleBondPost"},
    {OracleBondReturn::code, "OracleBondReturn"},
    {EscrowOpen::code, "EscrowOpen"},
    {EscrowFund::code, "EscrowFund"},
    {EscrowChange::code, "EscrowChange"},
    {EscrowClose::code, "EscrowClose"},
    {EscrowWithdraw::code, "EscrowWithdraw"},
    {RoundPost::code, "RoundPost"},
    {BaitReveal::code, "BaitReveal"},
    {PanelCommit::code, "PanelCommit"},
    {PanelOpen::code, "PanelOpen"},
    {CaseAppeal::code, "CaseAppeal"},
    {AuditDemand::code, "AuditDemand"},
    {AuditAnswer::code, "AuditAnswer"},
    {WorkAccuse::code, "WorkAccuse"},
    {StorageFund::code, "StorageFund"},
    {StorageWithdraw::code, "StorageWithdraw"},
    {StorageCollect::code, "StorageCollect"},
    {OfferPost::code, "OfferPost"},
    {OfferWithdraw::code, "OfferWithdraw"},
    {JobOpen::code, "JobOpen"},
    {JobTakeOver::code, "JobTakeOver"},
    {JobAnchor::code, "JobAnchor"},
    {JobResult::code, "JobResult"},
    {JobCancel::code, "JobCancel"},
    {JobClaim::code, "JobClaim"},
    {JobRedeem::code, "JobRedeem"},
    {JobDispute::code, "JobDispute"},
    {CampaignOpen::code, "CampaignOpen"},
    {CampaignPause::code, "CampaignPause"},
    {CampaignClose::code, "CampaignClose"},
    {GoldCommit::code, "GoldCommit"},
    {BatchCommit::code, "BatchCommit"},
    {StageOpen::code, "StageOpen"},
    {ResultPost::code, "ResultPost"},
    {PayoutPost::code, "PayoutPost"},
    {AppealOpen::code, "AppealOpen"},
    {AppealVote::code, "AppealVote"},
    {AppealExpire::code, "AppealExpire"},
    {HoldbackRelease::code, "HoldbackRelease"},
    {CampaignSettle::code, "CampaignSettle"},
    {ConsentGive::code, "ConsentGive"},
    {ConsentWithdraw::code, "ConsentWithdraw"},
    {DatasetSeal::code, "DatasetSeal"},
    {DatasetOffer::code, "DatasetOffer"},
    {DatasetRequest::code, "DatasetRequest"},
    {DatasetDecide::code, "DatasetDecide"},
    {DatasetUse::code, "DatasetUse"},
    {DatasetTakeDown::code, "DatasetTakeDown"},
    {DatasetOpen::code, "DatasetOpen"},
    {TrainingBegin::code, "TrainingBegin"},
    {TrainingRecord::code, "TrainingRecord"},
    {TrainingAttest::code, "TrainingAttest"},
    {ModelRegister::code, "ModelRegister"},
    {ModelDeploy::code, "ModelDeploy"},
};
static_assert(std::size(names) == std::variant_size_v<Operation>);

}  // namespace

Bytes32 node_consent_hash(const ChainId& chain, const OperatorId& owner, const NodeId& node) {
  codec::Writer out;
  codec::encode(out, chain);
  codec::encode(out, owner);
  codec::encode(out, node);
  return crypto::hash(consent_context, out.bytes());
}

std::uint16_t code_of(const Operation& operation) noexcept {
  return std::visit([]<class T>(const T&) { return T::code; }, operation);
}

std::string_view name_of(const Operation& operation) noexcept {
  const std::uint16_t code = code_of(operation);
  for (const Name& name : names) {
    if (name.code == code) return name.text;
  }
  OORT_ASSERT(false, "every operation has a name");
}

Bytes32 body_digest_of(const Operation& operation) noexcept {
  return std::visit(
      []<class T>(const T& chosen) {
        if constexpr (requires { chosen.body_digest; }) {
          return chosen.body_digest;
        } else {
          return Bytes32{};
        }
      },
      operation);
}

Bytes encode_operation(const Operation& operation) {
  codec::Writer out;
  encode_variant(out, operation);
  return std::move(out).take();
}

Result<Operation> decode_operation(ByteView bytes) {
  codec::Reader in(bytes);
  Operation operation;
  OORT_TRY(decode_variant(in, operation, "operation"));
  OORT_TRY(in.finish());
  return operation;
}

}  // namespace oort::ledger
