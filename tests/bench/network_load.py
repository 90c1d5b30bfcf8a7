# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: a fresh local network, the load generator, and the report."""
import argparse
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/drill"))
from local_network import Network  # noqa: E402 pylint: disable=wrong-import-position


def bench_load(command, **options):
    """The figures that bench-load prints; `object_bytes=5` is its `--object-bytes 5`."""
    words = [str(pathlib.Path(os.environ["OORT_BIN"]) / "bench-load"), command]
    for name, value in options.items():
        words += ["--" + name.replace("_", "-"), str(value)]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{command}: exit {done.returncode}")
    return json.loads(done.stdout)


def validators():
    """Four validators and nothing else: what the figures are about."""
    return Network(supers=4, archives=0, edges=0)


def ledger_figures(network, **options):
    description = json.loads((pathlib.Path(network.dir) / "network.json").read_text())
    endpoints = ",".join(f"127.0.0.1:{node['grpc_port']}" for node in description["nodes"])
    return bench_load("ledger", endpoints=endpoints, owner=f"{network.dir}/owner.key", **options)


def s3_figures(network, **options):
    network.client().create_bucket(Bucket="bench")
    environment = network.environment
    endpoints = ",".join(url.removeprefix("http://") for url in network.s3_urls())
    return bench_load(
        "s3", endpoints=endpoints, access_key=environment["AWS_ACCESS_KEY_ID"],
        secret=environment["AWS_SECRET_ACCESS_KEY"], region=environment["AWS_DEFAULT_REGION"],
        bucket="bench", **options)


def ceilings(network, **options):
    """What the machine allows, measured beside the running but idle network, on its disk."""
    return bench_load("ceilings", folder=network.folder, **options)


def report(name, description, measure):
    """Runs `measure()`, which returns metrics and ceilings, and prints them."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="one object on standard output")
    arguments = parser.parse_args()
    metrics, limits = measure()
    if arguments.json:
        print(json.dumps({"name": name, "metrics": metrics, "ceilings": limits}))
        return
    for title, figures in (("metrics", metrics), ("ceilings", limits)):
        for key, value in figures.items():
            print(f"{name} {title} {key}: {value:,.6g}")


def chosen(figures, *names):
    return {name: figures[name] for name in names}
