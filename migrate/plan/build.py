"""Plain data that has passed every check -> frozen values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from migrate.plan.agree import path_segments
from migrate.plan.model import (
    ConnectionMap,
    Credentials,
    Expect,
    Limits,
    Maps,
    Org,
    Pair,
    PathMap,
    Plan,
    Policy,
    Renamed,
    Reporting,
    Rule,
    Select,
    Selector,
    Source,
    Tenant,
    Variant,
)
from migrate.tree import Json


def plan(data: Mapping[str, Json], *, name: str, folder: Path, tenants: tuple[Tenant, ...]) -> Plan:
    """The plan of checked plain data; files it names are made absolute from ``folder``."""
    given: dict[str, Any] = {key: data[key] for key in ("version", "state") if key in data}
    if "verify" in data:
        given["verify"] = tuple(data["verify"])
    given_source = data["source"]
    variants = {
        alias: Variant(select=select(part["select"]), map=maps(part["map"]))
        for alias, part in data.get("variants", {}).items()
    }
    chosen = select(data["select"]) if "select" in data else Select() if variants else Select(include=(Selector(),))
    return Plan(
        name=data.get("name", name),
        orgs=MappingProxyType(
            {alias: org(alias, each, folder) for alias, each in data["orgs"].items()} if "orgs" in data else {}
        ),
        source=source(given_source, folder),
        targets=tuple(data["targets"]),
        tenants=tenants,
        variants=MappingProxyType(variants),
        select=chosen,
        map=maps(data.get("map", {})),
        rules=tuple(rule(each) for each in data.get("rules", ())),
        policy=Policy(**data.get("policy", {})),
        run=Limits(**data.get("run", {})),
        report=reporting(data.get("report", {})),
        **given,
    )


def org(alias: str, data: Mapping[str, Json], folder: Path) -> Org:
    """One organization."""
    if "tenant_of" in data:
        found = Credentials(scheme="tenant_of", name=data["tenant_of"])
    else:
        scheme, _, name = data["credentials"].partition(":")
        found = Credentials(scheme=scheme, name=str(absolute(name, folder)) if scheme == "file" else name)
    return Org(
        alias=alias,
        base_url=data["base_url"],
        credentials=found,
        expect=Expect(**data["expect"]) if "expect" in data else None,
        access=data.get("access", "read"),
        allow_host=data.get("allow_host", False),
        tenant_id=data.get("tenant_id"),
    )


def absolute(text: str, folder: Path) -> Path:
    """A file that a plan names: ``~`` is the home folder, all else is relative to the plan file."""
    path = Path(text)
    if path.parts[:1] == ("~",):
        path = Path.home().joinpath(*path.parts[1:])
    # normpath, not resolve: a plan means the path it writes, whatever links stand on the way.
    import os.path

    return Path(os.path.normpath(folder / path))


def source(data: Json, folder: Path) -> Source:
    """Where documents come from."""
    if isinstance(data, str):
        return Source(org=data)
    bundle = absolute(data["bundle"], folder) if "bundle" in data else None
    return Source(org=data.get("org"), bundle=bundle, version=data.get("version"))


def select(data: Mapping[str, Json]) -> Select:
    """The selection."""
    return Select(
        include=tuple(Selector(**each) for each in data["include"]),
        exclude=tuple(Selector(**each) for each in data.get("exclude", ())),
        dependencies=data.get("dependencies", Select().dependencies),
    )


def maps(data: Mapping[str, Json]) -> Maps:
    """All mappings."""
    given: dict[str, Any] = {
        name: tuple(Pair(source=each["from"], target=each["to"]) for each in items) for name, items in data.items()
    }
    given["connections"] = tuple(_connection(each) for each in data.get("connections", ()))
    given["controls"] = tuple(_renamed(each) for each in data.get("controls", ()))
    return Maps(**given)


def _connection(data: Mapping[str, Json]) -> ConnectionMap:
    paths = tuple(path_map(each) for each in data.get("paths", ()))
    return ConnectionMap(source=data["from"], target=data["to"], paths=paths, sql=data.get("sql", "rewrite"))


def _renamed(data: Mapping[str, Json]) -> Renamed:
    narrowed = {key: data[key] for key in ("kind", "model", "element") if key in data}
    return Renamed(source=data["from"], target=data["to"], **narrowed)


def path_map(data: Mapping[str, Json]) -> PathMap:
    """One mapping of warehouse paths."""
    return PathMap(source=path_segments(data["from"]) or (), target=path_segments(data["to"]) or ())


def rule(data: Mapping[str, Json]) -> Rule:
    """One transform rule."""
    given: dict[str, Any] = {key: data[key] for key in ("rename", "set_description") if key in data}
    replace = data.get("replace", {})
    if "text" in replace:
        given["replace_text"] = (replace["text"], replace["with"])
    elif "url" in replace:
        given["replace_url"] = (replace["url"], replace["with"])
    elif "at" in replace:
        given["replace_at"] = (replace["at"], replace.get("from"), replace["with"])
    if "set_path" in data:
        given["set_path"] = path_map(data["set_path"])
    return Rule(name=data["name"], where=Selector(**data["where"]) if "where" in data else None, **given)


def reporting(data: Mapping[str, Json]) -> Reporting:
    """Where reports go and which."""
    given: dict[str, Any] = {}
    if "dir" in data:
        given["dir"] = Path(data["dir"])
    if "formats" in data:
        given["formats"] = tuple(data["formats"])
    return Reporting(**given)
