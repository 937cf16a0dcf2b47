"""Creates or updates a CloudFormation stack on the local AWS endpoint, and prints the result as JSON.

The JSON contains `outputs`, the outputs of the stack, and `function_variables`, the environment variables of all
functions.

Replaces `aws cloudformation package` and `aws cloudformation deploy`. These two commands take seconds longer, because
they compress the unoptimised binaries and start the AWS CLI twice. Progress goes to standard error, one line per
resource that is ready.
"""

import argparse
import hashlib
import io
import json
import sys
import time
import zipfile
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from samtranslator.yaml_helper import yaml_parse

BUCKET = "couponflow-code"
TEMPLATE = "template.json"
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
POLL_SECONDS = 0.2


def archive(folder):
    """Returns the files of a folder as a zip. Equal files give equal bytes, so unchanged code causes no update."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(str(path.relative_to(folder)))
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, path.read_bytes())
    return content.getvalue()


def package(path, s3):
    """Uploads the code folder of each function, and returns the template with the S3 addresses."""
    template = yaml_parse(path.read_text())
    s3.create_bucket(Bucket=BUCKET)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            code = archive(path.parent / resource["Properties"]["CodeUri"])
            key = hashlib.sha256(code).hexdigest()
            s3.put_object(Bucket=BUCKET, Key=key, Body=code)
            resource["Properties"]["CodeUri"] = f"s3://{BUCKET}/{key}"
    return template


def submit(cloudformation, stack, template_url, parameters):
    """Starts to create or update the stack. Returns False if there is nothing to update."""
    request = {
        "StackName": stack,
        "TemplateURL": template_url,
        "Capabilities": CAPABILITIES,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    }
    try:
        cloudformation.update_stack(**request)
    except ClientError as error:
        message = error.response["Error"]["Message"]
        if "No updates are to be performed" in message:
            return False
        if "does not exist" not in message:
            raise
        cloudformation.create_stack(**request)
    return True


def await_completion(cloudformation, stack):
    """Waits until the stack has settled, reports resources as they become ready, and returns the final description."""
    ready = set()
    while True:
        description = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        for resource in cloudformation.describe_stack_resources(StackName=stack)["StackResources"]:
            name = resource["LogicalResourceId"]
            if resource["ResourceStatus"].endswith("_COMPLETE") and name not in ready:
                ready.add(name)
                print(f"{len(ready)} resources ready, {name} last", file=sys.stderr, flush=True)
        if not description["StackStatus"].endswith("_IN_PROGRESS"):
            return description
        time.sleep(POLL_SECONDS)


def failures(cloudformation, stack):
    """Returns one line per failed resource, with the reason."""
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    return [
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', event['ResourceStatus'])}"
        for event in events
        if event["ResourceStatus"].endswith("_FAILED")
    ]


def function_variables(cloudformation, stack, functions):
    """Returns the environment variables of all functions.

    Raises ValueError if a name has two values, because one file holds the variables of all functions.
    """
    variables = {}
    for resource in cloudformation.describe_stack_resources(StackName=stack)["StackResources"]:
        if resource["ResourceType"] == "AWS::Lambda::Function":
            function = functions.get_function_configuration(FunctionName=resource["PhysicalResourceId"])
            for name, value in function["Environment"]["Variables"].items():
                if variables.setdefault(name, value) != value:
                    raise ValueError(f"{name} is {variables[name]!r} for one function and {value!r} for another")
    return variables


def number_concurrency(template):
    """Writes the maximum concurrency of event sources as a number, because ministack does not convert parameters."""
    for resource in template["Resources"].values():
        for event in resource["Properties"].get("Events", {}).values():
            scaling = event["Properties"].get("ScalingConfig", {"MaximumConcurrency": 0})
            if isinstance(scaling["MaximumConcurrency"], dict):
                parameter = scaling["MaximumConcurrency"]["Ref"]
                scaling["MaximumConcurrency"] = int(template["Parameters"][parameter]["Default"])


def allow_browsers(template, outputs, api):
    """Sets the CORS settings of the API again, because ministack ignores the CORS settings in a template."""
    cors = template["Resources"]["HttpApi"]["Properties"]["CorsConfiguration"]
    api.update_api(ApiId=outputs["ApiId"], CorsConfiguration=cors)


def verify_sender(address, ses):
    """Verifies the sender, because ministack, like SES, rejects e-mail from senders that are not verified."""
    try:
        ses.create_email_identity(EmailIdentity=address)
    except ses.exceptions.AlreadyExistsException:
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--stack", required=True)
    parser.add_argument("--template", required=True, type=Path)
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE")
    arguments = parser.parse_args()

    client = {"endpoint_url": arguments.endpoint, "config": Config(proxies={}, retries={"total_max_attempts": 1})}
    cloudformation = boto3.client("cloudformation", **client)
    s3 = boto3.client("s3", **client)
    template = package(arguments.template, s3)
    parameters = dict(parameter.split("=", 1) for parameter in arguments.parameter)
    # ministack expands SAM resources with the default values of the parameters.
    for name, value in parameters.items():
        template["Parameters"][name]["Default"] = value
    number_concurrency(template)
    # From S3, because a template in the request may have 51,200 bytes at most.
    s3.put_object(Bucket=BUCKET, Key=TEMPLATE, Body=json.dumps(template).encode())
    url = f"{arguments.endpoint}/{BUCKET}/{TEMPLATE}"
    if submit(cloudformation, arguments.stack, url, parameters):
        stack = await_completion(cloudformation, arguments.stack)
    else:
        stack = cloudformation.describe_stacks(StackName=arguments.stack)["Stacks"][0]
    if stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        print(f"stack {arguments.stack} is {stack['StackStatus']}", *failures(cloudformation, arguments.stack),
              sep="\n  ", file=sys.stderr)
        return 1
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    allow_browsers(template, outputs, boto3.client("apigatewayv2", **client))
    verify_sender(parameters["SenderEmail"], boto3.client("sesv2", **client))
    variables = function_variables(cloudformation, arguments.stack, boto3.client("lambda", **client))
    json.dump({"outputs": outputs, "function_variables": variables}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
