// SPDX-License-Identifier: Apache-2.0
#include "beacon/beacon.hpp"

#include "oort/codec/codec.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/ledger/keys.hpp"
#include "oort/ledger/view.hpp"
#include "stored.hpp"

namespace oort::ledger {
namespace {

constexpr crypto::Context beacon_context("oort.v1 beacon");

}  // namespace

void advance_beacon(Overlay& state, const BlockContext& header) {
  Beacon beacon = View(state).beacon().value_or(Beacon{});
  if (beacon.epoch < header.epoch) save(state, keys::epoch_seed(header.epoch), beacon);
  codec::Writer out;
  codec::encode(out, beacon.value);
  codec::encode(out, header.beacon);
  codec::encode(out, header.height);
  beacon.value = crypto::hash(beacon_context, out.bytes());
  beacon.height = header.height;
  beacon.epoch = header.epoch;
  save(state, keys::beacon(), beacon);
}

}  // namespace oort::ledger
