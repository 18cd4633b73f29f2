"""Runs the AWS CLI's validate-logs on buckets that are described on stdin.

Each line of stdin is one JSON case; each line of stdout is what the command
printed and returned for it.
"""

import base64
import contextlib
import io
import json
import sys

from awscli.customizations.cloudtrail.validation import (
    CloudTrailValidateLogs,
    normalize_date,
    parse_date,
)
from botocore.exceptions import ClientError


class Bucket:
    def __init__(self, buckets):
        self.buckets = buckets

    def get_client(self, name):
        return self

    def get_object(self, Bucket, Key):
        o = self.buckets.get(Bucket, {}).get(Key)
        if o is None:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": ""}}, "GetObject")
        return {"Body": io.BytesIO(base64.b64decode(o["body"])), "Metadata": o["metadata"] or {}}

    def get_paginator(self, operation):
        assert operation == "list_objects"
        return self

    def paginate(self, Bucket, Marker, Prefix):
        return Page(k for k in sorted(self.buckets.get(Bucket, {})) if k.startswith(Prefix) and k > Marker)


class Page:
    def __init__(self, keys):
        self.keys = keys

    def search(self, expression):
        assert expression == "Contents[*].Key"
        return self.keys


class CloudTrail:
    def __init__(self, case):
        self.case = case

    def describe_trails(self):
        return {"trailList": [{
            "TrailARN": self.case["trail"],
            "S3BucketName": self.case["bucket"],
            "S3KeyPrefix": self.case["prefix"],
            "IsOrganizationTrail": self.case["organization"] != "",
        }]}

    def list_public_keys(self, StartTime, EndTime):
        return {"PublicKeyList": self.case["keys"]}


class Organizations:
    def __init__(self, case):
        self.case = case

    def describe_organization(self):
        return {"Organization": {"Id": self.case["organization"]}}


def run(case):
    command = CloudTrailValidateLogs(None)
    command.trail_arn = case["trail"]
    command.account_id = case["account"]
    command.is_verbose = True
    command.start_time = normalize_date(parse_date(case["start"]))
    command.end_time = normalize_date(parse_date(case["end"]))
    command._source_region = case["region"]
    command.s3_client_provider = Bucket(case["buckets"])
    command.cloudtrail_client = CloudTrail(case)
    command.organization_client = Organizations(case)
    command.setup_services = command.handle_args = lambda *args: None
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = command._run_main(None, None)
    return {"status": status, "stdout": out.getvalue(), "stderr": err.getvalue()}


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
