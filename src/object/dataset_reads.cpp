// SPDX-License-Identifier: Apache-2.0
#include "dataset_reads.hpp"

#include <string>

#include "oort/core/reasons.hpp"
#include "oort/ledger/access_records.hpp"
#include "oort/ledger/datahub_view.hpp"
#include "oort/ledger/dataset_records.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/view.hpp"

namespace oort::object {
namespace {

constexpr std::string_view datasets_prefix = "datasets/";

tl::unexpected<Error> not_allowed(std::string detail) {
  return fail(ErrorCode::PermissionDenied, reason::not_allowed, std::move(detail));
}

/// Whether `reader` has the dataset open, and it is of the bucket's owner.
Result<void> check_open(const LedgerSnapshot& now, const AccountId& reader,
                        const ledger::Bucket& bucket, const DatasetId& dataset) {
  const ledger::DataHubView datahub(*now.state);
  const auto version = datahub.dataset(dataset);
  if (!version || version->owner != bucket.owner) {
    return not_allowed("bucket " + bucket.name + " is another account's");
  }
  const auto grant = datahub.grant(dataset, reader);
  const auto opening = datahub.opening(dataset, reader);
  if (grant && opening && ledger::is_open(*version, *grant, *opening, now.time_ms)) return {};
  const std::string root = dataset.hex();
  // Who was told that it is open must not hear that it is not.
  if (!now.is_current)
    return fail(absent(now, reason::not_allowed, "dataset " + root + " is closed"));
  if (version->taken_down_ms != 0) return not_allowed("dataset " + root + " was taken down");
  if (grant && ledger::is_live(*version, *grant, now.time_ms)) {
    return not_allowed("dataset " + root + " is not open to this account now: oortd dataset open " +
                       root + " --key FILE");
  }
  return not_allowed("dataset " + root + " takes a grant: oortd dataset request " + root +
                     " --key FILE, and then oortd dataset open " + root + " --key FILE");
}

}  // namespace

std::optional<DatasetId> dataset_of(std::string_view name) noexcept {
  constexpr std::size_t digits = 2 * DatasetId::size_bytes;
  if (!name.starts_with(datasets_prefix)) return std::nullopt;
  name.remove_prefix(datasets_prefix.size());
  if (name.size() <= digits || name[digits] != '/') return std::nullopt;
  const std::string_view text = name.substr(0, digits);
  const auto dataset = DatasetId::from_hex(text);
  // Upper-case digits would make another name.
  if (!dataset || dataset->hex() != text) return std::nullopt;
  return dataset;
}

Result<OpenBucket> open_to_read(const GatewayEnv& env, Keyring& keyring, const LedgerSnapshot& now,
                                const Caller& caller, const std::string& bucket,
                                std::string_view name) {
  constexpr auto reads = ledger::GrantedOperation::ReadObject;
  const auto dataset = dataset_of(name);
  const auto record = ledger::View(*now.state).bucket(std::string_view(bucket));
  if (!dataset || !record || record->owner == caller.account) {
    return open_bucket(env, keyring, now, caller, bucket, reads);
  }
  OORT_TRY(check_open(now, caller.account, *record, *dataset));
  return open_record(env, keyring, now, caller, *record, reads);
}

}  // namespace oort::object
