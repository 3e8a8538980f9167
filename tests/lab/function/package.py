"""Which code of the product runs as the function: the built artifact, or the source tree.

The artifact is what a user deploys, so it runs wherever it can: it must hold the same sources as
the tree, and be built for the Python at hand. It runs without this machine's site-packages, so that
a package missing from it is missing here as well.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from probe.build import NOT_SHIPPED

REPOSITORY = Path(__file__).parents[3]
BUILD = REPOSITORY / ".aws-sam" / "build"
# What Lambda's own runtime brings beside the function.
RUNTIME_MODULES = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")


@dataclass(frozen=True)
class Package:
    """Where the function's code is, and how it is started."""

    root: Path
    ran: str  # "artifact" or "source tree", as the report of a run says it
    runtime: Path | None = None  # a folder with Lambda's runtime modules and nothing else

    def command(self, handler: str) -> list[str]:
        """Start the runtime interface client, as Lambda's bootstrap does."""
        isolated = ["-S"] if self.runtime else []
        return [sys.executable, *isolated, "-m", "awslambdaric", handler]

    def variables(self) -> dict[str, str]:
        """Where Python looks for modules, and what Lambda calls this runtime."""
        folders = [self.root, *([self.runtime] if self.runtime else [])]
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return {
            "PYTHONPATH": ":".join(map(str, folders)),
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{version}",
            # Nobody writes beside the code in Lambda; an artifact stays as it was built.
            "PYTHONPYCACHEPREFIX": str(REPOSITORY / ".lab" / "bytecode"),
        }


def find(scratch: Path) -> Package:
    """Choose what to run; `scratch` is where links to the runtime's modules may be put."""
    artifact = BUILD / "ProbeFunction"
    if not (_is_current(artifact) and _built_for_this_python()):
        return Package(REPOSITORY, "source tree")
    runtime = scratch / "runtime"
    runtime.mkdir(exist_ok=True)
    for name in RUNTIME_MODULES:
        source = _location(name)
        if source and not (runtime / source.name).exists():
            (runtime / source.name).symlink_to(source)
    return Package(artifact, "artifact", runtime)


def _is_current(artifact: Path) -> bool:
    """Compare contents: a build keeps no times that could be trusted."""
    tree = _sources(REPOSITORY / "probe").items()
    shipped = {name: text for name, text in tree if Path(name).parts[0] not in NOT_SHIPPED}
    return artifact.is_dir() and _sources(artifact / "probe") == shipped


def _sources(package: Path) -> dict[str, bytes]:
    return {str(file.relative_to(package)): file.read_bytes() for file in package.rglob("*.py")}


def _built_for_this_python() -> bool:
    template = BUILD / "template.yaml"
    if not template.is_file():
        return False
    runtimes = set(re.findall(r"Runtime:\s*python(\S+)", template.read_text()))
    return runtimes == {f"{sys.version_info.major}.{sys.version_info.minor}"}


def _location(module: str) -> Path | None:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return None
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin
