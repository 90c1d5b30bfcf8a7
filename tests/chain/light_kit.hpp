// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "kit.hpp"
#include "oort/chain/light_node.hpp"
#include "oort/chain/messages.hpp"

/// Light nodes beside whole chains, and a super node that lies to them.
namespace oort::chain::test {

/// A light node and everything under it, as a process builds it.
class LightProgram final : public sim::Program {
 public:
  LightProgram(sim::Node& node, sim::SimNetwork& network, const ledger::GenesisParams& genesis,
               const LightOptions& options);
  ~LightProgram() override;
  /// Nothing where it would not open; `problem` says why.
  [[nodiscard]] LightNode* light() { return light_.get(); }
  [[nodiscard]] const std::optional<Error>& problem() const { return *problem_; }

 private:
  std::shared_ptr<std::optional<Error>> problem_ = std::make_shared<std::optional<Error>>();
  std::unique_ptr<env::BlobStore> store_;
  std::unique_ptr<env::Transport> transport_;
  std::unique_ptr<LightNode> light_;
};

/// Asks the first super node whatever it is asked, and bends the answer. Votes for nothing.
class LyingSuper final : public sim::Program {
 public:
  /// What to say instead of the truth; nothing: never answers.
  using Bend = std::function<std::optional<Result<Bytes>>(env::MessageType, Result<Bytes> truth)>;
  LyingSuper(sim::Node& node, sim::SimNetwork& network, Bend bend);
  ~LyingSuper() override;

 private:
  std::unique_ptr<env::Transport> transport_;
};

/// Four super nodes and a light one, on the fifth machine.
struct LightWorld {
  static constexpr std::size_t liar = 3;
  static constexpr std::size_t edge = 4;

  explicit LightWorld(std::uint64_t seed);
  /// All but the last super node, which lies as `bend` says.
  void start_with_liar(LyingSuper::Bend bend);
  void start();
  void start_edge() { net.start(edge); }
  [[nodiscard]] LightProgram& program() {
    return *static_cast<LightProgram*>(net.nodes[edge]->program());
  }
  [[nodiscard]] LightNode& light() { return *program().light(); }
  [[nodiscard]] Height height() { return light().head().height; }

  [[nodiscard]] Result<Proven> read(const Bytes& key, Freshness freshness);
  /// What the light node proves of a client's balance, above its genesis balance.
  [[nodiscard]] std::uint64_t balance(std::uint64_t client, Freshness freshness);
  [[nodiscard]] Result<Commit> submit(const ledger::Transaction& transaction);
  [[nodiscard]] Result<Commit> find(const TransactionId& id);
  [[nodiscard]] Result<BlockProof> block(Height height);
  [[nodiscard]] LightDiagnosis diagnose();
  [[nodiscard]] std::uint64_t lies_seen();
  /// The block that the first super node holds at a height.
  [[nodiscard]] BlockId block_at(Height height);
  /// A certificate over any header, by the keys of three super nodes: what a quorum could sign.
  [[nodiscard]] consensus::Certificate certify(const consensus::Header& header) const;

  ChainWorld net;
  LightOptions options;
};

}  // namespace oort::chain::test
