"""A source of three documents and as many small tenants as are wanted; and the plan that copies all of it to each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from kit.places import REPOSITORY
from migrate.sandbox.org import World
from migrate.sandbox.world import load

CASE = REPOSITORY / "tests" / "check" / "cases" / "world.yaml"
DOCUMENTS = 3


def small_world(folder: Path, names: Iterable[str]) -> World:
    """The source ``north`` and a tenant of each name, written into the folder and read from there."""
    tree = yaml.safe_load(CASE.read_text("utf-8"))
    tenant = yaml.safe_dump(tree["orgs"].pop("group")).replace("Group", "Tenant")
    tree["orgs"] |= {name: yaml.safe_load(tenant.replace("group", name)) for name in names}
    (folder / "world.yaml").write_text(yaml.safe_dump(tree), "utf-8")
    return load(folder / "world.yaml")


def small_plan(folder: Path, rows: Iterable[str], *, header: str = "tenant,slug", **blocks: Any) -> Path:
    """The plan file for the tenants of these rows of the table, with further blocks or others in place of its own."""
    (folder / "tenants.csv").write_text("\n".join([header, *rows]), "utf-8")
    paths = [{"from": "DW.SALES.ORDERS", "to": "GW.AU.ORDERS"}]
    tree = {
        "version": 1,
        "name": "small",
        "orgs": {"north": {"base_url": "${env.SIGMA_NORTH_BASE_URL}", "credentials": "env:SIGMA_NORTH"}},
        "source": "north",
        "targets": {"csv": "tenants.csv"},
        "select": {"include": [{}]},
        "map": {"connections": [{"from": "Warehouse", "to": "Tenant Warehouse", "paths": paths}]},
        "state": f"sqlite:///{folder}/state.db",
        "report": {"dir": f"{folder}/reports", "formats": ["json"]},
        **blocks,
    }
    (folder / "plan.yaml").write_text(yaml.safe_dump(tree), "utf-8")
    return folder / "plan.yaml"
