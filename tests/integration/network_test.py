#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A local network of real processes: S3, ledger and proofs together, while a node dies."""
import hashlib
import json
import os
import pathlib
import random
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "drill"))
import botocore.exceptions  # noqa: E402

from local_network import Network, await_true  # noqa: E402


class NetworkTest(unittest.TestCase):
    """One network for all cases; they run in the order of their names."""

    @classmethod
    def setUpClass(cls):
        cls.network = Network().__enter__()
        cls.addClassCleanup(cls.network.__exit__, None, None, None)
        cls.random = random.Random(7)
        cls.files = {}

    def put(self, client, name, size):
        body = self.random.randbytes(size)
        client.put_object(Bucket="photos", Key=name, Body=body)
        self.files[name] = hashlib.sha256(body).hexdigest()

    def assert_all_read_back(self, client):
        for name, digest in self.files.items():
            body = client.get_object(Bucket="photos", Key=name)["Body"].read()
            self.assertEqual(hashlib.sha256(body).hexdigest(), digest, name)

    def run_oortd(self, *arguments, check=True):
        return self.network.run(*arguments, check=check)

    def test_01_every_node_says_that_it_is_ready(self):
        status = self.network.status()
        self.assertEqual(sorted(status), ["archive-1", "edge-1", "super-1", "super-2", "super-3",
                                          "super-4"])
        for name, node in status.items():
            self.assertTrue(node and node["is_ready"], f"{name}: {node}")
        lines = self.network.devnet("status").splitlines()
        self.assertEqual(len(lines), 7, "a heading and one line a node")

    def test_02_aws_stores_and_reads_a_file(self):
        path = pathlib.Path(self.network.folder) / "file.bin"
        path.write_bytes(self.random.randbytes(20_000_000))
        back = path.with_suffix(".back")
        self.network.aws("s3", "mb", "s3://photos")
        self.network.aws("s3", "cp", "--no-progress", str(path), "s3://photos/big.bin")
        self.assertIn("big.bin", self.network.aws("s3", "ls", "s3://photos/"))
        self.network.aws("s3", "cp", "--no-progress", "s3://photos/big.bin", str(back))
        self.assertEqual(path.read_bytes(), back.read_bytes())
        self.files["big.bin"] = hashlib.sha256(path.read_bytes()).hexdigest()
        client = self.network.client()
        part = client.get_object(Bucket="photos", Key="big.bin", Range="bytes=8388000-8400000")
        self.assertEqual(part["Body"].read(), path.read_bytes()[8_388_000:8_400_001])

    def test_03_every_gateway_shows_what_any_of_them_stored(self):
        for i, size in enumerate([0, 1, 65_536, 65_537, 1_000_000]):
            self.put(self.network.client(i % 4), f"o{i}", size)
        for index in range(len(self.network.s3_urls())):
            client = self.network.client(index)
            self.assert_all_read_back(client)
            listed = client.list_objects_v2(Bucket="photos")["Contents"]
            self.assertEqual([entry["Key"] for entry in listed], sorted(self.files))

    def test_04_transfers_move_money_exactly(self):
        owner = os.path.join(self.network.dir, "owner.key")
        alice = os.path.join(self.network.folder, "alice.key")
        where = ["--dir", self.network.dir, "--json"]
        account = json.loads(self.run_oortd("keys", "new", alice, "--json").stdout)["account"]

        def balance(key):
            shown = self.run_oortd("account", "show", "--key", key, *where).stdout
            return int(json.loads(shown)["balance"])

        before = balance(owner)
        sent = json.loads(self.run_oortd("transfer", "--key", owner, "--to", account, "--amount",
                                         "12.5", *where).stdout)
        self.assertEqual(balance(alice), 12_500_000_000_000_000_000)
        self.assertEqual(before - balance(owner), balance(alice) + int(sent["fee"]))
        receipt = json.loads(self.run_oortd("transaction", sent["transaction_id"], *where).stdout)
        self.assertEqual(receipt["height"], sent["height"])
        block = json.loads(self.run_oortd("block", str(sent["height"]), *where).stdout)
        self.assertIn(sent["transaction_id"], block["transactions"])
        refused = self.run_oortd("transfer", "--key", alice, "--to", account, "--amount", "1000",
                                 *where, check=False)
        self.assertEqual(refused.returncode, 4, refused.stdout)
        self.assertIn("BalanceTooLow", refused.stdout)

    def test_05_proofs_hold_offline_and_only_unchanged(self):
        genesis = os.path.join(self.network.dir, "genesis.oort")
        # What was written a moment ago is in the state that a proof shows.
        self.put(self.network.client(), "fresh", 1_000)
        fresh = json.loads(self.run_oortd("proof", "object", "photos/fresh", "--dir",
                                          self.network.dir, "--out",
                                          os.path.join(self.network.folder, "fresh"),
                                          "--json").stdout)
        self.assertTrue(fresh["is_present"])
        for name, is_present in (("photos/big.bin", True), ("photos/nothing", False)):
            path = os.path.join(self.network.folder, "proof")
            self.run_oortd("proof", "object", name, "--dir", self.network.dir, "--out", path)
            shown = json.loads(self.run_oortd("verify", path, "--genesis", genesis,
                                              "--json").stdout)
            self.assertEqual(shown["is_present"], is_present)
            good = pathlib.Path(path).read_bytes()
            # The unit test of the bundle flips every byte; here a few through the program.
            for at in self.random.sample(range(len(good)), 12):
                bad = bytearray(good)
                bad[at] ^= 1 << self.random.randrange(8)
                pathlib.Path(path).write_bytes(bad)
                refused = self.run_oortd("verify", path, "--genesis", genesis, check=False)
                self.assertEqual(refused.returncode, 6, f"byte {at}: {refused.stdout}")
                self.assertIn("nothing is proven", refused.stderr)

    def claim(self, name, *flags):
        """What a proof of the object says to whoever verifies it."""
        path = os.path.join(self.network.folder, "claim")
        asked = json.loads(self.run_oortd("proof", "object", name, "--dir", self.network.dir,
                                          "--out", path, *flags, "--json").stdout)
        shown = json.loads(self.run_oortd(
            "verify", path, "--genesis", os.path.join(self.network.dir, "genesis.oort"),
            "--json").stdout)
        self.assertEqual(asked["claim"], shown["claim"])
        self.assertGreaterEqual(shown["certified_height"], shown["height"] + 1)
        return shown["claim"], len(shown["records"])

    def test_05_proofs_know_versions_and_delete_markers(self):
        client = self.network.client()
        client.create_bucket(Bucket="history")
        self.assertEqual(self.claim("history/page"), ("absent", 0))
        client.put_object(Bucket="history", Key="page", Body=b"before versions")
        client.put_bucket_versioning(Bucket="history",
                                     VersioningConfiguration={"Status": "Enabled"})
        client.put_object(Bucket="history", Key="page", Body=b"one")
        client.put_object(Bucket="history", Key="other", Body=b"stays")
        self.assertEqual(self.claim("history/page"), ("present", 1))
        client.delete_object(Bucket="history", Key="page")
        self.assertEqual(self.claim("history/page"), ("deleted", 1))
        self.assertEqual(self.claim("history/page", "--versions"), ("deleted", 3))
        self.assertEqual(self.claim("history/other"), ("present", 1))
        self.assertEqual(self.claim("history/nothing"), ("absent", 0))
        client.put_bucket_versioning(Bucket="history",
                                     VersioningConfiguration={"Status": "Suspended"})
        client.put_object(Bucket="history", Key="page", Body=b"null again")
        self.assertEqual(self.claim("history/page"), ("present", 1))
        client.delete_object(Bucket="history", Key="page")
        self.assertEqual(self.claim("history/page"), ("deleted", 1))
        # The marker took the null version's place.
        self.assertEqual(self.claim("history/page", "--versions"), ("deleted", 3))

    def test_06_an_operator_sees_metrics_and_health(self):
        import urllib.request
        status = self.network.status()["super-2"]
        base = "http://" + status["operator_endpoint"]
        metrics = urllib.request.urlopen(base + "/metrics").read().decode()
        self.assertIn("oort_chain_height", metrics)
        for page in ("/healthz", "/readyz"):
            self.assertEqual(urllib.request.urlopen(base + page).status, 200)
        socket = self.network.environment["OORT_ADMIN_SOCKET_SUPER_1"]
        dump = self.run_oortd("consensus", "--admin-socket", socket).stdout
        self.assertIn("view", dump)

    def test_07_one_node_may_die(self):
        self.network.devnet("kill", "super-3")
        client = self.network.client()
        self.assert_all_read_back(client)
        answer = client.put_object(Bucket="photos", Key="degraded", Body=b"d" * 200_000)
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        self.assertEqual(headers.get("x-oort-durability"), "degraded")
        self.files["degraded"] = hashlib.sha256(b"d" * 200_000).hexdigest()

    def test_08_without_a_quorum_writes_say_so_and_reads_go_on(self):
        self.network.devnet("kill", "super-4")
        client = self.network.client()
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            client.put_object(Bucket="photos", Key="refused", Body=b"r")
        response = caught.exception.response
        self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], 503)
        self.assertIn("quorum", response["Error"]["Message"])
        self.assert_all_read_back(client)

    def test_09_the_dead_come_back(self):
        for name in ("super-3", "super-4"):
            self.network.devnet("restart", name)
        self.put(self.network.client(2), "after", 300_000)
        self.assert_all_read_back(self.network.client(3))

    def test_10_everything_survives_a_kill_of_all(self):
        names = list(self.network.status())
        for name in names:
            self.network.devnet("kill", name)
        for name in names:
            self.assertIsNone(self.network.status()[name])
        self.network.devnet("up", "--detach")
        self.assert_all_read_back(self.network.client())

    def test_11_wiped_shards_are_built_anew(self):
        self.network.devnet("stop", "super-2")
        self.network.devnet("wipe", "super-2")
        self.network.devnet("restart", "super-2")

        def missing():
            output = self.run_oortd("segment", "missing", "--json", "--dir",
                                    self.network.dir).stdout
            return json.loads(output)["missing_shards"]

        await_true("no shard is missing", lambda: not missing(), 120)
        self.network.devnet("wait", "--durable", "--timeout", "100")
        self.network.devnet("kill", "super-1")
        self.assert_all_read_back(self.network.client(1))


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True, warnings="ignore")
