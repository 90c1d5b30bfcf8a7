#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every program of examples/ on a live network: what it prints is what the command line says."""
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "drill"))
from datahub_test import CARD  # noqa: E402
from local_network import Network, await_true  # noqa: E402
from operator_test import free_port  # noqa: E402
from plain_blake3 import blake3, derived  # noqa: E402

OORT = 10 ** 18
PROTOS = ROOT / "proto"
SECONDS = 120
BUDGET = 20_000_000


def make_stubs(folder):
    """As docs/API.md says."""
    subprocess.run(
        ["protoc", "-I", PROTOS, f"--python_out={folder}", f"--grpc_python_out={folder}",
         "--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin",
         *PROTOS.glob("oort/v1/*.proto"), PROTOS / "google/rpc/status.proto"], check=True)


class ExamplesTest(unittest.TestCase):
    """One network for all cases; they run in the order of their names."""

    @classmethod
    def setUpClass(cls):
        cls.network = Network(archives=0, edges=0).__enter__()
        cls.addClassCleanup(cls.network.__exit__, None, None, None)
        stubs = tempfile.TemporaryDirectory()
        cls.addClassCleanup(stubs.cleanup)
        make_stubs(stubs.name)
        cls.endpoint = cls.network.environment["OORT_GRPC"]
        cls.environment = dict(os.environ, OORT_GRPC=cls.endpoint, PYTHONPATH=stubs.name,
                               PYTHONDONTWRITEBYTECODE="1")
        cls.folder = pathlib.Path(cls.network.dir)
        cls.owner_key = str(cls.folder / "owner.key")
        cls.owner = cls.ask("account", "show", "--key", cls.owner_key)["account"]

    @classmethod
    def ask(cls, *arguments):
        """What a command prints with --json."""
        return cls.network.json(*arguments, "--dir", cls.network.dir)

    def words_of(self, name, *arguments):
        """The command of an example: NAME.py, or NAME in C++."""
        if name.endswith(".py"):
            return ["/usr/bin/python3", ROOT / "examples" / "python" / name, *arguments]
        return [pathlib.Path(os.environ["OORT_BIN"]) / "examples" / name, *arguments]

    def finish(self, name, *arguments):
        return subprocess.run(self.words_of(name, *arguments), env=self.environment, text=True,
                              capture_output=True, timeout=SECONDS, check=False)

    def show(self, name, *arguments):
        """The lines that an example prints."""
        done = self.finish(name, *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout.splitlines()

    def assert_lines(self, lines, *wanted):
        for line in wanted:
            self.assertIn(line, lines)

    # Reading -----------------------------------------------------------------------------------

    def test_01_status(self):
        status, peers = self.ask("status"), self.ask("peers")["peers"]
        for lines in (self.show("status.py"), self.show("status", self.endpoint)):
            self.assert_lines(
                lines, f"chain devnet {status['chain_id']}",
                f"node {status['name']} {status['role']} {status['node_id']}")
            shown = [line.split()[1] for line in lines if line.startswith("peer ")]
            self.assertEqual(sorted(shown), sorted(peer["node_id"] for peer in peers))
            height = int(re.search(r"^height (\d+), ready", "\n".join(lines), re.M).group(1))
            self.assertGreaterEqual(height, status["height"])

    def test_02_transfer(self):
        key = str(self.folder / "alice.key")
        type(self).alice = self.ask("keys", "new", key)["account"]
        first, second, balance = self.show("transfer", self.endpoint, self.owner_key, self.alice,
                                           str(5 * OORT // 2))
        self.assertEqual(first, second, "the same bytes are executed once")
        self.assertEqual(balance, f"balance {5 * OORT // 2}")
        said = re.fullmatch(r"transaction (\w{64}) at height (\d+), fee (\d+)", first)
        told = self.ask("transaction", said.group(1))
        self.assertEqual((int(said.group(2)), said.group(3)), (told["height"], told["fee"]))
        self.assertEqual(self.ask("account", "show", self.alice)["balance"], str(5 * OORT // 2))
        refused = self.show("transfer", self.endpoint, key, self.owner, str(3 * OORT))
        self.assertEqual(refused[1], "refused: BalanceTooLow")
        poor = str(self.folder / "poor.key")
        self.ask("keys", "new", poor)
        failed = self.finish("transfer", self.endpoint, poor, self.owner, "1")
        self.assertEqual(failed.returncode, 1)
        self.assertRegex(failed.stderr, r"^TRANSACTION_REJECTED: ")

    def test_03_account_with_its_proof(self):
        proof = str(self.folder / "alice.proof")
        lines = self.show("account.py", self.alice, "--proof", proof)
        self.assertRegex(lines[0], r"^balance 2\.4999\d+ OORT at height \d+$")
        told = [f"{line['height']} {line['purpose']}"
                for line in self.ask("account", "statement", self.alice)["lines"]]
        self.assertEqual([line.rsplit(" ", 2)[0] for line in lines[1:-1]], told)
        verified = self.network.json("verify", proof, "--genesis",
                                     str(self.folder / "genesis.oort"))
        self.assertIn(self.ask("account", "show", self.alice)["balance"], json.dumps(verified))
        bundle = bytearray(pathlib.Path(proof).read_bytes())
        bundle[len(bundle) // 2] ^= 1
        pathlib.Path(proof).write_bytes(bundle)
        refused = self.network.run("verify", proof, "--genesis",
                                   str(self.folder / "genesis.oort"), check=False)
        self.assertNotEqual(refused.returncode, 0)

    def test_04_economy(self):
        lines = self.show("economy.py")
        self.ask("gov", "propose", "params", "--module", "staking", "--set", "emission=20",
                 "--text", "Pay more", "--deposit", "1", "--key", self.owner_key)
        self.assertIn("proposal 1 deposit: Pay more", self.show("economy.py"))
        price = int(self.ask("price", "show")["rate"])
        supply = self.ask("supply", "show")
        self.assert_lines(lines, f"one credit (one US cent) is {price / OORT:g} OORT, reported",
                          f"supply {int(supply['total']) // OORT} OORT",
                          f"pot escrow: {int(supply['pots']['escrow']) // OORT} OORT")
        for one in self.ask("storage", "price")["prices"]:
            self.assertIn(f"a GiB of {one['class']} for a month: "
                          f"{int(one['credits']) / 10 ** 6:g} credits", lines)
        pools = self.ask("stake", "pools")["pools"]
        self.assertEqual(len(pools), 4)
        for pool in pools:
            self.assertIn(f"pool {pool['pool']} {pool['state']}, own "
                          f"{int(pool['self']) // OORT} OORT, delegated 0 OORT", lines)
        modules = lines[-1].removeprefix("parameters of ").split(", ")
        self.assertEqual(sorted(modules), sorted(self.ask("gov", "params")))

    def test_05_honesty(self):
        lines = self.show("honesty.py")
        self.assertLessEqual(int(lines[0].split()[1][:-1]), self.ask("honesty", "round")["round"])
        standings = self.ask("honesty", "standing")["standings"]
        self.assertEqual(len(standings), 4)
        for one in standings:
            self.assertIn(f"node {one['node']} credibility {one['credibility'] / 10 ** 9:.6f}, "
                          f"stake {int(one['stake']) // OORT} OORT, 0 verdicts", lines)
        self.assertEqual(self.ask("honesty", "cases")["cases"], [])
        self.assertNotIn("case", " ".join(lines).split())
        self.assertRegex(lines[-1], r"^\d+ audits of storage are open$")

    # Objects and work --------------------------------------------------------------------------

    def test_06_storage(self):
        type(self).content = os.urandom(5_000)
        client = self.network.client()
        client.create_bucket(Bucket="data")
        client.put_object(Bucket="data", Key="in", Body=self.content)
        lines = self.show("storage.py", self.owner, "--object", "data/in")
        told = [f"bucket {one['name']}, versioning {one['versioning']}"
                for one in self.ask("bucket", "list", "--key", self.owner_key)["buckets"]]
        self.assertEqual(lines[:-2], told)
        self.assertEqual(told, ["bucket data, versioning off"])
        self.assertEqual(self.ask("segment", "missing")["missing_shards"], [])
        self.assertEqual(lines[-2], "0 shards are missing")
        self.assertRegex(lines[-1], r"^data/in is present at height \d+$")
        self.assertRegex(self.show("storage.py", self.owner, "--object", "data/out")[-1],
                         r"^data/out is not there at height \d+$")

    def test_07_a_job_is_paid_for_done_and_followed(self):
        sale = ["--to", self.owner, "--amount", "100", "--reference", "for examples"]
        signed = self.ask("credits", "sign", *sale, "--key",
                          str(self.folder / "processor-3.key"))["signature"]
        self.ask("credits", "buy", *sale, "--key", self.owner_key, "--processor-key",
                 str(self.folder / "processor-1.key"), "--signature", signed)
        file = self.folder / "in"
        file.write_bytes(self.content)
        lines = self.show("hash_job", self.endpoint, self.owner_key, "s3://data/in", str(file),
                          str(BUDGET))
        job = lines[0].removeprefix("job ")
        self.assertIn("begins blake3 1", lines[1])
        self.assertEqual(lines[-1], f"root {blake3(self.content).hex()} by this machine")

        followed = self.show("jobs.py", job)
        offers = {offer["node"] for offer in self.ask("offer", "list")["offers"]}
        self.assertEqual({line.split()[1][:-1] for line in followed if line.startswith("offer ")},
                         offers)
        self.assertIn("pending 0, running 0, done 1", followed)
        output = self.network.client().get_object(Bucket="data", Key="in.blake3")["Body"].read()
        self.assertEqual(output, struct.pack("<BIQ", 1, 1, len(self.content))
                         + blake3(self.content) + struct.pack("<I", 0))
        self.assertEqual(followed[-2], "succeeded, output "
                         + derived("oort.v1 compute builtin output", output).hex())
        cost = self.ask("job", "cost", job)
        self.assertEqual(followed[-1], f"paid {cost['paid']} of {BUDGET} units of credits, "
                         f"{cost['refund']} went back")
        self.assertEqual(int(cost["paid"]) + int(cost["refund"]) + int(cost["share"]), BUDGET)

    # Data and models ---------------------------------------------------------------------------

    def open_campaign(self):
        answers = [f"p{sample},{who:040x},c{sample % 2}" for sample in range(4)
                   for who in (1, 2, 3)]
        (self.folder / "answers.csv").write_text("\n".join(["sample,account,label", *answers]))
        (self.folder / "consent").write_text("Yes.")
        campaign = self.ask("campaign", "open", "--price", "0.01", "--budget", "1", "--reviewer",
                            self.alice, "--method", "majority", "--consent",
                            str(self.folder / "consent"), "--key", self.owner_key)["campaign"]
        self.ask("campaign", "batch", campaign, "--answers", str(self.folder / "answers.csv"),
                 "--key", self.owner_key)
        return campaign, len(answers)

    def seal_dataset(self):
        data = self.folder / "points"
        data.mkdir()
        rows = [f"{i % 2},{(i % 2) * 60 - 30},{i}" for i in range(60)]
        (data / "data.csv").write_text("\n".join(["class,x,y", *rows]) + "\n")
        (self.folder / "card.json").write_text(json.dumps(CARD | {"campaign": "A rule"}))
        sealed = self.ask("dataset", "seal", str(data), "--name", "points", "--licence",
                          "CC-BY-4.0", "--records", "data.csv", "--card",
                          str(self.folder / "card.json"), "--out", str(self.folder / "sealed"),
                          "--key", self.owner_key)
        return sealed["dataset"], str(data / "data.csv")

    def test_08_datahub(self):
        self.assertEqual(self.show("datahub.py"), [])
        campaign, answers = self.open_campaign()
        dataset, records = self.seal_dataset()
        node_key = str(self.folder / "super-1" / "data" / "node.key")
        self.ask("dataset", "offer", dataset, "--access", "open", "--key", self.owner_key)
        self.ask("dataset", "request", dataset, "--key", node_key)
        model = self.ask("model", "train", "--dataset", dataset, "--records", records, "--epochs",
                         "2", "--name", "net", "--out", str(self.folder / "net"), "--key",
                         node_key)["model"]
        self.ask("model", "deploy", model, "--node", "super-1", "--key", node_key)
        told = self.ask("dataset", "list")["datasets"][0]
        node = self.ask("status")["node_id"]
        self.assertEqual(self.show("datahub.py"), [
            f"campaign {campaign} label open, 0 of {answers} answers accepted",
            f"  batch 1: {answers} answers of 3 contributors",
            f"dataset {dataset} points 1.0.0, {told['samples_count']} samples, CC-BY-4.0, "
            "access open",
            f"model {model} net 1.0.0",
            f"  trained on {dataset}, CLAIMED",
            f"  stands on {node}"])

    def test_08b_annotate(self):
        consent, samples = self.folder / "consent", self.folder / "samples.jsonl"
        samples.write_text("".join(json.dumps({"sample": name, "content": f"about {name}"}) + "\n"
                                   for name in "abcd"))
        campaign = self.ask("campaign", "open", "--price", "0.01", "--budget", "1", "--reviewer",
                            self.alice, "--consent", str(consent), "--number", "1", "--key",
                            self.owner_key)["campaign"]
        self.ask("campaign", "queue", campaign, "--samples", str(samples), "--label", "yes",
                 "--label", "no", "--key", self.owner_key)
        key = str(self.folder / "alice.key")
        lines = self.show("annotate", self.endpoint, key, campaign, str(consent), "3")
        out = self.folder / "said.csv"
        self.ask("campaign", "answers", campaign, "--out", str(out), "--key", self.owner_key)
        said = [line.split(",") for line in out.read_text().splitlines()[1:]]
        self.assertEqual(lines, [f"{number} about {sample} is yes"
                                 for number, (sample, _, _) in enumerate(said, 1)])
        self.assertEqual({tuple(rest) for _, *rest in said}, {(self.alice, "yes")})
        self.assertEqual(len(lines), 3)
        failed = self.finish("annotate", self.endpoint, key, campaign, str(samples), "1")
        self.assertEqual(failed.returncode, 1)
        self.assertRegex(failed.stderr, "^NOT_ALLOWED: ")

    # Errors, streams, the operator's door ------------------------------------------------------

    def test_09_errors_have_their_words(self):
        self.assertEqual([line.split(":")[1].split()[1] for line in self.show("errors.py")],
                         ["NOT_FOUND", "BAD_ARGUMENT", "UNSUPPORTED_VERSION", "BAD_ARGUMENT",
                          "UNIMPLEMENTED", "UNAVAILABLE"])
        words = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "ERRORS.md").read_text(), re.M)
        for word in ("NOT_FOUND", "BAD_ARGUMENT", "UNSUPPORTED_VERSION"):
            self.assertIn(word, words)
        failed = self.finish("status.py", "--endpoint", "127.0.0.1:1")
        self.assertEqual(failed.returncode, 1)
        self.assertIn("UNAVAILABLE: ", failed.stderr)
        self.assertIn("no answer: ", self.finish("status", "127.0.0.1:1").stderr)

    def test_10_the_operators_socket(self):
        socket = self.network.environment["OORT_ADMIN_SOCKET_SUPER_1"]
        height = self.ask("status")["height"] + 2
        lines = self.show("admin", f"unix:{socket}", str(height))
        self.assertGreaterEqual(int(lines[0].removeprefix("height ")), height)
        total = self.ask("supply", "audit", "--socket", socket)["total"]
        self.assertEqual(lines[1], f"supply {total} base units, all accounted for")
        self.assertIn("committed_height", "\n".join(lines))

    def test_11_a_stream_of_blocks_outlives_the_node_that_sends_it(self):
        first, wanted = 3, self.ask("status")["height"] + 10
        count = wanted - first + 1
        lines = {name: self.show(name, *words) for name, words in (
            ("blocks.py", ["--from", str(first), "--count", "3"]),
            ("blocks", [self.endpoint, str(first), "3"]))}
        for shown in lines.values():
            for height, line in enumerate(shown, first):
                block = self.ask("block", str(height))
                self.assertEqual(line, f"{height} {block['block_id']} "
                                 f"{len(block['transactions'])} transactions")
        streams = [subprocess.Popen(self.words_of(name, *words), env=self.environment, text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                   for name, words in (
                       ("blocks.py", ["--from", str(first), "--count", str(count + 40)]),
                       ("blocks", [self.endpoint, str(first), str(count + 40)]))]
        try:
            heads = [[stream.stdout.readline() for _ in range(count)] for stream in streams]
            self.network.devnet("kill", "super-1")
            self.network.devnet("restart", "super-1")
            tails = [stream.communicate(timeout=SECONDS) for stream in streams]
        finally:
            for stream in streams:
                stream.kill()
                stream.wait()
        for head, (tail, problems) in zip(heads, tails):
            self.assertIn("again, after ", problems)
            heights = [int(line.split()[0]) for line in head + tail.splitlines()]
            self.assertEqual(heights, list(range(first, first + count + 40)))

    def start_light_node(self, folder, port, **certificate):
        """A node of another operator, whose gRPC door is open to every machine."""
        settings = {"api.listen": f"0.0.0.0:{port}", "operator.listen": "127.0.0.1:0",
                    "network.listen": "127.0.0.1:0", "log.file": str(folder / "log"),
                    **{f"api.{name}": value for name, value in certificate.items()}}
        return subprocess.Popen(
            [self.network.binary, "start", "--config", folder / "oortd.toml",
             *(f"--set={name}={value}" for name, value in settings.items())],
            stderr=subprocess.PIPE, text=True)

    def test_12_a_door_for_other_machines_speaks_tls(self):
        # An address that is every machine's own, and not loopback.
        folder, host, port = self.folder / "light", "0.0.0.0", free_port()
        endpoint = f"{host}:{port}"
        self.network.run("init", str(folder), "--role", "edge")
        (folder / "genesis.oort").write_bytes((self.folder / "genesis.oort").read_bytes())
        refused = self.start_light_node(folder, port)
        self.assertIn("needs a certificate", refused.communicate(timeout=SECONDS)[1])
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "1", "-subj",
             "/CN=oort", "-addext", f"subjectAltName=IP:{host}", "-keyout", folder / "door.key",
             "-out", folder / "door.pem"], check=True, capture_output=True)
        node = self.start_light_node(folder, port, certificate="door.pem", key="door.key")
        self.addCleanup(node.communicate)
        self.addCleanup(node.kill)
        trusting = {"OORT_CA": str(folder / "door.pem")}

        def status(environment):
            return subprocess.run(
                [self.network.binary, "status", "--json", "--grpc", endpoint], check=False,
                env=os.environ | environment, text=True, capture_output=True)

        await_true("the node is ready",
                   lambda: '"is_ready":true' in status(trusting).stdout, SECONDS)
        told = json.loads(status(trusting).stdout)
        self.assertTrue(told["is_light"])
        self.assertNotEqual(status({}).returncode, 0, "nobody vouches for the certificate")
        self.assertIn("NOT_FOUND", status({"OORT_CA": "/nowhere"}).stdout)
        self.assertNotEqual(self.finish("status", endpoint).returncode, 0, "in the clear")
        self.environment.update(trusting)
        self.addCleanup(self.environment.pop, "OORT_CA")
        for lines in (self.show("status.py", "--endpoint", endpoint),
                      self.show("status", endpoint)):
            self.assertIn(f"node {told['name']} edge {told['node_id']}", lines)
        failed = self.finish("economy.py", "--endpoint", endpoint)
        self.assertRegex(failed.stderr, "^NOT_SUPPORTED: ", "a light node has no listings")

    def test_13_every_service_is_called_by_an_example(self):
        sources = "\n".join(path.read_text() for path in (ROOT / "examples").rglob("*.*"))
        page = (ROOT / "docs" / "API.md").read_text()
        for proto in PROTOS.glob("oort/v1/*.proto"):
            for service in re.findall(r"^service (\w+)", proto.read_text(), re.M):
                with self.subTest(service):
                    self.assertRegex(sources, rf"\b{service}(Stub\(|::NewStub\()")
                    self.assertIn(f"`{service}`", page)
        for path in [*(ROOT / "examples").rglob("*.py"), *(ROOT / "examples").rglob("*.cpp")]:
            with self.subTest(path.name):
                self.assertIn(path.stem, page)



if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True, warnings="ignore")
