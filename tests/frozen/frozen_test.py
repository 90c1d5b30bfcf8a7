#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What earlier builds stored, this one opens: each archive beside this file is a network that was
stopped; it is started here, must answer as it did, and must go on."""
import json
import os
import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "drill"))
sys.path.insert(0, str(HERE))
from frozen_network import facts_of, unpack  # noqa: E402
from local_network import Network  # noqa: E402

ARCHIVES = sorted(HERE.glob("*.tar.xz"))


class Taken(Network):
    """A network that is unpacked, not made."""

    def __init__(self, archive):
        super().__init__()
        self.facts = unpack(archive, pathlib.Path(self.dir))
        self.shape = []


class FrozenTest(unittest.TestCase):
    def test_there_is_an_archive_for_each_format(self):
        self.assertGreaterEqual(len(ARCHIVES), 1)

    def test_each_archive_answers_as_it_did_and_goes_on(self):
        for archive in ARCHIVES:
            with self.subTest(archive=archive.name), Taken(archive) as network:
                self.check_answers(network, network.facts)
                self.check_proof(network)
                self.check_goes_on(network, network.facts)

    def check_answers(self, network, facts):
        now = facts_of(network)
        self.assertEqual(now["objects"], facts["objects"])
        self.assertEqual(now["versions"], facts["versions"])
        where = ["--dir", network.dir, "--json"]
        account = network.run("account", "show", facts["account"], *where).stdout
        self.assertEqual(json.loads(account)["balance"], facts["balance"])
        block = network.run("block", str(facts["block"]["height"]), *where).stdout
        self.assertEqual(json.loads(block), facts["block"])

    def check_proof(self, network):
        verified = network.run("verify", os.path.join(network.dir, "object.proof"), "--genesis",
                               os.path.join(network.dir, "genesis.oort"))
        self.assertEqual(verified.returncode, 0)

    def check_goes_on(self, network, facts):
        client = network.client()
        client.put_object(Bucket="photos", Key="later", Body=b"later")
        self.assertEqual(client.get_object(Bucket="photos", Key="later")["Body"].read(), b"later")
        parts = client.list_parts(Bucket="photos", Key="never finished", UploadId=facts["upload"])
        client.complete_multipart_upload(
            Bucket="photos", Key="never finished", UploadId=facts["upload"],
            MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": parts["Parts"][0]["ETag"]}]})
        finished = client.get_object(Bucket="photos", Key="never finished")["Body"].read()
        self.assertEqual(finished, b"a part")
        network.devnet("wait", "--durable")


if __name__ == "__main__":
    unittest.main(verbosity=2)
