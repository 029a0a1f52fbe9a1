#!/usr/bin/python3
"""AWS's own client library for Python on the control plane, as a user of iam.users.

    python_control_plane.py URL API

Prints one JSON object: what each step answered. The keys are $AWS_ACCESS_KEY_ID and
$AWS_SECRET_ACCESS_KEY.
"""
import json
import sys

import botocore.session
from botocore.exceptions import ClientError

url, api = sys.argv[1:]
client = botocore.session.Session().create_client("appsync", region_name="us-east-1", endpoint_url=url)
answers = {}


def step(name, operation, **parameters):
    try:
        answer = operation(**parameters)
    except ClientError as error:
        answers[name] = {"code": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}
        return {}
    answer.pop("ResponseMetadata")
    answers[name] = answer
    return answer


made = step("create", client.create_api_key, apiId=api, description="by botocore")
step("list", client.list_api_keys, apiId=api)
if made:
    key = made["apiKey"]["id"]
    step("update", client.update_api_key, apiId=api, id=key, description="changed")
    step("delete", client.delete_api_key, apiId=api, id=key)
step("absent", client.list_data_sources, apiId=api)
print(json.dumps(answers))
