// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "datasets/dataset_fields.hpp"
#include "oort/ledger/model_records.hpp"

/// The order of these calls is the layout of every record, operation and event of models: frozen
/// per format version and per code.
namespace oort::ledger {

template <class F>
void walk(F& f, typename F::template As<ModelsParams>& v) {
  f(v.training_ms_max);
}
template <class F>
void walk(F& f, typename F::template As<ModelsGenesis>& v) {
  f(v.params);
}
template <class F>
void walk(F& f, typename F::template As<TrainingTerms>& v) {
  f(v.job);
  f(v.trainer);
  f.list(v.datasets, training_inputs_max);
  f.optional(v.base);
  f(v.recipe);
  f(v.code);
  f(v.environment);
  f(v.not_before);
}
template <class F>
void walk(F& f, typename F::template As<TrainingResult>& v) {
  f(v.model);
  f(v.statement);
  f(v.height);
  f(v.time_ms);
}
template <class F>
void walk(F& f, typename F::template As<Training>& v) {
  f(v.id);
  f(v.owner);
  f(v.terms);
  f(v.started);
  f(v.started_ms);
  f.optional(v.result);
  f.enumeration(v.grade, TrainingGrade::Replayed);
  f(v.witness);
  f(v.replayer);
}
template <class F>
void walk(F& f, typename F::template As<ModelVersion>& v) {
  f(v.root);
  f(v.owner);
  f.text(v.name, artefact_name_bytes_max);
  f(v.version);
  f(v.previous);
  f(v.card);
  f.text(v.licence, licence_bytes_max);
  f(v.training);
  f(v.height);
  f(v.time_ms);
  f(v.deployments_count);
}
template <class F>
void walk(F& f, typename F::template As<ModelName>& v) {
  f(v.newest);
  f(v.version);
  f(v.count);
}
template <class F>
void walk(F& f, typename F::template As<Deployment>& v) {
  f(v.model);
  f(v.node);
  f(v.by);
  f(v.since);
  f(v.since_ms);
  f(v.removed_ms);
}

template <class F>
void walk(F& f, typename F::template As<TrainingBegin>& v) {
  f(v.id);
  f(v.terms);
}
template <class F>
void walk(F& f, typename F::template As<TrainingRecord>& v) {
  f(v.training);
  f(v.model);
  f(v.statement);
}
template <class F>
void walk(F& f, typename F::template As<TrainingAttest>& v) {
  f(v.training);
  f(v.node);
  f(v.model);
  f.enumeration(v.grade, TrainingGrade::Replayed, TrainingGrade::Witnessed);
}
template <class F>
void walk(F& f, typename F::template As<ModelRegister>& v) {
  f(v.root);
  f.text(v.name, artefact_name_bytes_max);
  f(v.version);
  f(v.card);
  f.text(v.licence, licence_bytes_max);
  f(v.training);
}
template <class F>
void walk(F& f, typename F::template As<ModelDeploy>& v) {
  f(v.model);
  f(v.node);
  f(v.is_removed);
}
template <class F>
void walk(F& f, typename F::template As<ModelChanged>& v) {
  f.enumeration(v.kind, ModelChanged::Kind::Removed);
  f(v.training);
  f(v.model);
  f(v.node);
}

}  // namespace oort::ledger
