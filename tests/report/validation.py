"""Holds a document against the published schemas, for every test that meets a report."""

from __future__ import annotations

from typing import Any

import jsonschema

from probe.report import document as documents
from probe.report import schemas


def problems(name: str, document: Any) -> list[str]:
    """Give what the named schema says against the document, one line each."""
    validator = jsonschema.Draft202012Validator(schemas.load(name))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def assert_report(document: Any) -> None:
    """Fail unless the document is a report by the schema and reads back as the same report."""
    assert problems("report", document) == []
    assert documents.to_document(documents.from_document(document)) == document
