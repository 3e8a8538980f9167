"""What StackSets take: plain CloudFormation and the functions' code. `python -m tests.package`.

StackSets with service-managed permissions refuse templates that still have to be transformed, so
the transform is done here. What is written lies in `dist/`, the same for the same sources.
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackSet.html
"""

from __future__ import annotations

import json
import stat
import zipfile
from pathlib import Path
from typing import Any

from probe import __version__
from tests import artifact
from tests.cloudformation import load, transformed

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
TEMPLATE = "lambda-probe.json"
# Lambda takes code from a bucket of its own Region only.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-lambda-function-code.html
PARAMETERS: dict[str, Any] = {
    "CodeBucketPrefix": {
        "Type": "String",
        "AllowedPattern": "^[a-z0-9][a-z0-9.-]+$",
        "Description": "The code is in the bucket PREFIX-REGION of each Region, which may read it.",
    },
    "CodeFolder": {
        "Type": "String",
        "Default": f"lambda-probe/{__version__}",
        "Description": "Folder of that bucket in which the functions' archives are.",
    },
}
EARLIEST = (1980, 1, 1, 0, 0, 0)  # that an archive can tell


def packaged(template: dict[str, Any]) -> dict[str, Any]:
    """Give the plain template that asks where the code is."""

    def code(function: str) -> dict[str, Any]:
        return {
            "Bucket": {"Fn::Sub": "${CodeBucketPrefix}-${AWS::Region}"},
            "Key": {"Fn::Sub": f"${{CodeFolder}}/{function}.zip"},
        }

    template = {**template, "Parameters": {**PARAMETERS, **template["Parameters"]}}
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    where = {"Label": {"default": "Where the code is"}, "Parameters": list(PARAMETERS)}
    interface = {"ParameterGroups": [where, *groups]}
    template["Metadata"] = {"AWS::CloudFormation::Interface": interface}
    plain = transformed(template, code)
    for resource in plain["Resources"].values():
        resource.pop("Metadata", None)  # for the builder, and for checkov
    return plain


def archive(folder: Path, target: Path) -> None:
    """Zip a built function; the same files give the same bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(str(file.relative_to(folder)), EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            packed.writestr(entry, file.read_bytes())


def main() -> None:
    """Build, and write template and archives."""
    built = artifact.ready()
    DIST.mkdir(exist_ok=True)
    template = json.dumps(packaged(load(ROOT / "template.yaml")), indent=1)
    (DIST / TEMPLATE).write_text(template + "\n", "utf-8")
    print(f"    dist/{TEMPLATE}: {len(template) / 1e3:.0f} KB, plain CloudFormation")
    for name, folder in built.items():
        target = DIST / f"{name}.zip"
        archive(folder, target)
        print(f"    dist/{target.name}: {target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
