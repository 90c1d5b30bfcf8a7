#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What goes wrong is told with a stable code and says what to do: each case is a row of
docs/FAULTS.md."""
import datetime
import http.client
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import unittest
import unittest.mock
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "drill"))
import botocore.auth  # noqa: E402
import botocore.awsrequest  # noqa: E402
import botocore.credentials  # noqa: E402

from local_network import Network  # noqa: E402

EXIT_CONFIGURATION = 7
EXIT_DATA_LOSS = 8


class FaultsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = Network(supers=1, archives=0, edges=0).__enter__()
        cls.addClassCleanup(cls.network.__exit__, None, None, None)
        cls.network.client().create_bucket(Bucket="faults")
        cls.node = pathlib.Path(cls.network.dir) / "super-1"

    def signed(self, method, path, body=b"", secret=None, at=None):
        """Status, S3 code and message of a request signed by hand."""
        environment = self.network.environment
        url = environment["AWS_ENDPOINT_URL"] + path
        request = botocore.awsrequest.AWSRequest(method=method, url=url, data=body)
        credentials = botocore.credentials.Credentials(
            environment["AWS_ACCESS_KEY_ID"], secret or environment["AWS_SECRET_ACCESS_KEY"])
        auth = botocore.auth.S3SigV4Auth(credentials, "s3", environment["AWS_DEFAULT_REGION"])
        with unittest.mock.patch("botocore.auth.datetime") as clock:
            clock.datetime.utcnow.return_value = at or datetime.datetime.utcnow()
            auth.add_auth(request)
        target = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(target.netloc, timeout=20)
        connection.request(method, f"{target.path}?{target.query}" if target.query else target.path,
                           body=body, headers=dict(request.headers.items()))
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
        connection.close()
        code = re.search("<Code>(.*?)</Code>", text)
        message = re.search("<Message>(.*?)</Message>", text)
        return response.status, code and code[1], message and message[1]

    def start(self, *arguments):
        """Runs a node that must fail to start; its exit code and what it said."""
        done = subprocess.run(
            [self.network.binary, "start", "--config", str(self.node / "config.toml"), *arguments],
            capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stderr

    def test_wrong_signature(self):
        status, code, _ = self.signed("GET", "/faults", secret="x" * 40)
        self.assertEqual((status, code), (403, "SignatureDoesNotMatch"))

    def test_skewed_clock(self):
        hour = datetime.timedelta(hours=1)
        status, code, message = self.signed("GET", "/faults",
                                            at=datetime.datetime.utcnow() - hour)
        self.assertEqual((status, code), (403, "RequestTimeTooSkewed"))
        self.assertTrue(message)

    def test_unknown_bucket_and_key(self):
        self.assertEqual(self.signed("GET", "/nowhere")[:2], (404, "NoSuchBucket"))
        self.assertEqual(self.signed("GET", "/faults/nothing")[:2], (404, "NoSuchKey"))

    def test_bad_xml(self):
        status, code, _ = self.signed("POST", "/faults?delete", body=b"<Delete><oops>")
        self.assertEqual((status, code), (400, "MalformedXML"))

    def test_truncated_body(self):
        client = self.network.client()
        url = client.generate_presigned_url("put_object", {"Bucket": "faults", "Key": "short"})
        target = urllib.parse.urlsplit(url)
        with socket.create_connection((target.hostname, target.port), timeout=20) as connection:
            connection.sendall(
                f"PUT {target.path}?{target.query} HTTP/1.1\r\nHost: {target.netloc}\r\n"
                "Content-Length: 1000\r\n\r\nonly this".encode())
            connection.shutdown(socket.SHUT_WR)
            connection.recv(65536)
        self.assertEqual(self.signed("GET", "/faults/short")[:2], (404, "NoSuchKey"))

    def test_unknown_config_key(self):
        code, said = self.start("--set", "log.levle=debug")
        self.assertEqual(code, EXIT_CONFIGURATION)
        self.assertIn("UNKNOWN_CONFIG_KEY", said)
        self.assertIn("log.level", said)

    def test_second_process(self):
        code, said = self.start()
        self.assertEqual(code, EXIT_CONFIGURATION)
        self.assertIn("ALREADY_RUNNING", said)

    def copy_of_data(self, name):
        """The stopped node's data, for a process of its own."""
        folder = pathlib.Path(self.network.folder) / name
        shutil.copytree(self.node / "data", folder)
        return folder

    def test_stopped_node_says_what_keeps_it_from_starting(self):
        client = self.network.client()
        client.put_object(Bucket="faults", Key="kept", Body=b"k" * 300_000)
        self.network.devnet("wait", "--durable", "--timeout", "60")
        self.network.devnet("stop", "super-1")
        try:
            self.port_in_use()
            self.wrong_genesis()
            self.corrupt_wal()
            self.full_disk()
        finally:
            self.network.devnet("restart", "super-1")

    def port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            code, said = self.start("--set", f"s3.listen=127.0.0.1:{port}")
        self.assertEqual(code, EXIT_CONFIGURATION, said)
        self.assertIn("PORT_IN_USE", said)
        self.assertIn(str(port), said)

    def wrong_genesis(self):
        with Network(supers=1, archives=0, edges=0) as other:
            genesis = os.path.join(other.dir, "genesis.oort")
            code, said = self.start("--set", f"node.genesis_file={genesis}")
        self.assertEqual(code, EXIT_CONFIGURATION, said)
        self.assertIn("WRONG_GENESIS", said)

    def corrupt_wal(self):
        data = self.copy_of_data("wal")
        log = max((data / "votes").iterdir(), key=lambda path: path.stat().st_size)
        content = bytearray(log.read_bytes())
        content[len(content) // 3] ^= 1
        log.write_bytes(content)
        code, said = self.start("--set", f"node.data_folder={data}")
        self.assertEqual(code, EXIT_DATA_LOSS, said)
        self.assertIn("CORRUPT_WAL", said)

    def full_disk(self):
        """Less than the reserve is left: reading goes on, writing is refused by name."""
        config = self.node / "config.toml"
        before = config.read_text()
        config.write_text(re.sub("reserve_bytes = .*", f"reserve_bytes = {1 << 49}", before))
        try:
            self.network.devnet("restart", "super-1")
            status, code, message = self.signed("PUT", "/faults/more", body=b"m" * 300_000)
            self.assertEqual(status, 503, (code, message))
            self.assertIn("disk", message)
            client = self.network.client()
            self.assertEqual(client.get_object(Bucket="faults", Key="kept")["Body"].read(),
                             b"k" * 300_000)
            self.network.devnet("stop", "super-1")
        finally:
            config.write_text(before)

    def test_zz_corrupt_shard(self):
        """One node, one copy: damage cannot be read around, and is never served."""
        client = self.network.client()
        body = os.urandom(300_000)
        client.put_object(Bucket="faults", Key="damaged", Body=body)
        self.network.devnet("stop", "super-1")
        volumes = self.node / "data" / "shards" / "volumes"
        newest = max(volumes.iterdir(), key=lambda path: path.stat().st_mtime)
        content = newest.read_bytes()
        for at in range(len(content) - 250_000, len(content) - 50_000, 1_000):
            content = content[:at] + bytes([content[at] ^ 1]) + content[at + 1:]
        newest.write_bytes(content)
        self.network.devnet("restart", "super-1")
        try:
            read = client.get_object(Bucket="faults", Key="damaged")["Body"].read()
            self.assertNotEqual(read, body, "the damage was not where it was meant to be")
            self.fail("damaged bytes were served")
        except Exception as problem:  # noqa: B902: a broken connection or an S3 error, both fine
            if isinstance(problem, AssertionError):
                raise
        lost = self.network.run("segment", "missing", "--dir", self.network.dir).stdout
        self.assertTrue(lost)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
