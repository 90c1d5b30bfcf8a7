#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files on a network whose nodes die: what was acknowledged reads back, what cannot be promised is
refused with a reason, and what was lost is built anew."""
import argparse
import json
import os
import pathlib
import random
import sys
import tempfile
import time

import botocore.exceptions

from local_network import Network, await_true, sha256_of, tree_of


class Drill:
    def __init__(self, arguments):
        self.arguments = arguments
        self.figures = {}
        self.steps = []
        self.random = random.Random(arguments.seed)

    def say(self, text):
        self.steps.append(text)
        print(text, file=sys.stderr, flush=True)

    def timed(self, name, work):
        started = time.monotonic()
        result = work()
        self.figures[name] = round(time.monotonic() - started, 2)
        return result

    def make_files(self, folder):
        big = folder / "big.bin"
        with open(big, "wb") as file:
            for _ in range(self.arguments.big_mb):
                file.write(self.random.randbytes(1 << 20))
        tree = folder / "tree"
        for i in range(self.arguments.files):
            path = tree / f"d{i % 50:02}" / f"file {i}.bin"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.random.randbytes(self.random.randrange(0, 20_000)))
        return big, tree

    def store(self, network, big, tree):
        network.aws("s3", "mb", "s3://drill")
        self.timed("put_big_seconds", lambda: network.aws(
            "s3", "cp", "--no-progress", str(big), "s3://drill/big.bin"))
        self.timed("sync_seconds", lambda: network.aws(
            "s3", "sync", "--no-progress", str(tree), "s3://drill/tree"))
        listed = network.aws("s3", "ls", "--recursive", "s3://drill/tree/").splitlines()
        assert len(listed) == self.arguments.files, f"{len(listed)} files are listed"
        self.say(f"stored {big.stat().st_size} bytes in one object and {len(listed)} files")

    def read_all(self, network, big, tree, index=0, when=""):
        """Everything, through the gateway of super-(index + 1)."""
        with tempfile.TemporaryDirectory() as folder:
            target = pathlib.Path(folder)
            network.aws("s3", "cp", "--no-progress", "s3://drill/big.bin", str(target / "big"),
                        index=index)
            network.aws("s3", "sync", "--no-progress", "s3://drill/tree", str(target / "tree"),
                        index=index)
            assert sha256_of(target / "big") == sha256_of(big), "the big object differs"
            assert tree_of(target / "tree") == tree_of(tree), "the tree differs"
        client = network.client(index)
        size = big.stat().st_size
        content = big.read_bytes()
        for _ in range(5):
            first = self.random.randrange(size)
            last = min(size - 1, first + self.random.randrange(3_000_000))
            part = client.get_object(Bucket="drill", Key="big.bin",
                                     Range=f"bytes={first}-{last}")["Body"].read()
            assert part == content[first:last + 1], f"the range {first}-{last} differs"
        self.say(f"everything reads back identical {when}")

    def losses(self, network, big, tree):
        network.devnet("wait", "--durable", "--timeout", "240", timeout=260)
        network.devnet("kill", "super-3")
        self.read_all(network, big, tree, when="without super-3")
        client = network.client()
        answer = client.put_object(Bucket="drill", Key="degraded", Body=b"x" * 100_000)
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        assert headers.get("x-oort-durability") == "degraded", headers
        self.say("a write with three nodes succeeds and says that it is degraded")

        network.devnet("kill", "super-4")
        started = time.monotonic()
        try:
            client.put_object(Bucket="drill", Key="refused", Body=b"y")
            raise AssertionError("a write without a quorum succeeded")
        except botocore.exceptions.ClientError as problem:
            took = time.monotonic() - started
            assert problem.response["ResponseMetadata"]["HTTPStatusCode"] == 503, problem
            assert "quorum" in problem.response["Error"]["Message"], problem
            assert took < 10, f"the refusal took {took:.1f} s"
            self.figures["refusal_seconds"] = round(took, 2)
        self.read_all(network, big, tree, when="without super-3 and super-4")
        self.say(f"a write without a quorum is refused after {took:.1f} s")

    def repair(self, network, big, tree):
        network.devnet("restart", "super-3")
        network.devnet("restart", "super-4")
        network.devnet("wait", "--durable", "--timeout", "240", timeout=260)

        def held():
            return network.status()["super-2"]["storage"]["shards_count"]

        def missing():
            """What any gateway misses: each looks after some of the segments at a time."""
            return sum(node["storage"]["missing_shards_count"]
                       for node in network.status().values())

        before = held()
        network.devnet("stop", "super-2")
        network.devnet("wipe", "super-2")
        network.devnet("restart", "super-2")
        assert held() < before / 2, "the shards were not wiped"

        def is_whole():
            """Twice the same, more than one turn of the workers apart."""
            first = held()
            if missing() > 0 or first == 0:
                return False
            time.sleep(25)
            return missing() == 0 and held() == first

        self.timed("repair_seconds", lambda: await_true(
            "the wiped node has shards again and none is missing", is_whole, 400))
        output = network.run("segment", "missing", "--json", "--dir", network.dir).stdout
        assert json.loads(output)["missing_shards"] == [], output
        self.say(f"the wiped node holds {held()} shards again; with those that nothing refers to "
                 f"any more it was {before}")
        # Two of four are enough, so these are asked for every one of theirs.
        for victim in ("super-1", "super-4"):
            network.devnet("kill", victim)
        self.read_all(network, big, tree, index=2, when="from super-2, wiped before, and super-3")
        for victim in ("super-1", "super-4"):
            network.devnet("restart", victim)
        network.devnet("wait", "--durable", "--timeout", "240", timeout=260)
        for victim in ("super-1", "super-2"):
            network.devnet("kill", victim)
            self.read_all(network, big, tree, index=2, when=f"without {victim}, through super-3")
            network.devnet("restart", victim)

    def permanent_loss(self):
        with Network(supers=6, archives=0, edges=0) as network:
            network.aws("s3", "mb", "s3://drill")
            client = network.client()
            bodies = {f"o{i}": self.random.randbytes(300_000) for i in range(20)}
            for name, body in bodies.items():
                client.put_object(Bucket="drill", Key=name, Body=body)
            network.devnet("wait", "--durable", "--timeout", "120")
            network.devnet("kill", "super-6")

            def missing():
                storage = network.status()["super-1"]["storage"]
                return storage["missing_shards_count"] + storage["degraded_segments_count"]

            await_true("the loss is noticed", lambda: missing() > 0, 60)
            self.timed("move_seconds", lambda: await_true(
                "the shards of the lost node live elsewhere", lambda: missing() == 0, 300))
            network.devnet("kill", "super-5")
            for name, body in bodies.items():
                assert client.get_object(Bucket="drill", Key=name)["Body"].read() == body
        self.say("a permanently lost node's shards moved to the others")

    def run(self):
        with tempfile.TemporaryDirectory() as folder:
            big, tree = self.make_files(pathlib.Path(folder))
            with Network(keep=self.arguments.keep) as network:
                self.store(network, big, tree)
                self.read_all(network, big, tree)
                self.losses(network, big, tree)
                self.repair(network, big, tree)
        if not self.arguments.quick:
            self.permanent_loss()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object on standard output")
    parser.add_argument("--big-mb", type=int, default=300)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="without the network of six")
    parser.add_argument("--keep", action="store_true", help="leave the network's folder behind")
    arguments = parser.parse_args()
    drill = Drill(arguments)
    drill.run()
    result = {"name": "storage", "passed": True, "steps": drill.steps, "figures": drill.figures}
    print(json.dumps(result) if arguments.json else "storage drill passed")


if __name__ == "__main__":
    os.chdir(pathlib.Path(__file__).parent)
    main()
