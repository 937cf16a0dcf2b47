"""Lints template.yaml as CloudFormation will see it: expands the SAM resources, then runs cfn-lint on the result.

Takes no arguments and needs aws-sam-translator and cfn-lint. Prints every finding, and exits with 1 if there is one.
The template is expanded first, because cfn-lint checks SAM resources only superficially.
"""

import json
import logging
import os
import sys
from pathlib import Path

from cfnlint.api import lint
from cfnlint.config import ManualArgs
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

TEMPLATE = Path(__file__).with_name("template.yaml")
# Arbitrary valid values. SAM resolves references to parameters while it expands the template.
PARAMETERS = {"Architecture": "arm64", "SenderEmail": "coupons@example.com", "LogLevel": "info", "ArchiveDays": "30",
              "PublicUrl": ""}
REGION = "us-east-1"


class NoManagedPolicies:
    """An empty list of managed policies. The template references policies by ARN or writes them out, so none is looked up."""

    def load(self):
        return {}


def packaged(template):
    """Returns the template with a placeholder S3 address for each code folder, as `aws cloudformation package` would."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    return template


def main():
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    os.environ["AWS_DEFAULT_REGION"] = REGION
    try:
        expanded = transform(packaged(yaml_parse(TEMPLATE.read_text())), PARAMETERS, NoManagedPolicies())
    except InvalidDocumentException as invalid:
        for cause in invalid.causes:
            print(f"{TEMPLATE.name}: {cause.message}", file=sys.stderr)
        return 1
    findings = lint(json.dumps(expanded), config=ManualArgs(regions=[REGION]))
    for finding in findings:
        where = "/".join(str(part) for part in finding.path or [])
        print(f"{TEMPLATE.name} (expanded): {finding.rule.id} at {where}: {finding.message}", file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
