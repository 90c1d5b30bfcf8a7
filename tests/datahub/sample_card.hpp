// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oort/crypto/hash.hpp"
#include "oort/datahub/dataset_card.hpp"

namespace oort::datahub {

/// A card with every answer.
inline DatasetCard sample_card() {
  DatasetCard card;
  card.name = "Street signs";
  card.description = "Photographs of street signs with a label each.";
  card.license = "https://spdx.org/licenses/CC-BY-4.0.html";
  card.url = "https://example.com/street-signs";
  card.creator = "Example Works";
  card.date_published = "2026-11-22";
  card.version = "1.0.0";
  card.keywords = {"signs", "streets"};
  card.languages = {"en"};
  card.root = crypto::sha256(as_bytes("root"));
  card.contributions_root = crypto::sha256(as_bytes("contributions"));
  card.files = {{"labels.csv", crypto::sha256(as_bytes("labels")), 1234, "text/csv", ""},
                {"signs-000000.tar", crypto::sha256(as_bytes("signs")), 99'328, "application/x-tar",
                 "https://example.com/signs-000000.tar"}};
  card.records_file = "labels.csv";
  card.fields = {{"sample", "sc:Text", "Name of the photograph"}, {"label", "sc:Text", ""}};
  card.parents = {{crypto::sha256(as_bytes("parent")), "subset"}};
  card.campaign = "Labelling campaign 7";
  card.started_at = "2026-10-01T00:00:00Z";
  card.ended_at = "2026-11-01T00:00:00Z";
  card.contributors_count = 42;
  card.answers = {"Taken by contributors",
                  "Crowdsourced",
                  "One label of four, three answers each",
                  "oortd DataHub",
                  "Accuracy on gold 0.96, alpha 0.81",
                  "3",
                  "Faces were blurred",
                  "Few signs at night",
                  "Two cities",
                  "Classification",
                  "A version a year",
                  "",
                  "Safer streets"};
  return card;
}

}  // namespace oort::datahub
