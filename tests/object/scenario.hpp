// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "cluster.hpp"

namespace oort::object::test {

/// What was acknowledged, by name.
using Stored = std::map<std::string, Bytes>;

/// Objects of all the ways to be stored.
Stored put_some(Cluster& cluster, std::size_t via = 0);
/// Small ones only: they lie in one open segment.
Stored put_small(Cluster& cluster, std::size_t via = 0);
/// All of them read back through one gateway.
void expect_all(Cluster& cluster, std::size_t via, const Stored& stored);

/// Runs until every gateway that is up has twice, with a worker's turn between, counted nothing
/// missing, degraded or open.
bool becomes_durable(Cluster& cluster, Duration limit);
/// Not what gateways believe: every shard that the ledger names lies on its node as recorded.
void expect_shards_held(Cluster& cluster);
/// Becomes durable, truly, and every object reads back while any two machines are down.
void expect_whole(Cluster& cluster, const Stored& stored, Duration limit);

/// The one segment of an open kind, which `put_small` made.
std::pair<SegmentId, ledger::Segment> open_segment(Cluster& cluster);

}  // namespace oort::object::test
