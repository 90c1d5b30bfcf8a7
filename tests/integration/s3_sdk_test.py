# SPDX-License-Identifier: Apache-2.0
"""Installs the pinned AWS SDK for JavaScript into a folder of the build and runs its tests."""
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

import s3_endpoint

HERE = pathlib.Path(__file__).resolve().parent


def node_version():
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return 0
    text = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    return int(text.strip().lstrip("v").split(".")[0])


@unittest.skipIf(node_version() < 18, "node 18 and npm are not installed")
class JavaScriptSdk(unittest.TestCase):
    def test_modern_client(self):
        folder = pathlib.Path(os.environ.get("OORT_NPM_FOLDER", "build/npm"))
        folder.mkdir(parents=True, exist_ok=True)
        lock = HERE / "package-lock.json"
        installed = folder / "installed.json"
        if not installed.exists() or installed.read_bytes() != lock.read_bytes():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, folder / name)
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder,
                           check=True, timeout=300)
            shutil.copy(lock, installed)
        shutil.copy(HERE / "s3_sdk_test.mjs", folder / "s3_sdk_test.mjs")
        environment = dict(os.environ, **s3_endpoint.endpoint().environment())
        done = subprocess.run(["node", "--test", "s3_sdk_test.mjs"], cwd=folder, env=environment,
                              capture_output=True, text=True, timeout=120)
        sys.stdout.write(done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
