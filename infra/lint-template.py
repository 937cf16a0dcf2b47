"""Lints template.yaml as CloudFormation will see it: runs cfn-lint on the expanded template.

Takes no arguments and needs aws-sam-translator and cfn-lint. Prints every finding, and exits with 1 if there is one.
The template is expanded first, because cfn-lint checks SAM resources only superficially.
"""

import json
import sys

from cfnlint.api import lint
from cfnlint.config import ManualArgs

from expand_template import REGION, TEMPLATE, expanded


# SAM replaces the references to these parameters, so that cfn-lint finds no use of them.
USED_BY_SAM = {"Parameters/GradualDeployment"}


def is_fault(finding):
    return finding.rule.id != "W2001" or "/".join(finding.path) not in USED_BY_SAM


def main():
    findings = lint(json.dumps(expanded()), config=ManualArgs(regions=[REGION]))
    findings = list(filter(is_fault, findings))
    for finding in findings:
        where = "/".join(str(part) for part in finding.path or [])
        print(f"{TEMPLATE.name} (expanded): {finding.rule.id} at {where}: {finding.message}", file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
