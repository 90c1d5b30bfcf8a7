// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "kit.hpp"
#include "oort/ledger/campaign_records.hpp"
#include "oort/ledger/dataset_records.hpp"
#include "oort/ledger/honesty_records.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/jobs_spec.hpp"
#include "oort/ledger/model_records.hpp"
#include "oort/ledger/staking_records.hpp"
#include "oort/ledger/storage_records.hpp"
#include "samples.hpp"

namespace oort::ledger::test {
namespace {

/// Size and first 16 characters of plain BLAKE3 of the bytes: what b3sum says.
std::string fingerprint(ByteView bytes) {
  return std::to_string(bytes.size()) + " " + crypto::blake3(bytes).hex().substr(0, 16);
}

using Golden = std::map<std::string, std::string>;

const Golden golden_records = {
    {"PotBalance", "17 75b53d8bc06a00dc"},
    {"Account", "45 7a9e8196704518a7"},
    {"Supply", "33 eeea18de652da704"},
    {"Node", "118 114ce8e07388ba15"},
    {"ValidatorSet", "53 b2e9be741f7a527f"},
    {"Evidence", "127 c1d7318a0da07159"},
    {"Beacon", "49 fcc41a486a46d78f"},
    {"Params", "171 fdca7191b899f0d1"},
    {"PendingParams", "180 c640306f447ea846"},
    {"Bucket", "145 797d79016c37fc2d"},
    {"BucketKeys", "51 5d10e7a2ca9776f4"},
    {"Object", "206 239b2b1e2b7c3829"},
    {"RemovedObject", "215 ec77beaf6e0896ae"},
    {"Segment", "175 38cc783b2b1bf1d0"},
    {"Multipart", "102 afa88a1571ff995d"},
    {"Part", "147 87e3b58027098baf"},
    {"AccessKey", "111 2ce205d4616d6668"},
    {"GatewayGrant", "121 2468231900092129"},
    {"ShardReceipt", "214 a84c87b61eb267f3"},
    {"Transaction", "336 4216a3b1656c8eab"},
    {"Receipt", "655 10286ca0f01cf0e3"},
    {"GenesisParams", "1451 23c50c95ccf12500"},
    {"Pool", "238 50288d8e152f3b47"},
    {"Delegation", "122 80c4e440b2d9e510"},
    {"UnbondingBatch", "33 897982aca7675de3"},
    {"Unbonding", "17 d9263dda311c6032"},
    {"SlashEvent", "21 bf737ac24bd18265"},
    {"StakingState", "97 149e6ae84d29b93d"},
    {"Witnesses", "69 de3fe443e6ed5c51"},
    {"EpochStart", "25 0449a8b86adc475a"},
    {"StakingParams", "113 b78e9eb77a914f12"},
    {"StakingGenesis", "170 ea23e506f793b57e"},
    {"Proposal", "211 fe81dbeb93515b02"},
    {"PoolVotes", "67 1aebe20e04352997"},
    {"DelegatorVote", "18 ebb1e466d7944d78"},
    {"LiveProposals", "21 f8b30a2156df8346"},
    {"Upgrade", "15 90c85c53aac07990"},
    {"GovernanceParams", "55 330b243c3a4ed282"},
    {"CreditBalance", "17 d9263dda311c6032"},
    {"CreditSupply", "33 47236ded010324f2"},
    {"MarketParams", "170 147b1758205e93fc"},
    {"MarketGenesis", "267 0159ddf86650a114"},
    {"RateReport", "25 c2de4dd4a0f665a8"},
    {"ReporterBond", "17 d9263dda311c6032"},
    {"RateState", "93 bc1c882d9a467f78"},
    {"CreditSale", "45 273449452404a295"},
    {"CreditDay", "25 b7d7909a9f5faeb6"},
    {"Escrow", "237 b621aa5aa609ecb9"},
    {"HonestyParams", "297 6b4ed5718380da12"},
    {"HonestyGenesis", "298 78515dcb53332371"},
    {"HonestyState", "57 76e5344a29a6ac89"},
    {"Round", "85 65dae05a745c0f01"},
    {"Posting", "129 76c109d01ac26a6d"},
    {"RollEntry", "85 455b8c3d40835d43"},
    {"Standing", "105 bf743e71fbaff4e9"},
    {"CaseState", "725 313ad359a4b1cf67"},
    {"CaseRecord", "1631 f64001b155cf7594"},
    {"CaseRound", "421 c3bc756a11d3418b"},
    {"EvidenceBundle", "1189 17de575eb45ce7b7"},
    {"Audit", "197 1ee51f1b4eea19df"},
    {"HonestyVerdict", "106 04863ad276d09914"},
    {"StorageParams", "17 3b05f6198edbd165"},
    {"StorageGenesis", "58 bb1469f123728c6f"},
    {"StorageMeter", "137 ee33fecd06dbab27"},
    {"StorageAccount", "345 dbf1174dd03dc2c9"},
    {"StorageHolding", "193 533b480dcb090e3f"},
    {"JobsParams", "69 daca0b5707f8eb76"},
    {"JobsGenesis", "70 e2fe59834ddf3135"},
    {"OfferRecord", "133 434f6a9275391667"},
    {"Job", "473 68809776a29fe969"},
    {"JobEarner", "65 bb363bb60c6f2cd6"},
    {"JobDisputeRecord", "114 08c5e4766db7918c"},
    {"LeaseLine", "105 276c9560295cad54"},
    {"Voucher", "201 e313d4612d91ecc4"},
    {"JobSpec", "515 b4abfc1c01b5a371"},
    {"JobSpecBuiltin", "207 ad5372e9c0e73f58"},
    {"CampaignsParams", "25 35c299c633cc772e"},
    {"CampaignsGenesis", "26 fe243d276ab2fccd"},
    {"Campaign", "485 8630a51afa7f9eae"},
    {"Batch", "137 4102d52b2933d2fa"},
    {"StageEnd", "49 823ce362520ffe71"},
    {"ContributorPay", "57 f8679baba4302f1a"},
    {"PayAppeal", "44 50e05f981756eed2"},
    {"Consent", "49 823ce362520ffe71"},
    {"DatasetsParams", "9 f167debe275ade92"},
    {"DatasetsGenesis", "10 b4140e21d0207f86"},
    {"DatasetVersion", "471 4534a04b16cb7313"},
    {"DatasetName", "49 8d241fc6fc1cb9ee"},
    {"DatasetGrant", "51 9db8cfe2a22251f2"},
    {"DatasetOpening", "9 89be45b3119620d2"},
    {"ModelsParams", "9 973e59fa34d569ea"},
    {"ModelsGenesis", "10 879baf78ee929070"},
    {"Training", "508 932833240180033a"},
    {"ModelVersion", "208 155e66c515df4d31"},
    {"ModelName", "49 8d241fc6fc1cb9ee"},
    {"Deployment", "109 fedd1f08e78956ee"},
};
const Golden golden_operations = {
    {"Transfer", "38 893f6fb7139751c5"},           {"NodeRegister", "146 16d28b5e4ad30f54"},
    {"NodeUpdate", "66 0dc8e509282cc185"},         {"BucketCreate", "120 f78a87a3a12949f0"},
    {"BucketDelete", "51 4c03efa581b659ed"},       {"BucketSetVersioning", "52 770f8ab433785180"},
    {"BucketSetPolicy", "83 b5f2da0140601786"},    {"BucketSetKeys", "60 1dbd855d097d2b46"},
    {"ObjectCommit", "286 bb7fca93940d687c"},      {"ObjectDelete", "117 de07226af984face"},
    {"ObjectRestore", "58 a99d47c728e40120"},      {"SegmentOpen", "79 56286149b600957a"},
    {"SegmentAppend", "296 b1b61f290d2a9492"},     {"SegmentSeal", "257 09dbb42d1b82007c"},
    {"SegmentStore", "270 d8921e66bd9dfce6"},      {"ShardReplace", "280 4f5f427382d519ad"},
    {"MultipartCreate", "116 73707173564fe11b"},   {"MultipartPart", "229 f860aab6b53a1310"},
    {"MultipartComplete", "156 e83376dd1b167081"}, {"MultipartAbort", "99 ad99a8c2e1e68e78"},
    {"AccessKeyCreate", "92 e8c72e83982c8c04"},    {"AccessKeyDelete", "14 902f4f8a5ff3bb42"},
    {"GrantCreate", "70 13c8bcde9c9c3124"},        {"GrantRevoke", "10 65db2166b8d4133f"},
    {"EvidenceSubmit", "11 1f1e92bad7c550c6"},     {"ParamsChange", "181 2a8f41e619873c20"},
    {"PoolCreate", "54 e9ffcf0c9929d169"},         {"PoolStake", "50 e7a8ee60e3546f47"},
    {"PoolSetCommission", "38 cf5a7ad35e4aa131"},  {"PoolSetOnline", "35 51f989d714fd0852"},
    {"PoolExit", "34 687459e12aaccb4e"},           {"Delegate", "50 ace2070c2ceeac77"},
    {"Undelegate", "50 1438c3557eb4121a"},         {"Redelegate", "82 d442dc862d036cd1"},
    {"RewardClaim", "34 d5fb9081333fdd2d"},        {"BondPost", "50 b7c2df78b2f0da3d"},
    {"BondWithdraw", "50 3eaf0cbbc0fb07c1"},       {"ProposalSubmit", "41 caa4bccd0a12d167"},
    {"ProposalDeposit", "26 fa365469d5f08695"},    {"VoteCast", "43 aa8e7c84fe5bf274"},
    {"CreditPurchase", "151 e66028073c050d56"},    {"OracleReport", "18 9698ab7906ff8534"},
    {"OracleBondPost", "18 a85b1531c1427437"},     {"OracleBondReturn", "2 6cef00ca8490cf3b"},
    {"EscrowOpen", "107 cfb20e0cbb77932d"},        {"EscrowFund", "26 44c67f2918e60817"},
    {"EscrowChange", "78 3e9d283889a195c9"},       {"EscrowClose", "10 61d4684cc6f27983"},
    {"EscrowWithdraw", "10 7739b5890f6e4c31"},     {"RoundPost", "146 5d4e5a3328e84f20"},
    {"BaitReveal", "618 335438ed8e1f272a"},        {"PanelCommit", "98 49bc9e68ef3269be"},
    {"PanelOpen", "320 ea03387bcabf71f0"},         {"CaseAppeal", "34 c1149e08141a72e3"},
    {"AuditDemand", "35 274d0a53ebb9f089"},        {"AuditAnswer", "71 ddc6b988d0898eae"},
    {"WorkAccuse", "554 fa84cbebbe14566c"},        {"StorageFund", "38 4cc6e86970cb9acc"},
    {"StorageWithdraw", "18 6c869ecc590bf57b"},    {"StorageCollect", "78 e378cf1c0e28f704"},
    {"OfferPost", "126 a59fb000496f11f4"},         {"OfferWithdraw", "34 716502b25c85b744"},
    {"JobOpen", "156 70cf33e3bb67e7e2"},           {"JobTakeOver", "42 f833077d188ff161"},
    {"JobAnchor", "106 aa2468cc5a97195f"},         {"JobResult", "107 5a7a75d06e478cfe"},
    {"JobCancel", "34 ab6eaa74ee34b207"},          {"JobClaim", "214 cd94e2bf3a197065"},
    {"JobRedeem", "203 f8caa0a172305ddf"},         {"JobDispute", "403 e49a109d44c87999"},
    {"CampaignOpen", "233 06cf92a056eb5836"},      {"CampaignPause", "35 f3ea28dcd60aa9b2"},
    {"CampaignClose", "34 9db69adcd3616edb"},      {"GoldCommit", "70 aa18451887d54a4b"},
    {"BatchCommit", "142 c60d281cc87c5c96"},       {"StageOpen", "70 c8e7b10f037d7d7b"},
    {"ResultPost", "130 b734a4ec2a51d3ed"},        {"PayoutPost", "250 abc2e21e87ada4de"},
    {"AppealOpen", "214 0fab974c168df66d"},        {"AppealVote", "74 42083e79150430bf"},
    {"AppealExpire", "70 c44f9a91eb4ed804"},       {"HoldbackRelease", "74 ea4ffc8acefef76c"},
    {"CampaignSettle", "34 c4740649404cedb6"},     {"ConsentGive", "66 82a38b62e238535e"},
    {"ConsentWithdraw", "34 63db5d68fc01ea12"},    {"DatasetSeal", "323 5bcea2393e421447"},
    {"DatasetOffer", "59 eb68859c876095dc"},       {"DatasetRequest", "50 495d0b595107515c"},
    {"DatasetDecide", "63 093cb8e959293c18"},      {"DatasetUse", "42 8e43c8fc790f62eb"},
    {"DatasetTakeDown", "66 6e5f3e24b9eb21ea"},    {"TrainingBegin", "327 4e49b392dff742af"},
    {"TrainingRecord", "98 ba16d5c960489b88"},     {"TrainingAttest", "99 8558ae4079275cc1"},
    {"ModelRegister", "137 e1761df5a7c8133f"},     {"ModelDeploy", "67 2966786bd85a264f"},
    {"DatasetOpen", "34 a97308ba71cc940b"},
};
/// By code, in hex.
const Golden golden_events = {
    {"0101", "58 faa6f172452713af"},  {"0401", "35 22741f920eff1114"},
    {"0601", "31 3fda0459f7214f48"},  {"0610", "135 16c603856383a160"},
    {"0611", "58 9003ec7ddaac9840"},  {"0620", "45 bf7c9653d770fc54"},
    {"0630", "61 2d1198d948b7970d"},  {"0701", "35 f74c7e7622556e7b"},
    {"0710", "51 4de9effa28d27151"},  {"0d01", "68 e697df1916d2415d"},
    {"0f01", "11 447c8149897adad8"},  {"0102", "73 42e92d191ec51ef5"},
    {"0201", "67 2c2c98e2cf85c5a9"},  {"0202", "103 7420dbc88dd9d772"},
    {"0203", "44 a82f70205306dab9"},  {"0204", "50 ae1cf1e5f09606f2"},
    {"0301", "11 de256034600f50b5"},  {"0302", "63 ca441fbd00ea469d"},
    {"0303", "3 70513162ecff97a7"},   {"0103", "73 40606e4c8166f096"},
    {"0801", "28 80b4c78f23e6e5be"},  {"0802", "34 a31b86e5700b3427"},
    {"0501", "34 33e091b6205f47c7"},  {"0502", "99 de86882fcaf64536"},
    {"0503", "40 375caf15f7d0f953"},  {"0504", "99 6f599e996d60efec"},
    {"0510", "43 8e1265b30aa3f86c"},  {"1001", "39 65795e956964625f"},
    {"0901", "67 6cc4aebc16c3bb34"},  {"0902", "76 f647c400baac3dd5"},
    {"0903", "106 7d9c21c1274b37db"}, {"0904", "83 a4cee43dd1333a3b"},
    {"0905", "148 39095a3d15b12dc5"}, {"0a01", "87 3f81d656c9448f08"},
    {"0b01", "55 995958e59781aeba"},  {"0c01", "99 5b56f319122b74c2"},
};

/// The code that an event's bytes begin with, little-endian.
std::string hex_of_code(ByteView bytes) { return to_hex(Bytes{bytes[1], bytes[0]}); }

/// Frozen: a difference here is a new format version, not a new golden value.
void expect_golden(const Golden& golden, const std::string& name, ByteView bytes) {
  const auto found = golden.find(name);
  EXPECT_EQ(found == golden.end() ? "" : found->second, fingerprint(bytes)) << "of " << name;
}

TEST(Golden, RecordsHaveTheirFrozenBytes) {
  for (const auto& [name, bytes] : sample_records()) expect_golden(golden_records, name, bytes);
}

TEST(Golden, OperationsHaveTheirFrozenBytes) {
  const auto operations = sample_operations();
  EXPECT_EQ(operations.size(), std::variant_size_v<Operation>);
  std::set<std::uint16_t> codes;
  for (const Operation& operation : operations) {
    expect_golden(golden_operations, std::string(name_of(operation)), encode_operation(operation));
    codes.insert(code_of(operation));
  }
  EXPECT_EQ(codes.size(), operations.size());
}

TEST(Golden, EventsHaveTheirFrozenBytes) {
  const auto events = sample_events();
  EXPECT_EQ(events.size(), std::variant_size_v<Event>);
  for (const Event& event : events) {
    codec::Writer out;
    encode(out, event);
    expect_golden(golden_events, hex_of_code(out.bytes()), out.bytes());
  }
}

TEST(Golden, IdsAndKeysAreFrozen) {
  EXPECT_EQ(chain_id_of(small_genesis()).hex().substr(0, 16), "e1b2851d400d202c");
  EXPECT_EQ(segment_id_of(AccountId(), 1).hex().substr(0, 16), "c38f21943843a446");
  EXPECT_EQ(body_digest_of(as_bytes("body")).hex().substr(0, 16), "3bcbb64dc4e64c72");
  EXPECT_EQ(next_change_head({}, ObjectChange::Put, {}, {}, {}).hex().substr(0, 16),
            "46a3e6ec02a1c557");
  EXPECT_EQ(node_consent_hash({}, {}, {}).hex().substr(0, 16), "689cb430419fc966");
  EXPECT_EQ(sign_hash(ShardReceipt()).hex().substr(0, 16), "cc8bf115a238a890");
  EXPECT_EQ(id_of(Transaction()).hex().substr(0, 16), "faf493598be6949d");
  EXPECT_EQ(result_root_of({}, {}).hex().substr(0, 16), "88c7d28a78e95bdb");
  EXPECT_EQ(keys::version_id(Height(1), 2, 3).hex(), "00000000000000010000000200000003");
  EXPECT_EQ(to_hex(keys::bucket(BucketId(0x0102))), "06420000000000000102");
  EXPECT_EQ(to_hex(keys::object({BucketId(1), NameHash(), keys::version_id(Height(1), 2, 3)})),
            "066f0000000000000001" + std::string(64, '0') + "fffffffffffffffefffffffdfffffffc");
}

template <class T>
void expect_one_encoding(ByteView bytes) {
  const auto value = codec::from_bytes<T>(bytes);
  ASSERT_TRUE(value.has_value()) << value.error().to_string();
  EXPECT_EQ(codec::to_bytes(*value), to_bytes(bytes));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(codec::from_bytes<T>(bytes.first(size)).has_value()) << "of " << size;
  }
  Bytes longer = to_bytes(bytes);
  longer.push_back(std::byte{0});
  EXPECT_FALSE(codec::from_bytes<T>(longer).has_value());
  Bytes changed = to_bytes(bytes);
  for (std::byte& byte : changed) {
    byte ^= std::byte{0x55};
    const auto other = codec::from_bytes<T>(changed);
    if (other) {
      EXPECT_EQ(codec::to_bytes(*other), changed);
    }
    byte ^= std::byte{0x55};
  }
  changed[0] = std::byte{T::format_version + 1};
  EXPECT_EQ(codec::from_bytes<T>(changed).error().reason(), "UNSUPPORTED_VERSION");
}

TEST(Codec, RecordsHaveOneEncoding) {
  std::map<std::string, Bytes> records;
  for (auto& [name, bytes] : sample_records()) records.emplace(name, bytes);
  expect_one_encoding<Account>(records["Account"]);
  expect_one_encoding<PotBalance>(records["PotBalance"]);
  expect_one_encoding<Supply>(records["Supply"]);
  expect_one_encoding<Node>(records["Node"]);
  expect_one_encoding<ValidatorSet>(records["ValidatorSet"]);
  expect_one_encoding<Evidence>(records["Evidence"]);
  expect_one_encoding<Beacon>(records["Beacon"]);
  expect_one_encoding<Params>(records["Params"]);
  expect_one_encoding<PendingParams>(records["PendingParams"]);
  expect_one_encoding<Bucket>(records["Bucket"]);
  expect_one_encoding<BucketKeys>(records["BucketKeys"]);
  expect_one_encoding<Object>(records["Object"]);
  expect_one_encoding<RemovedObject>(records["RemovedObject"]);
  expect_one_encoding<Segment>(records["Segment"]);
  expect_one_encoding<Multipart>(records["Multipart"]);
  expect_one_encoding<Part>(records["Part"]);
  expect_one_encoding<AccessKey>(records["AccessKey"]);
  expect_one_encoding<GatewayGrant>(records["GatewayGrant"]);
  expect_one_encoding<ShardReceipt>(records["ShardReceipt"]);
  expect_one_encoding<Transaction>(records["Transaction"]);
  expect_one_encoding<Receipt>(records["Receipt"]);
  expect_one_encoding<GenesisParams>(records["GenesisParams"]);
  expect_one_encoding<Pool>(records["Pool"]);
  expect_one_encoding<Delegation>(records["Delegation"]);
  expect_one_encoding<UnbondingBatch>(records["UnbondingBatch"]);
  expect_one_encoding<Unbonding>(records["Unbonding"]);
  expect_one_encoding<SlashEvent>(records["SlashEvent"]);
  expect_one_encoding<StakingState>(records["StakingState"]);
  expect_one_encoding<Witnesses>(records["Witnesses"]);
  expect_one_encoding<EpochStart>(records["EpochStart"]);
  expect_one_encoding<StakingParams>(records["StakingParams"]);
  expect_one_encoding<StakingGenesis>(records["StakingGenesis"]);
  expect_one_encoding<Proposal>(records["Proposal"]);
  expect_one_encoding<PoolVotes>(records["PoolVotes"]);
  expect_one_encoding<DelegatorVote>(records["DelegatorVote"]);
  expect_one_encoding<LiveProposals>(records["LiveProposals"]);
  expect_one_encoding<Upgrade>(records["Upgrade"]);
  expect_one_encoding<GovernanceParams>(records["GovernanceParams"]);
  expect_one_encoding<CreditBalance>(records["CreditBalance"]);
  expect_one_encoding<CreditSupply>(records["CreditSupply"]);
  expect_one_encoding<MarketParams>(records["MarketParams"]);
  expect_one_encoding<MarketGenesis>(records["MarketGenesis"]);
  expect_one_encoding<RateReport>(records["RateReport"]);
  expect_one_encoding<ReporterBond>(records["ReporterBond"]);
  expect_one_encoding<RateState>(records["RateState"]);
  expect_one_encoding<CreditSale>(records["CreditSale"]);
  expect_one_encoding<CreditDay>(records["CreditDay"]);
  expect_one_encoding<Escrow>(records["Escrow"]);
  expect_one_encoding<HonestyParams>(records["HonestyParams"]);
  expect_one_encoding<HonestyGenesis>(records["HonestyGenesis"]);
  expect_one_encoding<HonestyState>(records["HonestyState"]);
  expect_one_encoding<Round>(records["Round"]);
  expect_one_encoding<Posting>(records["Posting"]);
  expect_one_encoding<RollEntry>(records["RollEntry"]);
  expect_one_encoding<Standing>(records["Standing"]);
  expect_one_encoding<CaseState>(records["CaseState"]);
  expect_one_encoding<CaseRecord>(records["CaseRecord"]);
  expect_one_encoding<CaseRound>(records["CaseRound"]);
  expect_one_encoding<EvidenceBundle>(records["EvidenceBundle"]);
  expect_one_encoding<Audit>(records["Audit"]);
  expect_one_encoding<HonestyVerdict>(records["HonestyVerdict"]);
  expect_one_encoding<StorageParams>(records["StorageParams"]);
  expect_one_encoding<StorageGenesis>(records["StorageGenesis"]);
  expect_one_encoding<StorageMeter>(records["StorageMeter"]);
  expect_one_encoding<StorageAccount>(records["StorageAccount"]);
  expect_one_encoding<StorageHolding>(records["StorageHolding"]);
  expect_one_encoding<JobsParams>(records["JobsParams"]);
  expect_one_encoding<JobsGenesis>(records["JobsGenesis"]);
  expect_one_encoding<OfferRecord>(records["OfferRecord"]);
  expect_one_encoding<Job>(records["Job"]);
  expect_one_encoding<JobEarner>(records["JobEarner"]);
  expect_one_encoding<JobDisputeRecord>(records["JobDisputeRecord"]);
  expect_one_encoding<LeaseLine>(records["LeaseLine"]);
  expect_one_encoding<Voucher>(records["Voucher"]);
  expect_one_encoding<JobSpec>(records["JobSpec"]);
  expect_one_encoding<JobSpec>(records["JobSpecBuiltin"]);
  expect_one_encoding<CampaignsParams>(records["CampaignsParams"]);
  expect_one_encoding<CampaignsGenesis>(records["CampaignsGenesis"]);
  expect_one_encoding<Campaign>(records["Campaign"]);
  expect_one_encoding<Batch>(records["Batch"]);
  expect_one_encoding<StageEnd>(records["StageEnd"]);
  expect_one_encoding<ContributorPay>(records["ContributorPay"]);
  expect_one_encoding<PayAppeal>(records["PayAppeal"]);
  expect_one_encoding<Consent>(records["Consent"]);
  expect_one_encoding<DatasetsParams>(records["DatasetsParams"]);
  expect_one_encoding<DatasetsGenesis>(records["DatasetsGenesis"]);
  expect_one_encoding<DatasetVersion>(records["DatasetVersion"]);
  expect_one_encoding<DatasetName>(records["DatasetName"]);
  expect_one_encoding<DatasetGrant>(records["DatasetGrant"]);
  expect_one_encoding<DatasetOpening>(records["DatasetOpening"]);
  expect_one_encoding<ModelsParams>(records["ModelsParams"]);
  expect_one_encoding<ModelsGenesis>(records["ModelsGenesis"]);
  expect_one_encoding<Training>(records["Training"]);
  expect_one_encoding<ModelVersion>(records["ModelVersion"]);
  expect_one_encoding<ModelName>(records["ModelName"]);
  expect_one_encoding<Deployment>(records["Deployment"]);
}

TEST(Codec, OperationsHaveOneEncoding) {
  for (const Operation& operation : sample_operations()) {
    const Bytes bytes = encode_operation(operation);
    const auto read = decode_operation(bytes);
    ASSERT_TRUE(read.has_value()) << name_of(operation);
    EXPECT_EQ(*read, operation);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(decode_operation(ByteView(bytes).first(size)).has_value());
    }
    Bytes changed = bytes;
    for (std::byte& byte : changed) {
      byte ^= std::byte{0x55};
      const auto other = decode_operation(changed);
      if (other) {
        EXPECT_EQ(encode_operation(*other), changed) << name_of(operation);
      }
      byte ^= std::byte{0x55};
    }
  }
  EXPECT_EQ(decode_operation(to_bytes("\x7f\x7f")).error().reason(), "NOT_SUPPORTED");
}

TEST(Rejection, NumbersNamesAndSentencesBelongTogether) {
  std::set<std::string_view> names;
  std::size_t count = 0;
  for (std::uint32_t number = 0; number < 0x10000; ++number) {
    const auto rejection = rejection_from(static_cast<std::uint16_t>(number));
    if (!rejection) continue;
    ++count;
    names.insert(to_string(*rejection));
    EXPECT_TRUE(text_of(*rejection).ends_with('.'));
    EXPECT_LE(module_of(static_cast<std::uint16_t>(number)), 20);
  }
  EXPECT_EQ(names.size(), count);
  EXPECT_EQ(error_of(Rejection::BucketUnknown).to_string(),
            "TRANSACTION_REJECTED: BucketUnknown: There is no such bucket.");
  EXPECT_EQ(to_string(static_cast<Rejection>(0xffff)), "Unknown");
}

TEST(Modules, OnlyBodiesAreOutsideOfTheStateRoot) {
  EXPECT_TRUE(is_authenticated(keys::account(AccountId())));
  EXPECT_TRUE(is_authenticated(keys::object(ObjectVersionRef())));
  EXPECT_TRUE(is_authenticated(keys::beacon()));
  EXPECT_FALSE(is_authenticated(keys::object_body(ObjectVersionRef())));
  EXPECT_FALSE(is_authenticated(keys::multipart_body({}, {}, {})));
  EXPECT_FALSE(is_authenticated(keys::part_body({}, {}, 1)));
  EXPECT_FALSE(is_authenticated(keys::policy_body({})));
  EXPECT_EQ(to_string(Module::Objects), "objects");
}

}  // namespace
}  // namespace oort::ledger::test
