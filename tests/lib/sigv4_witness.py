#!/usr/bin/python3
"""usage: sigv4_witness.py

Requests as botocore makes and signs them, one JSON object a line: what was
asked for, what came out (path, canonical request, Authorization).  Nothing is
sent.  test_sigv4 must come to the same bytes.  Exit status 77: no botocore.
"""
import calendar
import functools
import json
import sys
import time
from urllib.parse import parse_qsl, urlsplit

try:
    import botocore.auth
    import botocore.session
    from botocore.config import Config
except ImportError as why:
    print(why)
    sys.exit(77)

ACCESS = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "FwoGZ/token+with=odd//chars==" + "x" * 700
BUCKET = "lab-bucket"
KEYS = ["plain", "a b", "a+b", "a=b&c=d", "dir/sub/file", "~tilde",
        "ü/ñ 日本語", "excl!*'()", "p%41%2Fq", "q?x#y", "[]{}|\\^`\"<>",
        "a//b", "a/../b", "./x", "sp end ", ":@$,;", "x" * 900, "trail/",
        "😀", "a\tb"]
LOCK = {"ObjectLockMode": "COMPLIANCE",
        "ObjectLockRetainUntilDate": "2027-01-01T00:00:00Z",
        "ObjectLockLegalHoldStatus": "ON"}

canonical, seen = [], []
stock = botocore.auth.S3SigV4Auth.canonical_request


def record(self, request):
    text = stock(self, request)
    canonical.append(text)
    return text


botocore.auth.S3SigV4Auth.canonical_request = record
# Where awscrt is installed, too, it would sign in its place.
botocore.auth.AUTH_TYPE_MAPS["s3v4"] = botocore.auth.S3SigV4Auth


class Stop(Exception):
    pass


def text_of(value):
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def grab(request, **_):
    seen.append(request)
    raise Stop


session = botocore.session.Session()


@functools.lru_cache(maxsize=None)
def client(endpoint, style, region, token):
    c = session.create_client(
        aws_access_key_id=ACCESS, aws_secret_access_key=SECRET,
        aws_session_token=token, service_name="s3",
        region_name=region, endpoint_url=endpoint,
        config=Config(signature_version="s3v4", retries={"max_attempts": 0},
                      s3={"addressing_style": style}))
    c.meta.events.register("before-send.s3", grab)
    return c


def case(op, endpoint="http://s3.test:9000", style="path",
         region="us-east-1", token=None, **params):
    canonical.clear()
    seen.clear()
    try:
        getattr(client(endpoint, style, region, token), op)(
            Bucket=BUCKET, **params)
    except Stop:
        pass
    r = seen[0]
    headers = {k.lower(): text_of(v) for k, v in r.headers.items()}
    auth = headers["authorization"]
    signed = auth.split("SignedHeaders=")[1].split(",")[0].split(";")
    lines = canonical[-1].split("\n")
    when = time.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ")
    print(json.dumps({
        "name": f"{op} {endpoint} {style} {params.get('Key', '')[:40]}",
        "endpoint": endpoint, "style": style, "bucket": BUCKET,
        "verb": r.method, "key": params.get("Key", ""), "region": region,
        "access": ACCESS, "secret": SECRET,
        "query": parse_qsl(urlsplit(r.url).query, keep_blank_values=True),
        "headers": [[k, v] for k, v in headers.items()
                    if k in signed and k != "host"],
        "payload": headers["x-amz-content-sha256"],
        "when": calendar.timegm(when), "path": lines[1],
        "canonical": canonical[-1], "authorization": auth}))


def main():
    for key in KEYS:
        case("put_object", Key=key, Body=b"hello")
    for key in ("a b+c", "ü+", "v h"):
        case("get_object", Key=key)
        case("put_object", Key=key, Body=b"v", style="virtual",
             region="eu-central-1")
    case("put_object", Key="empty", Body=b"")
    case("put_object", Key="token", Body=b"zz", token=TOKEN)
    case("get_object", Key="token", token=TOKEN, style="virtual")
    case("put_object", Key="lock", Body=b"zz", ContentMD5="x" * 24, **LOCK,
         StorageClass="STANDARD_IA", ContentType="application/octet-stream",
         Metadata={"a": "1", "a-b": " two  words   here ", "a.b": "x"},
         Tagging="a=1&b=2%203")
    case("get_object", Key="r", Range="bytes=100-149")
    case("get_object", Key="r", Range="bytes=0-0", IfNoneMatch='"abc"')
    case("head_object", Key="h/ü")
    case("head_object", Key="v", VersionId="null")
    case("delete_object", Key="d d")
    case("delete_object", Key="d", VersionId="a+b/c=")
    case("delete_object", Key="d", BypassGovernanceRetention=True)
    case("list_objects")
    case("list_objects", Prefix="pre fix/ü+=&", Marker="mar ker~*",
         Delimiter="/", MaxKeys=1000)
    case("list_objects", Prefix="a%b", MaxKeys=7)
    case("list_objects", Prefix="p/", MaxKeys=5, style="virtual")
    case("list_objects_v2", Prefix="a-b", StartAfter="a=b", MaxKeys=1)
    case("list_object_versions", Prefix="v/", KeyMarker="a&b")
    case("upload_part", Key="mp", PartNumber=3, UploadId="2~ab+c/d=",
         Body=b"part")
    case("create_multipart_upload", Key="mp")
    case("get_object_retention", Key="x")
    case("get_object_lock_configuration")
    case("get_bucket_versioning")
    for endpoint in ("http://s3.test", "http://s3.test:80",
                     "https://s3.test:443", "https://s3.test:80",
                     "http://s3.test:443", "https://s3.test:8443",
                     "http://S3.Test:9000", "http://127.0.0.1:7480",
                     "http://[::1]:7480"):
        case("get_object", Key="port", endpoint=endpoint)
    case("get_object", Key="port", endpoint="https://s3.test:443",
         style="virtual")


main()
