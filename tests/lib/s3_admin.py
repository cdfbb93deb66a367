#!/usr/bin/python3
"""usage: s3_admin.py COMMAND BUCKET [KEY [VERSION]]

What a bucket's owner does, with botocore, at S3_ENDPOINT with AWS_ACCESS_KEY_ID
and its companion:

  version BUCKET                make it; it keeps versions
  allow BUCKET USER ACTION,...  make it; another user may do these (s3:...)
  versions BUCKET KEY           how many there are, and markers
  lock BUCKET KEY               MODE UNTIL of an object
  remove BUCKET KEY             remove its newest version: "removed", or why
                                not; then, past a lock in governance mode, too
"""
import json
import os
import sys

import botocore.exceptions
import botocore.session
from botocore.config import Config

command, bucket, *rest = sys.argv[1:]
s3 = botocore.session.Session().create_client(
    "s3", region_name="us-east-1", endpoint_url=os.environ["S3_ENDPOINT"],
    config=Config(signature_version="s3v4",
                  s3={"addressing_style": "path"}))


def newest(key):
    r = s3.list_object_versions(Bucket=bucket, Prefix=key)
    return [v["VersionId"] for v in r["Versions"]
            if v["Key"] == key and v["IsLatest"]][0]


def remove(key, **more):
    try:
        s3.delete_object(Bucket=bucket, Key=key, VersionId=newest(key),
                         **more)
        return "removed"
    except botocore.exceptions.ClientError as why:
        return why.response["Error"]["Code"]


def main():
    if command == "version":
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={
            "Status": "Enabled"})
    elif command == "allow":
        user, actions = rest
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({
            "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Action": actions.split(","),
                "Principal": {"AWS": [f"arn:aws:iam:::user/{user}"]},
                "Resource": [f"arn:aws:s3:::{bucket}",
                             f"arn:aws:s3:::{bucket}/*"]}]}))
    elif command == "versions":
        r = s3.list_object_versions(Bucket=bucket, Prefix=rest[0])
        print(len(r.get("Versions", [])), len(r.get("DeleteMarkers", [])))
    elif command == "lock":
        r = s3.get_object_retention(Bucket=bucket, Key=rest[0])["Retention"]
        print(r["Mode"], r["RetainUntilDate"].strftime("%Y-%m-%dT%H:%M:%SZ"))
    elif command == "remove":
        print(remove(rest[0]),
              remove(rest[0], BypassGovernanceRetention=True))
    else:
        sys.exit(__doc__)


main()
