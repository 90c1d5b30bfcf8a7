# SPDX-License-Identifier: Apache-2.0
"""An S3 endpoint for the tests of stock clients: the test server, or one that already runs."""
import atexit
import os
import subprocess
import tempfile

ACCESS_KEY = "AKIDEXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
REGION = "us-east-1"


class Endpoint:
    """Where clients go. `OORT_S3_SERVER` names the test server's binary; without it the usual
    variables (AWS_ENDPOINT_URL and the keys) name a running endpoint."""

    def __init__(self):
        self.process = None
        binary = os.environ.get("OORT_S3_SERVER")
        if not binary:
            self.url = os.environ["AWS_ENDPOINT_URL"]
            self.access_key = os.environ["AWS_ACCESS_KEY_ID"]
            self.secret_key = os.environ["AWS_SECRET_ACCESS_KEY"]
            return
        self.process = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{port}"
        self.access_key, self.secret_key = ACCESS_KEY, SECRET_KEY
        atexit.register(self.stop)

    def stop(self):
        """The server ends with its standard input."""
        if self.process:
            self.process.stdin.close()
            self.process.wait(timeout=30)
            self.process.stdout.close()
            self.process = None

    def environment(self):
        """For clients that read AWS' variables, away from any configuration of this user."""
        home = tempfile.mkdtemp(prefix="oort-s3-")
        return {
            "PATH": os.environ["PATH"], "HOME": home, "LC_ALL": "C.UTF-8",
            "AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": self.url,
        }

    @property
    def host(self):
        return self.url.split("://", 1)[1]


_ENDPOINT = None


def endpoint():
    """The one endpoint of this process."""
    global _ENDPOINT
    if _ENDPOINT is None:
        _ENDPOINT = Endpoint()
    return _ENDPOINT
