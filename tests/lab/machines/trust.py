"""Who signs what in the lab. One set for all scenarios of a process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.lab.machines.certificates import Authority

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Trust:
    """The authorities."""

    public: Authority  # trusted by the function, as the public ones are
    stranger: Authority  # trusted by nobody
    rds: Authority  # Amazon's own for databases, which is not among the public ones

    @classmethod
    def make(cls, folder: Path) -> Trust:
        """Make the authorities."""
        found = ("Lab Root CA", "Stranger CA", "Lab RDS Root CA")
        return cls(*(Authority(folder, name) for name in found))

    def variables(self) -> dict[str, str]:
        """Give the variables by which programs learn whom to trust."""
        keys = ("REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE", "SSL_CERT_FILE")
        return dict.fromkeys(keys, str(self.public.bundle))
