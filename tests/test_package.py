"""The plain CloudFormation for StackSets: the same stack, with nothing left to transform."""

from __future__ import annotations

import json
import zipfile
from functools import cache
from typing import TYPE_CHECKING, Any

from cfnlint.api import lint

from tests.package import PARAMETERS, archive, packaged
from tests.test_template import plain, stack, template

if TYPE_CHECKING:
    from pathlib import Path


@cache
def made() -> dict[str, Any]:
    """Give what `make package` writes."""
    return packaged(template())


def test_nothing_is_left_to_transform() -> None:
    """StackSets of an organisation refuse transforms and what only they understand."""
    text = json.dumps(made())

    assert "Transform" not in made()
    assert "AWS::Serverless" not in text
    assert "Fn::Transform" not in text


def test_it_is_valid_cloudformation() -> None:
    """cfn-lint finds nothing."""
    assert [str(found) for found in lint(json.dumps(made()))] == []


def test_it_is_the_same_stack() -> None:
    """All that differs is where the code is, and what only the builder reads."""
    resources = made()["Resources"]

    assert resources.keys() == plain()["Resources"].keys()
    for name, resource in plain()["Resources"].items():
        properties = dict(resources[name].get("Properties", {}))
        expected = dict(resource.get("Properties", {}))
        if resource["Type"] == "AWS::Lambda::Function":
            code = properties.pop("Code")
            assert code["S3Bucket"] == {"Fn::Sub": "${CodeBucketPrefix}-${AWS::Region}"}
            assert code["S3Key"] == {"Fn::Sub": f"${{CodeFolder}}/{name}.zip"}
            expected.pop("Code")
        assert properties == expected
    assert set(made()["Parameters"]) == set(PARAMETERS) | set(template()["Parameters"])


def test_it_works_in_every_region_and_partition() -> None:
    """No Region and no partition was written in by the transform."""
    text = json.dumps(made()["Resources"])

    assert "eu-west-1" not in text
    assert "arn:aws:" not in text


def test_it_can_be_sent_as_it_is() -> None:
    """CloudFormation takes templates of up to 1 MB from S3.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
    """
    assert len(json.dumps(made(), indent=1)) < 1_000_000


def test_the_written_template_is_left_alone() -> None:
    """Packaging adds parameters to a copy."""
    packaged(template())

    assert set(PARAMETERS).isdisjoint(template()["Parameters"])
    assert "PROBE_TARGETS" in str(stack().resources["ProbeFunction"])


def test_the_same_files_give_the_same_archive(tmp_path: Path) -> None:
    """Times and order of files leave no trace, so that nothing is deployed anew for nothing."""
    archives = []
    for names in (("b.py", "a.py"), ("a.py", "b.py")):
        folder = tmp_path / "-".join(names)
        (folder / "probe").mkdir(parents=True)
        for name in names:
            (folder / "probe" / name).write_text(f"# {name}\n")
        archive(folder, folder.with_suffix(".zip"))
        archives.append(folder.with_suffix(".zip"))

    assert archives[0].read_bytes() == archives[1].read_bytes()
    with zipfile.ZipFile(archives[0]) as packed:
        assert packed.namelist() == ["probe/a.py", "probe/b.py"]
        assert packed.read("probe/a.py") == b"# a.py\n"
