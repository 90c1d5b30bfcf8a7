// SPDX-License-Identifier: Apache-2.0
// The AWS SDK for JavaScript, whose defaults are those of a modern client: CRC32 in a trailer.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import { Readable } from "node:stream";
import test from "node:test";

import {
  CreateBucketCommand, DeleteBucketCommand, DeleteObjectsCommand, GetObjectCommand,
  HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const s3 = new S3Client({
  endpoint: process.env.AWS_ENDPOINT_URL,
  region: process.env.AWS_REGION,
  forcePathStyle: true,
  maxAttempts: 1,
});
const Bucket = "js-" + crypto.randomUUID().slice(0, 12);

const bytesOf = async (answer) => Buffer.from(await answer.Body.transformToByteArray());

test("the SDK's objects come back", async () => {
  await s3.send(new CreateBucketCommand({ Bucket }));
  const keys = ["plain", "a b/ü€+&", "dir/"];
  for (const Key of keys) {
    const Body = crypto.randomBytes(70_000);
    const put = await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    assert.ok(put.ChecksumCRC32, "the default checksum is returned");
    const got = await s3.send(new GetObjectCommand({ Bucket, Key }));
    assert.deepEqual(await bytesOf(got), Body);
    assert.equal(got.ChecksumCRC32, put.ChecksumCRC32);
    assert.equal(got.ContentEncoding, undefined, "framing leaves no trace");
  }
  const listed = await s3.send(new ListObjectsV2Command({ Bucket }));
  assert.deepEqual(listed.Contents.map((entry) => entry.Key), [...keys].sort());
});

test("streams of unknown hash are stored without their framing", async () => {
  for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]) {
    if (ChecksumAlgorithm === "CRC64NVME") continue; // Needs another package of the SDK.
    const bytes = crypto.randomBytes(300_000);
    const Body = Readable.from([bytes.subarray(0, 100_000), bytes.subarray(100_000)]);
    await s3.send(new PutObjectCommand({
      Bucket, Key: "stream", Body, ContentLength: bytes.length, ChecksumAlgorithm,
    }));
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: "stream" }));
    assert.deepEqual(await bytesOf(got), bytes, ChecksumAlgorithm);
  }
});

test("the upload manager's parts come back", async () => {
  const Body = crypto.randomBytes((11 << 20) + 3);
  await new Upload({ client: s3, params: { Bucket, Key: "large", Body } }).done();
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "large" }));
  assert.deepEqual(await bytesOf(got), Body);
});

test("conditions, errors and presigned URLs", async () => {
  await assert.rejects(
    s3.send(new PutObjectCommand({ Bucket, Key: "plain", Body: "x", IfNoneMatch: "*" })),
    { name: "PreconditionFailed" });
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket, Key: "missing" })),
                       { name: "NoSuchKey" });
  await assert.rejects(s3.send(new HeadObjectCommand({ Bucket, Key: "missing" })),
                       { name: "NotFound" });
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: "plain" }));
  const fetched = await fetch(url);
  assert.equal(fetched.status, 200);
  assert.equal((await fetched.arrayBuffer()).byteLength, 70_000);
});

test("many objects are deleted at once", async () => {
  const listed = await s3.send(new ListObjectsV2Command({ Bucket }));
  const Objects = listed.Contents.map(({ Key }) => ({ Key }));
  const deleted = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  assert.equal(deleted.Deleted.length, Objects.length);
  await s3.send(new DeleteBucketCommand({ Bucket }));
});
