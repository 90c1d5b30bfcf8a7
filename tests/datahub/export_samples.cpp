// SPDX-License-Identifier: Apache-2.0
// Writes one file of each export into a folder, for readers of others to judge.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "oort/crypto/hash.hpp"
#include "oort/datahub/dataset_card.hpp"
#include "oort/datahub/exports.hpp"
#include "oort/datahub/manifest.hpp"
#include "oort/datahub/sample_tree.hpp"
#include "sample_card.hpp"
#include "sample_exports.hpp"

namespace oort::datahub {
namespace {

void write(const std::filesystem::path& folder, const NamedFile& file) {
  const std::filesystem::path path = folder / file.name;
  std::filesystem::create_directories(path.parent_path());
  const std::string_view text = as_text(file.bytes);
  std::ofstream(path, std::ios::binary)
      .write(text.data(), static_cast<std::streamsize>(text.size()));
}

/// Samples "0" to "10", and the path of "6".
Result<std::string> proof_text() {
  std::vector<Bytes32> leaves;
  for (int i = 0; i <= 10; ++i) leaves.push_back(sample_leaf(as_bytes(std::to_string(i))));
  const SampleProof proof = prove_sample(leaves, 6);
  Json path((Json::Array()));
  for (const Bytes32& hash : proof.path) path.append(hash.hex());
  return canonical(Json::object({{"root", sample_root(leaves).hex()}, {"path", path}}));
}

Result<void> write_all(const std::filesystem::path& folder) {
  OORT_TRY(const std::string lines, jsonl_of(sample_lines()));
  write(folder, {"lines.jsonl", to_bytes(lines)});
  OORT_TRY(const std::string table, csv_of(sample_table()));
  write(folder, {"table.csv", to_bytes(table)});
  OORT_TRY(const Json boxes, coco_of(sample_boxes()));
  OORT_TRY(const std::string coco, canonical(boxes));
  write(folder, {"coco.json", to_bytes(coco)});
  OORT_TRY(const auto yolo, yolo_of(sample_boxes()));
  for (const NamedFile& file : yolo) write(folder / "yolo", file);
  OORT_TRY(const auto voc, voc_of(sample_boxes()));
  for (const NamedFile& file : voc) write(folder / "voc", file);
  WebShards web("web", 12'000);
  for (const WebSample& sample : sample_web()) {
    OORT_TRY(const auto full, web.add(sample));
    if (full) write(folder, *full);
  }
  if (const auto last = web.finish()) write(folder, *last);
  OORT_TRY(const auto manifest, Manifest::from({{"lines.jsonl", crypto::sha256(as_bytes(lines))},
                                                {"table.csv", crypto::sha256(as_bytes(table))},
                                                {"coco.json", crypto::sha256(as_bytes(coco))}}));
  OORT_TRY(const std::string statement, canonical(manifest.statement("samples")));
  write(folder, {"manifest.json", to_bytes(statement)});
  OORT_TRY(const std::string proof, proof_text());
  write(folder, {"proof.json", to_bytes(proof)});
  OORT_TRY(const Json card, croissant_of(sample_card()));
  OORT_TRY(const std::string croissant, indented(card));
  write(folder, {"croissant.json", to_bytes(croissant)});
  return {};
}

}  // namespace
}  // namespace oort::datahub

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: datahub-export-samples FOLDER\n");
    return 2;
  }
  const auto written = oort::datahub::write_all(argv[1]);
  if (!written) std::fprintf(stderr, "%s\n", written.error().to_string().c_str());
  return written ? 0 : 1;
}
