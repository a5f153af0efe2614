"""Statements with what becomes of them, out of the files of cases, and the maps they are rewritten with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from migrate.plan.maps import PathMap
from migrate.plan.match import TableMaps
from migrate.rewrite.resolvers.tables import agreed_in_sql, renamed_in_sql
from migrate.rewrite.text.sql.exchange import Renames

FOLDER = Path(__file__).parents[1] / "rewrite" / "cases" / "sql"


def sql_cases() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every case under a name, with the dialect and the maps of its file where it has none of its own."""
    for file in sorted(FOLDER.glob("*.yaml")):
        listed = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        for number, case in enumerate(listed["cases"]):
            yield f"{file.stem}-{number}", {"dialect": listed["dialect"], "paths": listed["paths"], **case}


def renames(paths: Mapping[str, str]) -> Renames:
    """The renames that a connection's path maps, written with dots, make of names in SQL."""
    maps = TableMaps(PathMap(source=tuple(old.split(".")), target=tuple(new.split("."))) for old, new in paths.items())
    return Renames(
        whole=lambda name: renamed_in_sql(name, maps)[0], partly=lambda segments: agreed_in_sql(segments, maps)[0]
    )
