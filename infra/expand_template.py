"""Expands the SAM resources of template.yaml, as CloudFormation does before it creates the stack.

Run as a program, it prints the expanded template as JSON. It needs aws-sam-translator.
"""

import json
import logging
import os
import sys
from pathlib import Path

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

TEMPLATE = Path(__file__).with_name("template.yaml")
# Arbitrary valid values of the parameters that have no default. SAM resolves references to parameters while it expands
# the template.
PARAMETERS = {"SenderEmail": "coupons@example.com"}
REGION = "us-east-1"


class NoManagedPolicies:
    """An empty list of managed policies. The template writes its policies out, so none is looked up."""

    def load(self):
        return {}


def packaged(template):
    """Returns the template with a placeholder S3 address for each code folder, as `aws cloudformation package` would."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    return template


def expanded():
    """Returns the expanded template. Exits with 1 and prints every cause if SAM rejects the template."""
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    os.environ["AWS_DEFAULT_REGION"] = REGION
    try:
        return transform(packaged(yaml_parse(TEMPLATE.read_text())), dict(PARAMETERS), NoManagedPolicies())
    except InvalidDocumentException as invalid:
        for cause in invalid.causes:
            print(f"{TEMPLATE.name}: {cause.message}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    json.dump(expanded(), sys.stdout)
