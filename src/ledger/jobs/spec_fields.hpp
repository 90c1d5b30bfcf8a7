// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fields.hpp"
#include "oort/ledger/jobs_spec.hpp"

/// The order of these calls is the layout of a specification: frozen per format version.
namespace oort::ledger {

template <class F>
void walk(F& f, typename F::template As<BuiltinWork>& v) {
  f.text(v.name, job_name_bytes_max);
  f(v.version);
  f.blob(v.parameters, job_parameters_bytes_max);
}
template <class F>
void walk(F& f, typename F::template As<ContainerWork>& v) {
  f.text(v.image, job_uri_bytes_max);
  f(v.digest);
  f.texts(v.command, job_words_max, job_word_bytes_max);
  f.texts(v.environment, job_words_max, job_word_bytes_max);
}
template <class F>
void walk(F& f, typename F::template As<WasmWork>& v) {
  f.text(v.module, job_uri_bytes_max);
  f(v.digest);
  f.texts(v.command, job_words_max, job_word_bytes_max);
}
template <class F>
void walk(F& f, typename F::template As<JobInput>& v) {
  f.text(v.uri, job_uri_bytes_max);
  f(v.size);
  f.optional(v.root);
  f.text(v.path, job_path_bytes_max);
}
template <class F>
void walk(F& f, typename F::template As<JobOutput>& v) {
  f.text(v.uri, job_uri_bytes_max);
  f.text(v.path, job_path_bytes_max);
}
template <class F>
void walk(F& f, typename F::template As<JobAlternative>& v) {
  f.texts(v.gpu_models, job_choices_max, job_name_bytes_max);
  f(v.gpu_count);
  f(v.gpu_milli);
  f(v.gpu_memory_mib);
  f(v.same_interconnect);
  f(v.cpu_milli);
  f(v.memory_mib);
  f(v.disk_mib);
  f(v.network_mbps);
  f.optional(v.architecture);
}
template <class F>
void walk(F& f, typename F::template As<JobRetry>& v) {
  f(v.max);
  f(v.on_node_fault);
  f(v.on_preempted);
  f(v.on_verify_failed);
}
template <class F>
void walk(F& f, typename F::template As<JobPlacement>& v) {
  f.texts(v.regions, job_choices_max, job_name_bytes_max);
  f(v.credibility_ppb_min);
  f.list(v.exclude_nodes, job_choices_max);
  f.list(v.exclude_operators, job_choices_max);
  f.list(v.only_operators, job_choices_max);
}
template <class F>
void walk(F& f, typename F::template As<JobSpec>& v) {
  f.text(v.name, job_name_bytes_max);
  f(v.work);
  f.list(v.inputs, job_objects_max);
  f.list(v.outputs, job_objects_max);
  f(v.queue);
  f(v.priority);
  f.list(v.any_of, job_alternatives_max);
  f(v.gang_min);
  f(v.gang_max);
  f(v.topology);
  f(v.array_count);
  f(v.array_parallel_max);
  f.list(v.depends_on, job_choices_max);
  f(v.walltime_ms);
  f(v.start_by_ms);
  f(v.finish_by_ms);
  f(v.retry);
  f(v.checkpoint_ms);
  f(v.grace_ms);
  f(v.price_per_hour_max);
  f(v.is_spot);
  f(v.bid_per_hour);
  f(v.is_preemptible);
  f(v.placement);
  f(v.spread);
  f(v.tier_min);
  f(v.data_class);
  f(v.risk);
  f(v.confidence);
  f.texts(v.network, job_choices_max, job_path_bytes_max);
}

}  // namespace oort::ledger
