// SPDX-License-Identifier: Apache-2.0
// A log of any content opens or is refused; what opens takes a record and gives it back.
#include "oort/consensus/wal.hpp"
#include "oort/core/assert.hpp"
#include "sim/disk.hpp"
#include "sim/world.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace bft = oort::consensus;
  oort::sim::World world(1);
  oort::sim::SimDisk disk(world);
  const auto blobs = disk.open_blobs("wal");
  const oort::ByteView bytes = std::as_bytes(std::span(data, size));
  OORT_ASSERT(blobs->replace("log", bytes).has_value(), "the disk is in order");
  auto opened = bft::Wal::open(*blobs, "log", 1);
  if (!opened) return 0;
  bft::SignerRecord record;
  record.view = oort::View(77);
  const bft::WalRecord mine{bft::RecordKind::Signer,
                            std::make_shared<const oort::Bytes>(oort::codec::to_bytes(record))};
  OORT_ASSERT(opened->wal->append(std::span(&mine, 1)).has_value(), "the disk is in order");
  const auto again = bft::Wal::open(*blobs, "log", 1);
  OORT_ASSERT(again.has_value(), "what was opened opens again");
  OORT_ASSERT(again->recovered.record == record, "the last record counts");
  return 0;
}
