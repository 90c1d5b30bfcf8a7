#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A dataset that is sold on a live network, read by its buyer: with an access key of the buyer's
own, through S3's clients and through `oortd dataset fetch`, and nothing beside it."""
import contextlib
import json
import os
import pathlib
import random
import subprocess
import sys
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "drill"))
import boto3  # noqa: E402
import botocore.config  # noqa: E402
import botocore.exceptions  # noqa: E402

from datahub_test import CARD  # noqa: E402
from local_network import Network, tree_of  # noqa: E402

BUCKET = "shop"


class DatasetGrantsTest(unittest.TestCase):
    """One network for all cases; they run in the order of their names."""

    @classmethod
    def setUpClass(cls):
        cls.network = Network(archives=0, edges=0).__enter__()
        cls.addClassCleanup(cls.network.__exit__, None, None, None)
        cls.work = pathlib.Path(cls.network.dir) / "grants"
        cls.work.mkdir()
        cls.owner = str(pathlib.Path(cls.network.dir) / "owner.key")
        nodes = json.loads((pathlib.Path(cls.network.dir) / "network.json").read_text())["nodes"]
        cls.gateways = [node["node_id"] for node in nodes]
        cls.grpc = f"127.0.0.1:{nodes[2]['grpc_port']}"
        cls.clients = {}
        cls.buyer, cls.guest = (cls.person(name) for name in ("buyer", "guest"))
        cls.store_dataset()

    @classmethod
    def person(cls, name):
        """An account of its own with an access key of its own: {"key", "account", "variables"}."""
        key = str(cls.work / f"{name}.key")
        account = cls.network.json("keys", "new", key)["account"]
        cls.ask("transfer", "--to", account, "--amount", "200", "--key", cls.owner)
        return {"key": key, "account": account, "variables": cls.access_key(key, cls.gateways)}

    @classmethod
    def access_key(cls, key, gateways, *limits):
        """The variables of the environment by which AWS' clients, and oortd, find it."""
        named = [word for gateway in gateways for word in ("--gateway", gateway)]
        made = cls.ask("accesskey", "create", "--key", key, *named, *limits)
        return {"AWS_ENDPOINT_URL": cls.network.s3_urls()[2],
                "AWS_ACCESS_KEY_ID": made["access_key_id"],
                "AWS_SECRET_ACCESS_KEY": made["secret_access_key"],
                "AWS_DEFAULT_REGION": cls.network.environment["AWS_DEFAULT_REGION"]}

    @classmethod
    def store_dataset(cls):
        cls.data = cls.work / "signs"
        (cls.data / "images").mkdir(parents=True)
        rows = ["image,label"]
        for number, size in enumerate((1, 4_000, 70_000, 3_000_000)):
            name = f"images/{number}.png"
            (cls.data / name).write_bytes(random.Random(number).randbytes(size))
            rows.append(f"{name},{number % 2}")
        (cls.data / "data.csv").write_text("\n".join(rows) + "\n")
        card = dict(CARD, campaign="A test without a campaign.")
        (cls.work / "card.json").write_text(json.dumps(card))
        sealed = cls.ask(
            "dataset", "seal", str(cls.data), "--name", "signs", "--licence", "CC-BY-4.0",
            "--records", "data.csv", "--card", str(cls.work / "card.json"), "--bucket", BUCKET,
            "--key", cls.owner)
        cls.root = sealed["dataset"]
        cls.prefix = f"datasets/{cls.root}/"
        own = cls.network.client()
        cls.other = f"datasets/{'0' * 64}/data.csv"
        for name in ("private.txt", cls.other):
            own.put_object(Bucket=BUCKET, Key=name, Body=b"not for sale")

    @classmethod
    def ask(cls, *arguments):
        return cls.network.json(*arguments, "--dir", cls.network.dir)

    def run_as(self, who, *arguments, check=True):
        """As somebody who knows a node and a gateway, and has no folder of the network."""
        return self.network.run(*arguments, "--grpc", self.grpc, check=check,
                                environment=who["variables"])

    def ask_as(self, who, *arguments):
        return json.loads(self.run_as(who, *arguments, "--key", who["key"], "--json").stdout)

    def refused_as(self, who, *arguments):
        done = self.run_as(who, *arguments, "--key", who["key"], check=False)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        return done.stderr

    def client(self, who, index=0):
        """One for each access key and gateway."""
        variables = who["variables"]
        place = (variables["AWS_ACCESS_KEY_ID"], index)
        if place not in self.clients:
            self.clients[place] = self.new_client(variables, index)
        return self.clients[place]

    def new_client(self, variables, index):
        config = botocore.config.Config(retries={"max_attempts": 3, "mode": "standard"},
                                        s3={"addressing_style": "path"},
                                        signature_version="s3v4")
        return boto3.client("s3", endpoint_url=self.network.s3_urls()[index],
                            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
                            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
                            region_name=variables["AWS_DEFAULT_REGION"], config=config)

    @contextlib.contextmanager
    def denied(self, *words):
        """S3 says AccessDenied, and why."""
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            yield
        response = caught.exception.response
        self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], 403, response)
        if response["Error"]["Code"] != "403":  # HEAD has no words.
            self.assertEqual(response["Error"]["Code"], "AccessDenied")
            for word in words:
                self.assertIn(word, response["Error"]["Message"])

    def read(self, who, index=0):
        """Some file of the dataset."""
        answer = self.client(who, index).get_object(
            Bucket=BUCKET, Key=self.prefix + "files/data.csv")
        self.assertEqual(answer["Body"].read(), (self.data / "data.csv").read_bytes())

    def fetch(self, who, name):
        out = self.work / name
        arguments = ["dataset", "fetch", self.root, "--bucket", BUCKET, "--out", str(out)]
        return out, arguments

    def test_01_without_a_grant_nobody_reads(self):
        with self.denied("dataset request " + self.root):
            self.read(self.buyer)
        with self.denied("dataset request " + self.root):
            self.client(self.buyer).list_objects_v2(Bucket=BUCKET, Prefix=self.prefix)
        _, arguments = self.fetch(self.buyer, "without")
        self.assertIn("DatasetGrantMissing", self.refused_as(self.buyer, *arguments))
        self.assertIn("DatasetGrantMissing",
                      self.refused_as(self.buyer, "dataset", "open", self.root))

    def test_02_who_has_bought_opens_it(self):
        self.ask("dataset", "offer", self.root, "--access", "sold", "--price", "50", "--key",
                 self.owner)
        self.ask_as(self.buyer, "dataset", "request", self.root, "--price", "50")
        with self.denied("dataset open " + self.root):
            self.read(self.buyer)
        grant = self.ask_as(self.buyer, "dataset", "grant", self.root)
        self.assertEqual((grant["uses"], grant["open_until_ms"]), (0, 0))
        self.ask_as(self.buyer, "dataset", "open", self.root)
        grant = self.ask_as(self.buyer, "dataset", "grant", self.root)
        self.assertEqual(grant["uses"], 1)
        self.assertGreater(grant["open_until_ms"], 0)
        for index in range(len(self.gateways)):
            self.read(self.buyer, index)

    def test_03_every_file_is_read_by_s3s_clients(self):
        objects = self.client(self.buyer, 1)
        listed = []
        for page in objects.get_paginator("list_objects_v2").paginate(
                Bucket=BUCKET, Prefix=self.prefix, PaginationConfig={"PageSize": 3}):
            listed += [one["Key"] for one in page["Contents"]]
        first = objects.list_objects(Bucket=BUCKET, Prefix=self.prefix, Delimiter="/")
        self.assertEqual([one["Prefix"] for one in first["CommonPrefixes"]],
                         [self.prefix + "files/"])
        files = {self.prefix + "files/" + name: (self.data / name).read_bytes()
                 for name in tree_of(self.data)}
        self.assertEqual(sorted(files), [name for name in listed if "/files/" in name])
        self.assertEqual(len(listed), len(files) + 4)
        for name, content in files.items():
            got = objects.get_object(Bucket=BUCKET, Key=name)
            self.assertEqual(got["Body"].read(), content, name)
            head = objects.head_object(Bucket=BUCKET, Key=name)
            self.assertEqual((head["ContentLength"], head["ETag"]), (len(content), got["ETag"]))
        name, content = max(files.items(), key=lambda file: len(file[1]))
        part = objects.get_object(Bucket=BUCKET, Key=name, Range="bytes=1500000-2500000")
        self.assertEqual(part["Body"].read(), content[1_500_000:2_500_001])
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            objects.get_object(Bucket=BUCKET, Key=name, IfNoneMatch=part["ETag"])
        self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], 304)
        link = objects.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": name})
        with urllib.request.urlopen(link, timeout=60) as answer:
            self.assertEqual(answer.read(), content)
        out = self.work / "synced"
        subprocess.run(
            ["/usr/bin/aws", "--endpoint-url", self.network.s3_urls()[3], "s3", "sync",
             f"s3://{BUCKET}/{self.prefix}files/", str(out)], check=True, capture_output=True,
            timeout=300, env=dict(os.environ, **self.buyer["variables"]))
        self.assertEqual(tree_of(out), tree_of(self.data))

    def test_04_fetch_and_export_use_what_is_open(self):
        out, arguments = self.fetch(self.buyer, "fetched")
        self.ask_as(self.buyer, *arguments)
        self.assertEqual(tree_of(out), tree_of(self.data))
        table = self.work / "table.csv"
        self.ask_as(self.buyer, "dataset", "export", self.root, "--bucket", BUCKET, "--format",
                    "csv", "--out", str(table))
        self.assertEqual(table.read_text().split(), (self.data / "data.csv").read_text().split())
        # One day's reading, however often.
        self.assertEqual(self.ask_as(self.buyer, "dataset", "grant", self.root)["uses"], 1)

    def test_05_nothing_else_is_open(self):
        objects = self.client(self.buyer)
        name = self.prefix + "files/data.csv"
        for key in ("private.txt", self.other, self.prefix[:-1]):
            with self.denied():
                objects.get_object(Bucket=BUCKET, Key=key)
            with self.denied():
                objects.head_object(Bucket=BUCKET, Key=key)
        for prefix in ("", "datasets/", self.prefix[:-1], "private"):
            with self.denied():
                objects.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
            with self.denied():
                objects.list_objects(Bucket=BUCKET, Prefix=prefix)
        with self.denied():
            objects.list_object_versions(Bucket=BUCKET, Prefix=self.prefix)
        with self.denied():
            objects.get_object(Bucket=BUCKET, Key=name, VersionId="null")
        with self.denied():
            objects.put_object(Bucket=BUCKET, Key=name, Body=b"forged")
        with self.denied():
            objects.delete_object(Bucket=BUCKET, Key=name)
        with self.denied():
            objects.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": name}]})
        with self.denied():
            objects.copy_object(Bucket=BUCKET, Key=self.prefix + "copy",
                                CopySource={"Bucket": BUCKET, "Key": name})
        with self.denied():
            objects.create_multipart_upload(Bucket=BUCKET, Key=self.prefix + "parts")
        with self.denied():
            objects.put_object_acl(Bucket=BUCKET, Key=name, ACL="private")
        with self.denied():
            objects.put_object_tagging(Bucket=BUCKET, Key=name, Tagging={"TagSet": []})
        with self.denied():
            objects.put_bucket_versioning(Bucket=BUCKET,
                                          VersioningConfiguration={"Status": "Enabled"})
        with self.denied():
            objects.delete_bucket(Bucket=BUCKET)
        self.assertEqual([one["Name"] for one in objects.list_buckets()["Buckets"]], [])
        self.read(self.buyer)

    def test_06_an_access_key_reads_no_more_than_it_is_for(self):
        one = dict(self.buyer, variables=self.access_key(self.buyer["key"], self.gateways[:1]))
        self.read(one, 0)
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            self.read(one, 1)
        self.assertEqual(caught.exception.response["Error"]["Code"], "InvalidAccessKeyId")
        own = self.network.client()
        own.create_bucket(Bucket="elsewhere")
        numbers = {one["name"]: one["id"]
                   for one in self.ask("bucket", "list", "--key", self.owner)["buckets"]}
        limited = {name: dict(self.buyer, variables=self.access_key(
            self.buyer["key"], self.gateways, "--read-only", "--bucket", str(numbers[name])))
            for name in (BUCKET, "elsewhere")}
        self.read(limited[BUCKET])
        with self.denied("does not cover this bucket"):
            self.read(limited["elsewhere"])
        # Nobody reads by the grant of another.
        with self.denied("dataset request"):
            self.read(self.guest)
        _, arguments = self.fetch(self.guest, "borrowed")
        mixed = dict(self.buyer, variables=self.guest["variables"])
        self.assertIn("dataset request", self.refused_as(mixed, *arguments))

    def test_07_uses_are_counted_and_a_revocation_ends_them(self):
        decide = ["dataset", "decide", self.root, "--account", self.guest["account"], "--key",
                  self.owner]
        self.ask(*decide, "--uses", "1")
        out, arguments = self.fetch(self.guest, "guest")
        self.ask_as(self.guest, *arguments)
        self.assertEqual(tree_of(out), tree_of(self.data))
        self.assertIn("DatasetUsesSpent", self.refused_as(self.guest, "dataset", "open", self.root))
        # The day that was paid for is not over.
        self.ask_as(self.guest, *arguments)
        self.read(self.guest)
        self.ask(*decide, "--refuse")
        with self.denied("dataset request"):
            self.read(self.guest)

    def test_08_a_take_down_ends_it_for_all(self):
        self.read(self.buyer)
        (self.work / "notice").write_text("notice")
        self.ask("dataset", "take-down", self.root, "--notice", str(self.work / "notice"), "--key",
                 self.owner)
        for index in range(len(self.gateways)):
            with self.denied("taken down"):
                self.read(self.buyer, index)
        _, arguments = self.fetch(self.buyer, "gone")
        self.assertIn("DatasetTakenDown", self.refused_as(self.buyer, *arguments))
        own = self.network.client()
        self.assertEqual(own.get_object(Bucket=BUCKET, Key=self.prefix + "files/data.csv")
                         ["Body"].read(), (self.data / "data.csv").read_bytes())


if __name__ == "__main__":
    unittest.main()
