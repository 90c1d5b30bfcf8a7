#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""DataHubService and ModelService: campaigns, datasets, models, and what made each model."""
from oort.v1 import datahub_pb2, datahub_pb2_grpc, model_pb2, model_pb2_grpc

from connection import SECONDS, connect, pages, parser, run


def show_data(datahub):
    for one in pages(datahub.ListCampaigns, datahub_pb2.ListCampaignsRequest(), "campaigns"):
        print(f"campaign {one.id.hex()} {one.kind} {one.status}, {one.accepted_count} of "
              f"{one.answers_count} answers accepted")
        batches = datahub_pb2.ListBatchesRequest(campaign=one.id)
        for batch in pages(datahub.ListBatches, batches, "batches"):
            print(f"  batch {batch.number}: {batch.answers} answers of "
                  f"{batch.contributors} contributors")
    for one in pages(datahub.ListDatasets, datahub_pb2.ListDatasetsRequest(), "datasets"):
        print(f"dataset {one.root.hex()} {one.name} {one.version}, {one.samples_count} samples, "
              f"{one.licence}, access {one.access}")


def show_models(models):
    for one in pages(models.ListModels, model_pb2.ListModelsRequest(), "models"):
        print(f"model {one.root.hex()} {one.name} {one.version}")
        if one.training:
            made = models.GetTraining(model_pb2.GetTrainingRequest(id=one.training),
                                      timeout=SECONDS).training
            for dataset in made.datasets:
                print(f"  trained on {dataset.hex()}, {made.grade}")
        places = model_pb2.ListDeploymentsRequest(model=one.root)
        for place in pages(models.ListDeployments, places, "deployments"):
            print(f"  {'stood' if place.removed_ms else 'stands'} on {place.node.hex()}")


def main():
    options = parser(__doc__).parse_args()
    channel = connect(options.endpoint, options.ca)
    show_data(datahub_pb2_grpc.DataHubServiceStub(channel))
    show_models(model_pb2_grpc.ModelServiceStub(channel))


if __name__ == "__main__":
    run(main)
