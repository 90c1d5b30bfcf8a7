# SPDX-License-Identifier: Apache-2.0
"""boto3 against an S3 endpoint: objects, listings, versions, multipart, checksums, errors."""
import hashlib
import io
import os
import unittest
import urllib.request
import uuid

import s3_endpoint

try:
    import boto3
    import botocore
    from botocore.config import Config
    from botocore.exceptions import ClientError
except ImportError:
    boto3 = None

MODERN = boto3 is not None and tuple(map(int, boto3.__version__.split(".")[:2])) >= (1, 36)
ODD_KEYS = ["plain", "with space", "plus+and&and=", "ünïcödé/€/漢字/🎉", "a//b", "/leading",
            "trailing/", "percent%41%2F", "quote\"'<>&", "tab\tnew\nline", "dot/./../dot",
            "~tilde!*()", "k" * 1024]


def client(**options):
    endpoint = s3_endpoint.endpoint()
    return boto3.client(
        "s3", endpoint_url=endpoint.url, aws_access_key_id=endpoint.access_key,
        aws_secret_access_key=options.pop("secret", endpoint.secret_key),
        region_name=s3_endpoint.REGION,
        config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}, **options))


@unittest.skipIf(boto3 is None, "boto3 is not installed")
class Boto3(unittest.TestCase):
    def setUp(self):
        self.s3 = client()
        self.bucket = "b-" + uuid.uuid4().hex[:12]
        self.s3.create_bucket(Bucket=self.bucket)

    def put(self, key, body, **more):
        return self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, **more)

    def get(self, key, **more):
        return self.s3.get_object(Bucket=self.bucket, Key=key, **more)["Body"].read()

    def fails(self, code, call, **arguments):
        with self.assertRaises(ClientError) as raised:
            call(**arguments)
        self.assertEqual(raised.exception.response["Error"]["Code"], code)
        return raised.exception.response

    def test_round_trips_of_all_sizes(self):
        for size in (0, 1, 4096, 65536, 65537, 1 << 20, (5 << 20) + 1):
            body = os.urandom(size)
            put = self.put(f"size-{size}", body)
            self.assertEqual(put["ETag"], '"%s"' % hashlib.md5(body).hexdigest())
            self.assertEqual(self.get(f"size-{size}"), body)
            head = self.s3.head_object(Bucket=self.bucket, Key=f"size-{size}")
            self.assertEqual(head["ContentLength"], size)

    def test_nothing_and_then_something_on_one_connection(self):
        """botocore expects a 100 before either body."""
        self.s3 = client(max_pool_connections=1, read_timeout=10)
        for i in range(3):
            self.put(f"nothing-{i}", b"")
            self.put(f"something-{i}", b"x" * 4000)
            self.assertEqual(self.get(f"something-{i}"), b"x" * 4000)

    def test_odd_keys(self):
        for key in ODD_KEYS:
            self.put(key, key.encode())
        for key in ODD_KEYS:
            self.assertEqual(self.get(key), key.encode(), key)
        listed = [entry["Key"] for entry in self.s3.list_objects_v2(Bucket=self.bucket)["Contents"]]
        self.assertEqual(listed, sorted(ODD_KEYS, key=lambda key: key.encode()))
        listed = [entry["Key"] for entry in self.s3.list_objects(Bucket=self.bucket)["Contents"]]
        self.assertEqual(listed, sorted(ODD_KEYS, key=lambda key: key.encode()))
        self.s3.delete_objects(Bucket=self.bucket,
                               Delete={"Objects": [{"Key": key} for key in ODD_KEYS]})
        self.assertNotIn("Contents", self.s3.list_objects_v2(Bucket=self.bucket))

    def test_metadata_and_overrides(self):
        self.put("m", b"x", ContentType="text/plain", CacheControl="no-cache",
                 ContentDisposition="inline", ContentLanguage="en", ContentEncoding="identity",
                 Metadata={"colour": "blue"}, StorageClass="STANDARD_IA", Tagging="a=b&c=d")
        head = self.s3.head_object(Bucket=self.bucket, Key="m")
        self.assertEqual(head["Metadata"], {"colour": "blue"})
        self.assertEqual((head["ContentType"], head["CacheControl"], head["ContentDisposition"]),
                         ("text/plain", "no-cache", "inline"))
        self.assertEqual((head["ContentLanguage"], head["ContentEncoding"], head["StorageClass"]),
                         ("en", "identity", "STANDARD_IA"))
        got = self.s3.get_object(Bucket=self.bucket, Key="m", ResponseContentType="image/png",
                                 ResponseContentDisposition='attachment; filename="ä.png"')
        self.assertEqual(got["ContentType"], "image/png")
        self.assertEqual(self.s3.get_object_tagging(Bucket=self.bucket, Key="m")["TagSet"],
                         [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}])
        self.s3.put_object_tagging(Bucket=self.bucket, Key="m",
                                   Tagging={"TagSet": [{"Key": "e", "Value": ""}]})
        self.assertEqual(self.s3.get_object_tagging(Bucket=self.bucket, Key="m")["TagSet"],
                         [{"Key": "e", "Value": ""}])
        self.s3.delete_object_tagging(Bucket=self.bucket, Key="m")
        self.assertEqual(self.s3.get_object_tagging(Bucket=self.bucket, Key="m")["TagSet"], [])

    def test_ranges(self):
        self.put("r", bytes(range(100)))
        for text, expected in (("bytes=0-0", range(1)), ("bytes=10-19", range(10, 20)),
                               ("bytes=90-", range(90, 100)), ("bytes=-5", range(95, 100)),
                               ("bytes=50-1000", range(50, 100))):
            self.assertEqual(self.get("r", Range=text), bytes(expected))
        self.fails("InvalidRange", self.s3.get_object, Bucket=self.bucket, Key="r",
                   Range="bytes=100-")

    def test_listing_pages(self):
        keys = sorted(f"p/{number:04d}" for number in range(1200))
        for key in keys:
            self.put(key, b"")
        pages = list(self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket))
        self.assertEqual([page["KeyCount"] for page in pages], [1000, 200])
        self.assertEqual([entry["Key"] for page in pages for entry in page["Contents"]], keys)
        pages = list(self.s3.get_paginator("list_objects").paginate(
            Bucket=self.bucket, PaginationConfig={"PageSize": 500}))
        self.assertEqual([entry["Key"] for page in pages for entry in page["Contents"]], keys)
        pages = list(self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix="p/", Delimiter="9", PaginationConfig={"PageSize": 7}))
        found = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        found += [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", [])]
        expected = {key[:key.index("9") + 1] if "9" in key else key for key in keys}
        self.assertEqual(sorted(found), sorted(expected))
        after = self.s3.list_objects_v2(Bucket=self.bucket, StartAfter="p/1197", FetchOwner=True)
        self.assertEqual([entry["Key"] for entry in after["Contents"]], ["p/1198", "p/1199"])
        self.assertIn("Owner", after["Contents"][0])
        none = self.s3.list_objects_v2(Bucket=self.bucket, MaxKeys=0)
        self.assertFalse(none["IsTruncated"])
        for start in (0, 1000):
            deleted = self.s3.delete_objects(
                Bucket=self.bucket,
                Delete={"Objects": [{"Key": key} for key in keys[start:start + 1000]]})
            self.assertEqual(len(deleted["Deleted"]), len(keys[start:start + 1000]))
        self.s3.delete_bucket(Bucket=self.bucket)

    def test_copies(self):
        self.put("src ü+", b"hello", Metadata={"k": "v"}, ContentType="text/plain")
        source = {"Bucket": self.bucket, "Key": "src ü+"}
        copied = self.s3.copy_object(Bucket=self.bucket, Key="dst", CopySource=source)
        self.assertEqual(copied["CopyObjectResult"]["ETag"],
                         '"%s"' % hashlib.md5(b"hello").hexdigest())
        head = self.s3.head_object(Bucket=self.bucket, Key="dst")
        self.assertEqual((head["Metadata"], head["ContentType"]), ({"k": "v"}, "text/plain"))
        self.s3.copy_object(Bucket=self.bucket, Key="dst", CopySource=source,
                            MetadataDirective="REPLACE", Metadata={"n": "w"})
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="dst")["Metadata"], {"n": "w"})
        self.fails("InvalidRequest", self.s3.copy_object, Bucket=self.bucket, Key="src ü+",
                   CopySource=source)
        self.fails("PreconditionFailed", self.s3.copy_object, Bucket=self.bucket, Key="dst",
                   CopySource=source, CopySourceIfMatch='"nothing"')
        self.fails("NoSuchKey", self.s3.copy_object, Bucket=self.bucket, Key="dst",
                   CopySource={"Bucket": self.bucket, "Key": "missing"})

    def test_multipart(self):
        first, second, third = os.urandom(5 << 20), os.urandom(5 << 20), b"tail"
        self.put("source", first)
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="mp", Metadata={"a": "b"})
        at = {"Bucket": self.bucket, "Key": "mp", "UploadId": upload["UploadId"]}
        uploads = self.s3.list_multipart_uploads(Bucket=self.bucket)["Uploads"]
        self.assertEqual([entry["Key"] for entry in uploads], ["mp"])
        etags = [
            self.s3.upload_part_copy(
                PartNumber=1, CopySource={"Bucket": self.bucket, "Key": "source"},
                **at)["CopyPartResult"]["ETag"],
            self.s3.upload_part(PartNumber=2, Body=second, **at)["ETag"],
            self.s3.upload_part(PartNumber=4, Body=third, **at)["ETag"],
        ]
        parts = self.s3.list_parts(**at)["Parts"]
        self.assertEqual([part["PartNumber"] for part in parts], [1, 2, 4])
        named = [{"PartNumber": number, "ETag": etag} for number, etag in zip((1, 2, 4), etags)]
        self.fails("InvalidPartOrder", self.s3.complete_multipart_upload,
                   MultipartUpload={"Parts": named[::-1]}, **at)
        self.fails("InvalidPart", self.s3.complete_multipart_upload,
                   MultipartUpload={"Parts": [{"PartNumber": 3, "ETag": etags[0]}]}, **at)
        self.fails("MalformedXML", self.s3.complete_multipart_upload,
                   MultipartUpload={"Parts": []}, **at)
        done = self.s3.complete_multipart_upload(MultipartUpload={"Parts": named}, **at)
        self.assertTrue(done["ETag"].endswith('-3"'))
        self.assertEqual(self.get("mp"), first + second + third)
        self.assertEqual(self.get("mp", PartNumber=3), third)
        head = self.s3.head_object(Bucket=self.bucket, Key="mp", PartNumber=2)
        self.assertEqual((head["ContentLength"], head["PartsCount"]), (5 << 20, 3))
        self.fails("NoSuchUpload", self.s3.list_parts, **at)
        attributes = self.s3.get_object_attributes(
            Bucket=self.bucket, Key="mp",
            ObjectAttributes=["ETag", "ObjectParts", "StorageClass", "ObjectSize"])
        self.assertEqual(attributes["ObjectSize"], len(first + second + third))
        self.assertEqual(attributes["ObjectParts"]["TotalPartsCount"], 3)

    def test_small_parts_and_aborted_uploads(self):
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="mp")
        at = {"Bucket": self.bucket, "Key": "mp", "UploadId": upload["UploadId"]}
        named = [{"PartNumber": number,
                  "ETag": self.s3.upload_part(PartNumber=number, Body=b"x", **at)["ETag"]}
                 for number in (1, 2)]
        self.fails("EntityTooSmall", self.s3.complete_multipart_upload,
                   MultipartUpload={"Parts": named}, **at)
        self.s3.abort_multipart_upload(**at)
        self.fails("NoSuchUpload", self.s3.upload_part, PartNumber=1, Body=b"x", **at)

    def test_managed_transfer(self):
        body = os.urandom(20 << 20)
        self.s3.upload_fileobj(io.BytesIO(body), self.bucket, "large")
        out = io.BytesIO()
        self.s3.download_fileobj(self.bucket, "large", out)
        self.assertEqual(out.getvalue(), body)

    def test_versions(self):
        self.assertNotIn("Status", self.s3.get_bucket_versioning(Bucket=self.bucket))
        self.put("v", b"zero")
        self.s3.put_bucket_versioning(Bucket=self.bucket,
                                      VersioningConfiguration={"Status": "Enabled"})
        first = self.put("v", b"one")["VersionId"]
        second = self.put("v", b"two")["VersionId"]
        self.assertEqual(self.get("v"), b"two")
        self.assertEqual(self.get("v", VersionId=first), b"one")
        self.assertEqual(self.get("v", VersionId="null"), b"zero")
        marker = self.s3.delete_object(Bucket=self.bucket, Key="v")
        self.assertTrue(marker["DeleteMarker"])
        self.fails("NoSuchKey", self.s3.get_object, Bucket=self.bucket, Key="v")
        self.fails("MethodNotAllowed", self.s3.get_object, Bucket=self.bucket, Key="v",
                   VersionId=marker["VersionId"])
        listed = self.s3.list_object_versions(Bucket=self.bucket)
        self.assertEqual([entry["VersionId"] for entry in listed["Versions"]],
                         [second, first, "null"])
        self.assertTrue(listed["DeleteMarkers"][0]["IsLatest"])
        pages = list(self.s3.get_paginator("list_object_versions").paginate(
            Bucket=self.bucket, PaginationConfig={"PageSize": 1}))
        self.assertEqual(sum(len(page.get("Versions", [])) for page in pages), 3)
        removed = self.s3.delete_object(Bucket=self.bucket, Key="v", VersionId=marker["VersionId"])
        self.assertTrue(removed["DeleteMarker"])
        self.assertEqual(self.get("v"), b"two")
        self.fails("BucketNotEmpty", self.s3.delete_bucket, Bucket=self.bucket)
        self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [
            {"Key": "v", "VersionId": version} for version in (first, second, "null")]})
        self.s3.delete_bucket(Bucket=self.bucket)

    def test_presigned_urls(self):
        self.put("p q/ü", b"hello")
        arguments = {"Bucket": self.bucket, "Key": "p q/ü"}
        url = client(signature_version="s3v4").generate_presigned_url("get_object", arguments)
        self.assertEqual(urllib.request.urlopen(url).read(), b"hello")
        with self.assertRaises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(url[:-1] + ("0" if url[-1] != "0" else "1"))
        self.assertEqual(raised.exception.code, 403)
        raised.exception.close()
        url = client(signature_version="s3v4").generate_presigned_url("put_object", arguments)
        urllib.request.urlopen(urllib.request.Request(url, b"changed", method="PUT")).close()
        self.assertEqual(self.get("p q/ü"), b"changed")

    def test_errors(self):
        self.fails("NoSuchKey", self.s3.get_object, Bucket=self.bucket, Key="missing")
        self.fails("NoSuchBucket", self.s3.list_objects_v2, Bucket="missing-bucket")
        self.fails("404", self.s3.head_object, Bucket=self.bucket, Key="missing")
        self.fails("SignatureDoesNotMatch", client(secret="wrong").list_buckets)
        self.fails("BucketAlreadyOwnedByYou", self.s3.create_bucket, Bucket=self.bucket)
        answer = self.fails("NotImplemented", self.s3.put_bucket_cors, Bucket=self.bucket,
                            CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"],
                                                              "AllowedOrigins": ["*"]}]})
        self.assertTrue(answer["ResponseMetadata"]["RequestId"])
        self.fails("NoSuchBucketPolicy", self.s3.get_bucket_policy, Bucket=self.bucket)
        self.fails("NoSuchLifecycleConfiguration", self.s3.get_bucket_lifecycle_configuration,
                   Bucket=self.bucket)
        acl = self.s3.get_bucket_acl(Bucket=self.bucket)
        self.assertEqual(acl["Grants"][0]["Permission"], "FULL_CONTROL")
        self.assertIn(self.bucket, [b["Name"] for b in self.s3.list_buckets()["Buckets"]])
        self.s3.get_bucket_location(Bucket=self.bucket)
        self.s3.head_bucket(Bucket=self.bucket)

    @unittest.skipUnless(MODERN, "boto3 is older than conditional writes")
    def test_conditional_writes(self):
        etag = self.put("c", b"one", IfNoneMatch="*")["ETag"]
        self.fails("PreconditionFailed", self.put, key="c", body=b"two", IfNoneMatch="*")
        self.fails("PreconditionFailed", self.put, key="c", body=b"two", IfMatch='"nothing"')
        self.put("c", b"two", IfMatch=etag)
        self.fails("304", self.s3.head_object, Bucket=self.bucket, Key="c",
                   IfNoneMatch='"%s"' % hashlib.md5(b"two").hexdigest())

    @unittest.skipUnless(MODERN, "boto3 is older than these checksums")
    def test_checksums(self):
        for algorithm in ("CRC32", "SHA1", "SHA256"):
            put = self.put(algorithm, b"hello", ChecksumAlgorithm=algorithm)
            member = "Checksum" + algorithm
            got = self.s3.get_object(Bucket=self.bucket, Key=algorithm, ChecksumMode="ENABLED")
            self.assertEqual(got["Body"].read(), b"hello")
            self.assertEqual(got[member], put[member])
            self.assertEqual(got["ChecksumType"], "FULL_OBJECT")
        self.put("given", b"123456789", ChecksumCRC64NVME="rosUhgp5mIg=")
        self.fails("BadDigest", self.put, key="bad", body=b"hello",
                   ChecksumCRC64NVME="rosUhgp5mIg=")
        self.put("given32c", b"123456789", ChecksumCRC32C="4waSgw==")
        attributes = self.s3.get_object_attributes(Bucket=self.bucket, Key="given",
                                                   ObjectAttributes=["Checksum"])
        self.assertEqual(attributes["Checksum"]["ChecksumCRC64NVME"], "rosUhgp5mIg=")


if __name__ == "__main__":
    print(f"boto3 {boto3.__version__ if boto3 else 'missing'}")
    unittest.main(warnings="ignore")  # Old clients leave sockets to the garbage collector.
