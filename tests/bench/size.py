"""How large the artifact is beside the libraries that it cannot do without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import artifact
from tests.bench.row import Row

if TYPE_CHECKING:
    from collections.abc import Iterator


def rows() -> Iterator[Row]:
    """Weigh it; without Lambda's Python there is none."""
    if not artifact.has_python():
        return
    folder = artifact.ready()["ProbeFunction"]
    whole = artifact.size(folder)
    bare = artifact.size(artifact.bare())
    sizes = sorted(
        (
            (artifact.size(path) if path.is_dir() else path.stat().st_size, path.name)
            for path in folder.iterdir()
        ),
        reverse=True,
    )
    yield Row(
        "artifact",
        "the built artifact, unzipped",
        whole / 1e6,
        "MB",
        "at most 1.05 x",
        whole <= 1.05 * bare,
        bare / 1e6,
        "its locked libraries alone, as SAM's builder installs them",
        ", ".join(f"{name} {size / 1e6:.2f} MB" for size, name in sizes[:10]),
        "artifact",
    )
