// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fields.hpp"
#include "oort/ledger/datahub_events.hpp"
#include "oort/ledger/datahub_operations.hpp"
#include "oort/ledger/dataset_records.hpp"

/// The order of these calls is the layout of every record, operation and event of datasets: frozen
/// per format version and per code.
namespace oort::ledger {

template <class F>
void walk(F& f, typename F::template As<DatasetsParams>& v) {
  f(v.grant_ms_max);
}
template <class F>
void walk(F& f, typename F::template As<DatasetsGenesis>& v) {
  f(v.params);
}
template <class F>
void walk(F& f, typename F::template As<ArtefactVersion>& v) {
  f(v.major);
  f(v.minor);
  f(v.patch);
}
template <class F>
void walk(F& f, typename F::template As<DatasetVersion>& v) {
  f(v.root);
  f(v.owner);
  f.text(v.name, artefact_name_bytes_max);
  f(v.version);
  f(v.previous);
  f(v.manifest);
  f(v.splits);
  f(v.card);
  f(v.samples);
  f(v.samples_count);
  f(v.bytes);
  f.text(v.licence, licence_bytes_max);
  f.list(v.campaigns, dataset_campaigns_max);
  f.list(v.parents, dataset_parents_max);
  f(v.not_before);
  f(v.sealed);
  f(v.sealed_ms);
  f.enumeration(v.access, DatasetAccess::Sold);
  f(v.price);
  f(v.grant_ms);
  f(v.taken_down_ms);
  f(v.why);
  f(v.grants_count);
  f(v.uses_count);
}
template <class F>
void walk(F& f, typename F::template As<DatasetName>& v) {
  f(v.newest);
  f(v.version);
  f(v.count);
}
template <class F>
void walk(F& f, typename F::template As<DatasetGrant>& v) {
  f.enumeration(v.status, GrantStatus::Revoked);
  f.enumeration(v.access, DatasetAccess::Sold);
  f(v.paid);
  f(v.since_ms);
  f(v.expires_ms);
  f(v.uses);
  f(v.uses_max);
}
template <class F>
void walk(F& f, typename F::template As<DatasetOpening>& v) {
  f(v.until_ms);
}

template <class F>
void walk(F& f, typename F::template As<DatasetSeal>& v) {
  f(v.root);
  f.text(v.name, artefact_name_bytes_max);
  f(v.version);
  f(v.manifest);
  f(v.splits);
  f(v.card);
  f(v.samples);
  f(v.samples_count);
  f(v.bytes);
  f.text(v.licence, licence_bytes_max);
  f.list(v.campaigns, dataset_campaigns_max);
  f.list(v.parents, dataset_parents_max);
  f(v.not_before);
}
template <class F>
void walk(F& f, typename F::template As<DatasetOffer>& v) {
  f(v.dataset);
  f.enumeration(v.access, DatasetAccess::Sold);
  f(v.price);
  f(v.grant_ms);
}
template <class F>
void walk(F& f, typename F::template As<DatasetRequest>& v) {
  f(v.dataset);
  f(v.price_max);
}
template <class F>
void walk(F& f, typename F::template As<DatasetDecide>& v) {
  f(v.dataset);
  f(v.account);
  f(v.is_granted);
  f(v.uses_max);
}
template <class F>
void walk(F& f, typename F::template As<DatasetUse>& v) {
  f(v.dataset);
  f(v.uses);
}
template <class F>
void walk(F& f, typename F::template As<DatasetTakeDown>& v) {
  f(v.dataset);
  f(v.why);
}
template <class F>
void walk(F& f, typename F::template As<DatasetOpen>& v) {
  f(v.dataset);
}
template <class F>
void walk(F& f, typename F::template As<DatasetChanged>& v) {
  f.enumeration(v.kind, DatasetChanged::Kind::TakenDown);
  f(v.dataset);
  f(v.account);
}

}  // namespace oort::ledger
