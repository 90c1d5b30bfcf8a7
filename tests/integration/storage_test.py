#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What operators and owners do with storage, on real processes: sealing on demand, repair paused
and stepped, scrubbing a damaged disk, and a gateway that was granted after the bucket was made."""
import json
import os
import pathlib
import random
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "drill"))
import boto3  # noqa: E402
import botocore.config  # noqa: E402
import botocore.exceptions  # noqa: E402

from local_network import Network, await_true  # noqa: E402
from operator_test import free_port  # noqa: E402


class StorageTest(unittest.TestCase):
    """One network for all cases; they run in the order of their names."""

    @classmethod
    def setUpClass(cls):
        cls.network = Network(archives=0, edges=0).__enter__()
        cls.addClassCleanup(cls.network.__exit__, None, None, None)
        cls.random = random.Random(11)
        cls.client = cls.network.client()
        cls.client.create_bucket(Bucket="photos")
        cls.files = {}

    def put(self, name, size):
        self.files[name] = self.random.randbytes(size)
        self.client.put_object(Bucket="photos", Key=name, Body=self.files[name])

    def assert_all_read_back(self, client):
        for name, content in self.files.items():
            body = client.get_object(Bucket="photos", Key=name)["Body"].read()
            self.assertEqual(body, content, name)

    def admin(self, *words, node=1, check=True):
        socket = self.network.environment[f"OORT_ADMIN_SOCKET_SUPER_{node}"]
        done = self.network.run(*words, "--admin-socket", socket, "--json", check=check)
        return json.loads(done.stdout)

    def storage(self, node=1):
        return self.network.status()[f"super-{node}"]["storage"]

    def test_01_open_segments_are_sealed_on_demand(self):
        # Else the background might be the one that seals.
        self.admin("repair", "pause")
        self.put("warm", 1_000)
        sealed = 0

        def is_sealed():
            # What an earlier life of the gateway submitted could be ordered for a while.
            nonlocal sealed
            sealed += self.admin("segment", "seal")["sealed_count"]
            return sealed > 0

        await_true("the open segment is sealed", is_sealed, 60)
        self.put("cold", 2_000)
        report = self.admin("segment", "seal")
        self.assertEqual((report["sealed_count"], report["failed_count"]), (1, 0), report)
        self.admin("repair", "resume")
        self.assert_all_read_back(self.network.client(2))

    def rot(self, node):
        """Inverts a bit in every 4,001st byte of a node's shards, under its feet."""
        volumes = pathlib.Path(self.network.dir).glob(f"super-{node}/data/shards/volumes/*")
        for volume in volumes:
            with open(volume, "r+b") as file:
                for at in range(1_000, volume.stat().st_size, 4_001):
                    file.seek(at)
                    byte = file.read(1)[0]
                    file.seek(at)
                    file.write(bytes([byte ^ 1]))

    def test_02_what_rotted_is_found_and_repaired_step_by_step(self):
        for i in range(4):
            self.put(f"large-{i}", 400_000)
        self.network.devnet("wait", "--durable", "--timeout", "100")
        for node in range(1, 5):
            self.assertTrue(self.admin("repair", "pause", node=node)["is_paused"])
        self.assertEqual(self.admin("repair", "step")["step"], "nothing")
        clean = self.admin("scrub", node=3)
        self.assertGreater(clean["shards_count"], 0)
        self.assertEqual((clean["damaged_count"], clean["unreadable_count"]), (0, 0))
        self.rot(3)
        rotten = self.admin("scrub", node=3)
        self.assertGreater(rotten["damaged_count"], 0)
        self.assertEqual(len(rotten["damaged"]), rotten["damaged_count"])
        await_true("the loss is seen", lambda: self.storage()["missing_shards_count"] > 0, 150)
        self.assertTrue(self.storage()["is_repair_paused"])
        step = self.admin("repair", "step")
        self.assertEqual(step["step"], "repaired", step)
        self.assertEqual(step["to"], self.network.status()["super-3"]["node_id"])
        for node in range(1, 5):
            self.assertFalse(self.admin("repair", "resume", node=node)["is_paused"])
        self.network.devnet("wait", "--durable", "--timeout", "150")
        self.assert_all_read_back(self.network.client(2))

    def test_03_an_admin_socket_is_needed(self):
        refused = self.network.run("scrub", "--admin-socket", "/nowhere", "--json", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("error", json.loads(refused.stdout))

    def make_account(self, name):
        key = os.path.join(self.network.folder, name + ".key")
        account = json.loads(self.network.run("keys", "new", key, "--json").stdout)["account"]
        owner = os.path.join(self.network.dir, "owner.key")
        self.oortd("transfer", "--key", owner, "--to", account, "--amount", "100")
        return key

    def oortd(self, *words, check=True):
        done = self.network.run(*words, "--dir", self.network.dir, "--json", check=check)
        return done.returncode, json.loads(done.stdout)

    def client_of(self, key, gateways, index):
        words = [word for node in gateways for word in ("--gateway", node)]
        made = self.oortd("accesskey", "create", "--key", key, *words)[1]
        config = botocore.config.Config(retries={"max_attempts": 1},
                                        s3={"addressing_style": "path"})
        return [boto3.client("s3", endpoint_url=self.network.s3_urls()[i],
                             aws_access_key_id=made["access_key_id"],
                             aws_secret_access_key=made["secret_access_key"],
                             region_name=self.network.environment["AWS_DEFAULT_REGION"],
                             config=config) for i in index]

    def test_04_a_gateway_granted_later_opens_the_bucket(self):
        nodes = [self.network.status()[f"super-{i}"]["node_id"] for i in (1, 2, 3)]
        alice = self.make_account("alice")
        self.oortd("grant", "create", "--key", alice, "--gateway", nodes[0])
        first, second, third = self.client_of(alice, nodes, (0, 1, 2))
        for bucket in ("diary", "letters"):
            first.create_bucket(Bucket=bucket)
            for name, size in (("small", 900), ("large", 200_000)):
                first.put_object(Bucket=bucket, Key=name, Body=b"a" * size)

        # The grant alone lets super-2 act; it brings the keys of the buckets with it.
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            second.get_object(Bucket="diary", Key="small")
        self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], 403)
        refused, error = self.oortd("bucket", "keys", "add", "diary", "--key", alice, "--gateway",
                                    nodes[1], check=False)
        self.assertNotEqual(refused, 0)
        self.assertIn("holds no grant", error["error"]["detail"])
        granted = self.oortd("grant", "create", "--key", alice, "--gateway", nodes[1])[1]
        self.assertEqual(granted["buckets"], [{"name": name, "is_shared": True, "why": ""}
                                              for name in ("diary", "letters")])
        for bucket in ("diary", "letters"):
            for name, size in (("small", 900), ("large", 200_000)):
                body = second.get_object(Bucket=bucket, Key=name)["Body"].read()
                self.assertEqual(body, b"a" * size)
            listed = second.list_objects_v2(Bucket=bucket)["Contents"]
            self.assertEqual([entry["Key"] for entry in listed], ["large", "small"])
        second.put_object(Bucket="diary", Key="back", Body=b"b")
        self.assertEqual(first.get_object(Bucket="diary", Key="back")["Body"].read(), b"b")

        # Through a gateway that has no key, the grant says so, and the command does it later.
        def grpc(index):
            return ["--grpc", self.network.status()[f"super-{index}"]["grpc_endpoint"]]

        granted = json.loads(self.network.run("grant", "create", "--key", alice, "--gateway",
                                              nodes[2], *grpc(4), "--json").stdout)
        self.assertFalse(any(bucket["is_shared"] for bucket in granted["buckets"]))
        self.assertIn("NOT_ALLOWED", granted["buckets"][0]["why"])
        self.network.run("bucket", "keys", "add", "letters", "--key", alice, "--gateway", nodes[2],
                         *grpc(2))
        self.assertEqual(third.get_object(Bucket="letters", Key="small")["Body"].read(), b"a" * 900)
        owner = os.path.join(self.network.dir, "owner.key")
        refused, error = self.oortd("bucket", "keys", "add", "letters", "--key", owner, "--gateway",
                                    nodes[2], check=False)
        self.assertNotEqual(refused, 0)
        self.assertIn("belongs to account", error["error"]["detail"])

    def test_05_clients_may_come_by_tls(self):
        data = pathlib.Path(self.network.dir) / "super-2" / "data"
        chain = data / "s3.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "1", "-subj", "/CN=oort", "-addext", "subjectAltName=IP:127.0.0.1",
             "-keyout", data / "s3.key", "-out", chain], check=True, capture_output=True)
        place = f"127.0.0.1:{free_port()}"
        settings = {"tls_listen": place, "certificate": "s3.pem", "key": "s3.key"}
        self.network.devnet("stop", "super-2")
        refused = self.network.restart("super-2", f"--set=s3.tls_listen={place}", check=False)
        self.assertIn("TLS needs both files", refused.stdout + refused.stderr)
        self.network.restart("super-2", *(f"--set=s3.{key}={value}"
                                          for key, value in settings.items()))

        client = self.network.client(url=f"https://{place}", verify=str(chain))
        self.assert_all_read_back(client)
        self.files["by-tls"] = self.random.randbytes(400_000)
        client.put_object(Bucket="photos", Key="by-tls", Body=self.files["by-tls"])
        upload = {"Bucket": "photos", "Key": "parts"}
        upload["UploadId"] = client.create_multipart_upload(**upload)["UploadId"]
        part = client.upload_part(**upload, PartNumber=1, Body=b"p" * 100_000)
        made = client.complete_multipart_upload(
            **upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
        self.assertEqual(made["Location"], f"https://{place}/photos/parts")
        self.files["parts"] = b"p" * 100_000
        # The door in the clear is where it was.
        self.assert_all_read_back(self.network.client(1))
        with self.assertRaises(botocore.exceptions.SSLError):
            self.network.client(url=f"https://{place}", verify=None).list_buckets()

        path = pathlib.Path(self.network.dir) / "by-tls"
        subprocess.run(
            ["/usr/bin/aws", "--endpoint-url", f"https://{place}", "--ca-bundle", chain, "s3", "cp",
             "--no-progress", "s3://photos/by-tls", path], check=True, capture_output=True,
            env=os.environ | self.network.environment)
        self.assertEqual(path.read_bytes(), self.files["by-tls"])


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True, warnings="ignore")
