"""A database, proven to be one without credentials.

`{"check": "rds", "host": "...", "port": 5432, "engine": "postgres"}`: the engine as RDS names it;
it may be left out where the port tells, and so may the port where the engine does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.checks.databases import mysql, oracle, postgres, sqlserver
from probe.checks.databases.manners import Listening
from probe.checks.tcp import MYSQL, place
from probe.target import Check, Target

if TYPE_CHECKING:
    from probe.reading import Fields
    from probe.target import Exchange, Surroundings

# Default ports: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
_FAMILIES: dict[str, tuple[int, Exchange]] = {
    "postgres": (5432, postgres.exchange),
    "mysql": (3306, mysql.exchange),
    "mariadb": (3306, mysql.exchange),
    "sqlserver": (1433, sqlserver.exchange),
    "oracle": (1521, oracle.exchange),
}
_OTHER_NAMES = {
    "aurora-postgresql": "postgres",
    "postgresql": "postgres",
    "aurora-mysql": "mysql",
    "aurora": "mysql",
    **{f"sqlserver-{edition}": "sqlserver" for edition in ("ee", "se", "ex", "web")},
    **{f"oracle-{edition}": "oracle" for edition in ("ee", "ee-cdb", "se2", "se2-cdb")},
}
_BY_PORT = {5432: "postgres", 3306: "mysql", 1433: "sqlserver", 1521: "oracle"}


def _parse(fields: Fields, _: Surroundings) -> Target:
    host = fields.host("host")
    engine = fields.choice("engine", (*_FAMILIES, *_OTHER_NAMES))
    if engine is None:
        engine = _BY_PORT.get(fields.port("port", 0))
    if engine is None:
        raise fields.wrong("engine", f"one of {', '.join(_FAMILIES)}")
    usual, exchange = _FAMILIES[_OTHER_NAMES.get(engine, engine)]
    port = fields.port("port", usual)
    return Target(
        "rds",
        place(host, port),
        host,
        port,
        exchange=exchange if usual in (port, MYSQL) else Listening(exchange),
        gentle=True,
        facts={"engine": engine},
    )


CHECK = Check(
    "rds",
    ("host", "port", "engine"),
    _parse,
    "the database of that engine answers; no credentials are sent",
)
