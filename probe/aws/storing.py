"""Objects in one S3 bucket: read and written piece by piece, so that their size does not matter."""

from __future__ import annotations

import functools
import tempfile
from typing import TYPE_CHECKING, Any

from probe.aws import clients

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from botocore.client import BaseClient

_PIECE = 1 << 20
_IN_MEMORY = 8 << 20  # what is larger is written to disk before it is sent


class Bucket:
    """One bucket. What S3 refuses is raised as it came: nothing can be done without it."""

    def __init__(self, name: str, region: str | None = None) -> None:
        self.name = name
        self._session = clients.open_session(region, None)

    @functools.cached_property
    def _client(self) -> BaseClient:
        retries = {"mode": "standard"}
        return clients.build(
            self._session, "s3", connect_timeout=5, read_timeout=60, retries=retries
        )

    def read(self, key: str) -> Iterator[bytes]:
        """Yield an object in pieces."""
        client: Any = self._client
        body = client.get_object(Bucket=self.name, Key=key)["Body"]
        yield from body.iter_chunks(_PIECE)

    def write(self, key: str, text: Iterable[str], kind: str = "application/json") -> None:
        """Write an object."""
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            for piece in text:
                file.write(piece.encode())
            file.seek(0)
            client: Any = self._client
            client.put_object(Bucket=self.name, Key=key, Body=file, ContentType=kind)

    def keys(self, prefix: str) -> list[str]:
        """List the objects whose keys begin like this."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=prefix
        )
        return [found["Key"] for page in pages for found in page.get("Contents", ())]
