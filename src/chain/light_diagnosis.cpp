// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "light_impl.hpp"

namespace oort::chain {

LightDiagnosis LightNode::Impl::diagnose() const {
  const MonoTime now = around_.clock.now_mono();
  LightDiagnosis out;
  out.head = head_;
  out.head_age = now - moved_at_.value_or(started_at_);
  out.waiting_count = head_waits_.size() + queries_count_;
  out.submits_count = waiters_count_;
  const std::vector<NodeId> connected = around_.transport.peers();
  for (const auto& [node, peer] : peers_) {
    LightDiagnosis::Peer shown;
    shown.node = node;
    shown.is_connected = std::ranges::binary_search(connected, node);
    shown.height = peer.height;
    shown.lies_count = peer.lies_count;
    shown.shunned_for = std::max(Duration(0), peer.shunned_until - now);
    shown.why = peer.why;
    out.peers.push_back(std::move(shown));
  }
  return out;
}

std::string to_text(const LightDiagnosis& diagnosis) {
  std::string text;
  const auto line = [&text](std::string_view name, const std::string& value) {
    text += std::string(name) + " " + value + "\n";
  };
  const auto number = [](auto value) { return std::to_string(value); };
  const auto ms = [&](Duration duration) { return number(duration.count() / 1'000'000); };
  line("mode", "light: headers and certificates only");
  line("verified_height", number(diagnosis.head.height.value()));
  line("verified_block", diagnosis.head.block.hex());
  line("epoch", number(diagnosis.head.turn.epoch.value()));
  line("view", number(diagnosis.head.view.value()));
  line("moved_ms_ago", ms(diagnosis.head_age));
  line("reads_waiting", number(diagnosis.waiting_count));
  line("submits_waiting", number(diagnosis.submits_count));
  for (const LightDiagnosis::Peer& peer : diagnosis.peers) {
    std::string value = "height " + number(peer.height.value());
    value += peer.is_connected ? ", connected" : ", not connected";
    if (peer.lies_count > 0) value += ", lied " + number(peer.lies_count) + " times";
    if (peer.shunned_for > Duration(0)) {
      value += ", asked last for " + ms(peer.shunned_for) + " ms: " + peer.why;
    }
    line("peer_" + peer.node.short_hex(), value);
  }
  return text;
}

}  // namespace oort::chain
