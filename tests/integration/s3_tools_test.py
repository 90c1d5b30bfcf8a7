# SPDX-License-Identifier: Apache-2.0
"""The AWS CLI, rclone, s3cmd, curl and raw sockets against an S3 endpoint."""
import filecmp
import hashlib
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import unittest
import uuid

import s3_endpoint

AWS = "/usr/bin/aws" if os.path.exists("/usr/bin/aws") else shutil.which("aws")


class Tool(unittest.TestCase):
    """Runs a program away from this user's configuration."""

    def setUp(self):
        self.endpoint = s3_endpoint.endpoint()
        self.environment = self.endpoint.environment()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="oort-s3-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.addCleanup(shutil.rmtree, self.environment["HOME"], ignore_errors=True)
        self.bucket = "t-" + uuid.uuid4().hex[:12]

    def run_tool(self, *words, ok=True):
        done = subprocess.run(list(map(str, words)), env=self.environment, cwd=self.folder,
                              capture_output=True, text=True, timeout=120)
        if ok:
            self.assertEqual(done.returncode, 0, f"{words}\n{done.stdout}\n{done.stderr}")
        else:
            self.assertNotEqual(done.returncode, 0, words)
        return done.stdout + done.stderr

    def make_tree(self):
        tree = self.folder / "tree"
        for name, size in (("empty", 0), ("one", 1), ("ünïcödé €.txt", 1000),
                           ("sub/a b+c&d", 70000), ("sub/deep/large", (12 << 20) + 7)):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes(os.urandom(size))
        return tree

    def assert_same(self, left, right):
        files = sorted(path.relative_to(left) for path in left.rglob("*") if path.is_file())
        found = sorted(path.relative_to(right) for path in right.rglob("*") if path.is_file())
        self.assertEqual(files, found)
        for name in files:
            self.assertTrue(filecmp.cmp(left / name, right / name, shallow=False), name)


@unittest.skipUnless(AWS, "the AWS CLI is not installed")
class AwsCli(Tool):
    def aws(self, *words, ok=True):
        return self.run_tool(AWS, "--endpoint-url", self.endpoint.url, *words, ok=ok)

    def test_files_come_back(self):
        tree = self.make_tree()
        self.aws("s3", "mb", f"s3://{self.bucket}")
        self.assertIn(self.bucket, self.aws("s3", "ls"))
        self.aws("s3", "cp", "--recursive", tree, f"s3://{self.bucket}/in/")
        self.assertIn("large", self.aws("s3", "ls", "--recursive", f"s3://{self.bucket}/in/"))
        self.aws("s3", "sync", f"s3://{self.bucket}/in/", self.folder / "out")
        self.assert_same(tree, self.folder / "out")
        self.aws("s3", "mv", f"s3://{self.bucket}/in/one", f"s3://{self.bucket}/moved")
        self.aws("s3", "cp", f"s3://{self.bucket}/in/sub/deep/large", f"s3://{self.bucket}/copy")
        self.aws("s3", "cp", f"s3://{self.bucket}/copy", self.folder / "copy")
        self.assertTrue(filecmp.cmp(tree / "sub/deep/large", self.folder / "copy", shallow=False))
        self.aws("s3", "rb", "--force", f"s3://{self.bucket}")
        self.assertNotIn(self.bucket, self.aws("s3", "ls"))

    def test_presigned_url_with_curl(self):
        (self.folder / "f").write_bytes(b"hello")
        self.aws("s3", "mb", f"s3://{self.bucket}")
        self.aws("s3", "cp", "f", f"s3://{self.bucket}/a b/ü")
        url = self.aws("s3", "presign", f"s3://{self.bucket}/a b/ü").strip()
        if shutil.which("curl"):
            self.assertEqual(self.run_tool("curl", "-sS", "--fail", url), "hello")
            broken = url.replace("Signature=", "Signature=0")
            self.run_tool("curl", "-sS", "--fail", broken, ok=False)

    def test_wrong_key_is_told(self):
        self.environment["AWS_SECRET_ACCESS_KEY"] = "wrong"
        self.assertIn("SignatureDoesNotMatch", self.aws("s3api", "list-buckets", ok=False))


@unittest.skipUnless(shutil.which("rclone"), "rclone is not installed")
class Rclone(Tool):
    def test_files_come_back(self):
        self.environment.update({
            "RCLONE_CONFIG_O_TYPE": "s3", "RCLONE_CONFIG_O_PROVIDER": "Other",
            "RCLONE_CONFIG_O_ENDPOINT": self.endpoint.url, "RCLONE_CONFIG_O_ENV_AUTH": "true",
            "RCLONE_CONFIG_O_REGION": s3_endpoint.REGION})
        tree = self.make_tree()
        remote = f"o:{self.bucket}/dir"
        self.run_tool("rclone", "mkdir", f"o:{self.bucket}")
        self.run_tool("rclone", "copy", "--s3-upload-cutoff", "5M", "--s3-chunk-size", "5M",
                      tree, remote)
        self.run_tool("rclone", "check", tree, remote)
        self.assertIn("sub/deep/large", self.run_tool("rclone", "ls", remote))
        self.run_tool("rclone", "copy", remote, self.folder / "out")
        self.assert_same(tree, self.folder / "out")
        self.run_tool("rclone", "move", remote, f"o:{self.bucket}/moved")
        self.run_tool("rclone", "check", tree, f"o:{self.bucket}/moved")
        self.run_tool("rclone", "purge", f"o:{self.bucket}")


@unittest.skipUnless(shutil.which("s3cmd"), "s3cmd is not installed")
class S3cmd(Tool):
    def s3cmd(self, *words):
        return self.run_tool(
            "s3cmd", "--no-ssl", f"--host={self.endpoint.host}",
            f"--host-bucket={self.endpoint.host}",
            f"--access_key={self.endpoint.access_key}", f"--secret_key={self.endpoint.secret_key}",
            "--no-progress", *words)

    def test_files_come_back(self):
        tree = self.make_tree()
        self.s3cmd("mb", f"s3://{self.bucket}")
        self.s3cmd("sync", "--multipart-chunk-size-mb=5", f"{tree}/", f"s3://{self.bucket}/in/")
        self.assertIn("in/sub/deep/large", self.s3cmd("ls", "--recursive", f"s3://{self.bucket}"))
        (self.folder / "out").mkdir()
        self.s3cmd("sync", f"s3://{self.bucket}/in/", f"{self.folder}/out/")
        self.assert_same(tree, self.folder / "out")
        self.s3cmd("cp", f"s3://{self.bucket}/in/one", f"s3://{self.bucket}/two")
        self.s3cmd("info", f"s3://{self.bucket}/two")
        self.s3cmd("rb", "--recursive", "--force", f"s3://{self.bucket}")


class Raw(Tool):
    """What no well-behaved client does."""

    def ask(self, *pieces):
        host, port = self.endpoint.host.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            for piece in pieces:
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        return answer

    def test_unsigned_and_broken_requests_are_refused(self):
        self.assertIn(b"AccessDenied", self.ask(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
        self.assertIn(b" 400 ", self.ask(b"GARBAGE\r\n\r\n"))
        self.assertIn(b"InvalidURI", self.ask(b"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n"))

    @unittest.skipUnless(shutil.which("curl"), "curl is not installed")
    def test_curl_signs_too(self):
        user = f"{self.endpoint.access_key}:{self.endpoint.secret_key}"
        (self.folder / "f").write_bytes(b"hello")
        digest = hashlib.sha256(b"").hexdigest()
        answer = self.run_tool("curl", "-sS", "--aws-sigv4", "aws:amz:us-east-1:s3", "--user", user,
                               "-H", f"x-amz-content-sha256: {digest}", self.endpoint.url + "/")
        self.assertIn("ListAllMyBucketsResult", answer)


if __name__ == "__main__":
    unittest.main()
