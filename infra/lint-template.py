"""Checks template.yaml as CloudFormation will see it: expands its SAM resources, then lints the result.

Takes no arguments and needs aws-sam-translator and cfn-lint. Prints every finding and exits 1 if there is one.
cfn-lint itself reads SAM resources only superficially, so it is given the expanded template.
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
# Any values that the parameters allow: SAM resolves references to them while it expands.
PARAMETERS = {"Architecture": "arm64", "SenderEmail": "coupons@example.com", "LogLevel": "info", "ArchiveDays": "30",
              "PublicUrl": ""}
REGION = "us-east-1"


class NoManagedPolicies:
    """Policies are referenced by ARN or written out, so that no IAM call is needed to expand the template."""

    def load(self):
        return {}


def packaged(template):
    """Stands an S3 address in for each local code folder, as `aws cloudformation package` would."""
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
