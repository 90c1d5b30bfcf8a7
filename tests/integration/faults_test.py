#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What goes wrong is told with a stable code and says what to do: each case is a row of
docs/FAULTS.md."""
import contextlib
import ctypes
import datetime
import http.client
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import threading
import unittest
import unittest.mock
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "drill"))
import botocore.auth  # noqa: E402
import botocore.awsrequest  # noqa: E402
import botocore.credentials  # noqa: E402
import botocore.exceptions  # noqa: E402

from local_network import Network  # noqa: E402

EXIT_FAILURE = 1
EXIT_NOT_FOUND = 3
EXIT_CONFIGURATION = 7
EXIT_DATA_LOSS = 8

HTTP2_PREFACE_BYTES = 24
HTTP2_HEADER_BYTES = 9
HTTP2_DATA = 0
# Longer than any request but one with a transaction.
SMALL_REQUEST_BYTES = 150


def copy(source, target, change=lambda frame: frame, preface_bytes=0):
    """HTTP/2 frames of one direction, each as `change` gives it back, until an end closes."""
    def take(count):
        nonlocal buffer
        while len(buffer) < count:
            piece = source.recv(65536)
            if not piece:
                raise ConnectionError
            buffer += piece
        taken, buffer = buffer[:count], buffer[count:]
        return taken

    buffer = b""
    with contextlib.suppress(OSError):
        target.sendall(take(preface_bytes))
        while True:
            header = take(HTTP2_HEADER_BYTES)
            target.sendall(change(header + take(int.from_bytes(header[:3], "big"))))


def change_transaction(frame):
    """One byte of the signature, which only the count of bodies follows."""
    is_transaction = (frame[3] == HTTP2_DATA
                      and len(frame) > HTTP2_HEADER_BYTES + SMALL_REQUEST_BYTES)
    return frame[:-9] + bytes([frame[-9] ^ 1]) + frame[-8:] if is_transaction else frame


@contextlib.contextmanager
def changing_proxy(host, port):
    """Where a gRPC client finds the server at `host:port`, with its transactions changed."""
    with socket.create_server(("127.0.0.1", 0)) as door, contextlib.ExitStack() as open_sockets:
        def serve():
            with contextlib.suppress(OSError):
                while True:
                    client = open_sockets.enter_context(door.accept()[0])
                    server = open_sockets.enter_context(socket.create_connection((host, port)))
                    for arguments in ((client, server, change_transaction, HTTP2_PREFACE_BYTES),
                                      (server, client)):
                        threading.Thread(target=copy, args=arguments, daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{door.getsockname()[1]}"
        door.shutdown(socket.SHUT_RDWR)


def enter_own_mounts():
    """From here on this process and its children mount for themselves alone. Whether it may."""
    clone_newns = 0x20000
    if ctypes.CDLL(None).unshare(clone_newns) != 0:
        return False
    return subprocess.run(["mount", "--make-rprivate", "/"], check=False).returncode == 0


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

    def test_wrong_signature_of_a_transaction(self):
        """One byte changes between the client and the node."""
        transfer = ["transfer", "--key", os.path.join(self.network.dir, "owner.key"), "--to",
                    "0" * 40, "--amount", "1"]
        grpc = self.network.environment["OORT_GRPC"]
        host, port = grpc.rsplit(":", 1)
        with changing_proxy(host, int(port)) as proxy:
            refused = self.network.run(*transfer, "--grpc", proxy, check=False)
        self.assertEqual(refused.returncode, EXIT_FAILURE, refused.stdout)
        self.assertIn("BAD_SIGNATURE", refused.stderr)
        self.network.run(*transfer, "--grpc", grpc)

    def test_skewed_clock(self):
        hour = datetime.timedelta(hours=1)
        status, code, message = self.signed("GET", "/faults",
                                            at=datetime.datetime.utcnow() - hour)
        self.assertEqual((status, code), (403, "RequestTimeTooSkewed"))
        self.assertTrue(message)

    def test_unknown_bucket_and_key(self):
        self.assertEqual(self.signed("GET", "/nowhere")[:2], (404, "NoSuchBucket"))
        self.assertEqual(self.signed("GET", "/faults/nothing")[:2], (404, "NoSuchKey"))
        for words in (["proof", "object", "nowhere/x", "--out", os.devnull],
                      ["transaction", "0" * 64], ["block", "999999999"]):
            unknown = self.network.run(*words, "--dir", self.network.dir, check=False)
            self.assertEqual(unknown.returncode, EXIT_NOT_FOUND, words)
            self.assertIn("NOT_FOUND", unknown.stderr)

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


class FullDiskTest(unittest.TestCase):
    """A disk that is really full: a small one, where this process may mount it."""

    def check(self, network):
        client = network.client()
        kept, bodies = {}, 0
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            while bodies < 100:
                name, body = f"o{bodies}", os.urandom(3_000_000)
                client.put_object(Bucket="full", Key=name, Body=body)
                kept[name] = body
                bodies += 1
        response = caught.exception.response
        self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], 503)
        self.assertRegex(response["Error"]["Message"], "disk|space")
        for name, body in kept.items():
            read = client.get_object(Bucket="full", Key=name)["Body"].read()
            self.assertEqual(read, body, name)
        return kept

    def test_real_enospc(self):
        if not enter_own_mounts():
            return self.enospc_by_failpoint()
        with Network(supers=1, archives=0, edges=0) as network:
            network.client().create_bucket(Bucket="full")
            node = pathlib.Path(network.dir) / "super-1"
            network.devnet("stop", "super-1")
            config = (node / "config.toml").read_text()
            (node / "config.toml").write_text(
                re.sub("reserve_bytes = .*", "reserve_bytes = 0", config))
            volumes = node / "data" / "shards" / "volumes"
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", volumes], check=True)
            try:
                self.fill_and_enlarge(network, volumes)
            finally:
                network.devnet("down")
                subprocess.run(["umount", volumes], check=True)

    def fill_and_enlarge(self, network, volumes):
        network.devnet("restart", "super-1")
        kept = self.check(network)
        self.assertTrue(kept, "nothing fitted the disk")
        subprocess.run(["mount", "-o", "remount,size=200m", volumes], check=True)
        network.devnet("restart", "super-1")
        client = network.client()
        client.put_object(Bucket="full", Key="again", Body=b"a" * 3_000_000)
        for name, body in kept.items():
            self.assertEqual(client.get_object(Bucket="full", Key=name)["Body"].read(), body)

    def enospc_by_failpoint(self):
        with Network(supers=1, archives=0, edges=0, program="oortd-test") as network:
            network.client().create_bucket(Bucket="full")
            network.restart("super-1", "--failpoint", "shards.append=enospc@20")
            self.check(network)
            network.restart("super-1")
            network.client().put_object(Bucket="full", Key="again", Body=b"a" * 3_000_000)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
