"""Rules across the keys of a plan: what each key alone cannot know. Pure.

Everything speaks of plain data as ``migrate.plan.shape.read`` leaves it, so that a plan with a broken key is
still checked everywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from migrate.plan import checks
from migrate.plan.hosts import host_problem
from migrate.plan.match import stars
from migrate.plan.positions import Where
from migrate.plan.shape import MISSING, Reading, shown
from migrate.plan.suggest import did_you_mean
from migrate.text import split_path
from migrate.tree import Json

GLOBBED = ("members", "teams", "user_attributes", "plugins")


def agree(data: dict[str, Json], reading: Reading, environ: Mapping[str, str]) -> None:
    """Adds every contradiction of a plan's plain data to ``reading``.

    A base URL taken from the environment is put in its place on the way.
    """
    orgs = _mapping(data.get("orgs"))
    for alias, org in orgs.items():
        if org is not MISSING:
            _org(alias, org, orgs, reading, environ)
    _source(data, orgs, reading)
    _targets(data, orgs, reading)
    _selection(data, reading)
    _mappings(_mapping(data.get("map")), reading, ("map",))
    for target, part in _mapping(data.get("variants")).items():
        _mappings(_mapping(part.get("map")), reading, ("variants", target, "map"))
    _rules(data, reading)
    _policy(data, reading)


def _mapping(value: Json) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: Json) -> Iterator[tuple[int, dict[str, Any]]]:
    """The readable items of a list, with their positions."""
    for index, item in enumerate(value if isinstance(value, list) else []):
        if isinstance(item, dict):
            yield index, item


def _org(
    alias: str, org: dict[str, Json], orgs: Mapping[str, Json], reading: Reading, environ: Mapping[str, str]
) -> None:
    at: Where = ("orgs", alias)
    if isinstance(org.get("base_url"), str):
        _base_url(alias, org, reading, environ)
    if org.get("access") == "write" and "expect" not in org:
        fix = "add expect: {slug: ...} or {organization_id: ...} (in a table: slug), to be compared before any write"
        reading.wrong(
            "plan_needs_expect", (*at, "access"), f"{alias} is access: write and does not say who it must be", fix
        )
    parent = org.get("tenant_of")
    if "tenant_id" in org and parent is None:
        reading.wrong(
            "plan_conflict",
            (*at, "tenant_id"),
            "tenant_id belongs to tenant_of",
            "name the parent org: tenant_of: ALIAS",
        )
    if parent is None:
        return
    if "tenant_id" not in org:
        reading.wrong(
            "plan_missing_key",
            (*at, "tenant_of"),
            "tenant_of needs tenant_id",
            "add tenant_id: the tenant's organization id",
        )
    if parent not in orgs:
        reading.wrong(
            "plan_unknown_org",
            (*at, "tenant_of"),
            f"no org is called {shown(parent)}",
            did_you_mean(parent, orgs),
            parent,
        )
    elif parent == alias or "tenant_of" in _mapping(orgs[parent]):
        message = f"{shown(parent)} has no credentials of its own to exchange"
        reading.wrong("plan_conflict", (*at, "tenant_of"), message, "name the parent org, with credentials", parent)


def _base_url(alias: str, org: dict[str, Json], reading: Reading, environ: Mapping[str, str]) -> None:
    at: Where = ("orgs", alias, "base_url")
    reference = re.fullmatch(checks.ENV_REFERENCE, org["base_url"])
    url = org["base_url"]
    if reference:
        name = reference[1]
        url = environ.get(name, "")
        if not url:
            message = f"the variable {shown(name)} is not set"
            reading.wrong(
                "plan_missing_variable",
                at,
                message,
                f"export {shown(name)}=https://api.….sigmacomputing.com",
                org["base_url"],
            )
            return
    elif "${" in url:
        reading.wrong("plan_template", at, "only ${env.NAME} alone can stand for a base URL", "write the URL out", url)
        return
    message, fix = host_problem(url, allow_host=org.get("allow_host") is True)
    if message:
        # A URL with a password in it must not be repeated.
        reading.wrong("plan_host", at, message, fix, "" if "@" in url else url)
    org["base_url"] = url.rstrip("/")


def _source(data: dict[str, Json], orgs: Mapping[str, Json], reading: Reading) -> None:
    source = data.get("source")
    if isinstance(source, str):
        _known(source, ("source",), orgs, reading)
    elif isinstance(source, dict):
        if "org" in source:
            _known(source["org"], ("source", "org"), orgs, reading)
        if "bundle" in source and "version" in source:
            message = "a bundle holds one version already"
            reading.wrong("plan_conflict", ("source", "version"), message, "remove version, or read from an org")


def source_alias(data: Mapping[str, Json]) -> str | None:
    """The alias of the source org of plain data, or None for a bundle or an unreadable source."""
    source = data.get("source")
    found = source if isinstance(source, str) else _mapping(source).get("org")
    return found if isinstance(found, str) else None


def _known(alias: str, at: Where, orgs: Mapping[str, Json], reading: Reading) -> bool:
    if alias in orgs or any(
        problem.code == "plan_missing_variable" and problem.value == alias for problem in reading.problems
    ):
        return alias in orgs
    fix = did_you_mean(alias, orgs) or f"describe it under orgs: {shown(alias)}:"
    reading.wrong("plan_unknown_org", at, f"no org is called {shown(alias)}", fix, alias)
    return False


def _targets(data: dict[str, Json], orgs: Mapping[str, Json], reading: Reading) -> None:
    targets = data.get("targets")
    source = source_alias(data)
    for index, alias in enumerate(targets if isinstance(targets, list) else []):
        at: Where = ("targets", index)
        if not isinstance(alias, str) or not _known(alias, at, orgs, reading):
            continue
        org = _mapping(orgs[alias])
        if org.get("access", "read") != "write" and ("orgs", alias) in reading.places:
            message = f"{alias} is a target, and its access is read"
            reading.wrong(
                "plan_needs_write",
                at,
                message,
                f"add access: write to the org {alias}, if it is really meant to be written to",
                alias,
            )
        if alias == source:
            reading.wrong(
                "plan_conflict", at, f"{alias} is source and target at once", "name two different orgs", alias
            )
        elif source is not None and source in orgs and _same(org, _mapping(orgs[source])):
            message = f"{alias} and the source {source} have the same host and the same credentials: they are one org"
            reading.wrong("plan_conflict", at, message, "correct the credentials of one of them", alias)


def _same(one: Mapping[str, Json], other: Mapping[str, Json]) -> bool:
    keys = ("base_url", "credentials", "tenant_of", "tenant_id")
    return bool(one) and "base_url" in one and all(one.get(key) == other.get(key) for key in keys)


def _selection(data: dict[str, Json], reading: Reading) -> None:
    """A plan says what it copies: forgetting it must not copy a whole organization."""
    if ("select",) not in reading.places and "variants" not in data and "bundle" not in _mapping(data.get("source")):
        fix = "write select: {include: [{folder: Workspace/Folder}]}, or select: {include: [{}]} for everything"
        reading.wrong("plan_missing_key", (), "the key select is missing: nothing says what is copied", fix)
    select = data.get("select")
    if isinstance(select, dict) and ("select", "include") not in reading.places:
        fix = "add include: [{folder: Workspace/Folder}], or include: [{}] for everything"
        reading.wrong("plan_missing_key", ("select",), "select has no include: nothing would be copied", fix)


def _mappings(maps: Mapping[str, Json], reading: Reading, at: Where) -> None:
    for name, items in maps.items():
        seen: dict[object, int] = {}
        for index, item in _items(items):
            where: Where = (*at, name, index)
            _once(_identity(name, item), where, seen, index, reading)
            if name in GLOBBED:
                _glob(item, where, reading)
            if name == "connections":
                _paths(item.get("paths"), (*where, "paths"), reading)


def _identity(name: str, item: Mapping[str, Json]) -> object:
    """What must be there only once: the thing that is mapped."""
    source = item.get("from")
    if source is None:
        return None
    if name == "folders":
        return split_path(source)
    if name == "members":
        return source.lower()
    return (
        (item.get("kind", "control"), item.get("model"), item.get("element"), source) if name == "controls" else source
    )


def _once(identity: object, where: Where, seen: dict[object, int], index: int, reading: Reading) -> None:
    if identity is None:
        return
    if identity in seen:
        first = reading.places[(*where[:-1], seen[identity], "from")]
        message = f"this is mapped twice; the first time in line {first.line}"
        text = (
            ".".join(identity)
            if isinstance(identity, tuple) and where[-2] == "paths"
            else identity
            if isinstance(identity, str)
            else ""
        )
        reading.wrong("plan_duplicate_mapping", (*where, "from"), message, "keep one of the two", text)
    else:
        seen[identity] = index


def _glob(item: Mapping[str, Json], where: Where, reading: Reading) -> None:
    source, target = str(item.get("from", "")), str(item.get("to", ""))
    if source.count("*") > 1:
        reading.wrong(
            "plan_pattern", (*where, "from"), "only one * can stand here", "write such as *@acme.com.au", source
        )
    elif target.count("*") > source.count("*"):
        reading.wrong("plan_pattern", (*where, "to"), "this * has no * in from to repeat", "write the name out", target)


def _paths(paths: Json, at: Where, reading: Reading) -> None:
    seen: dict[object, int] = {}
    for index, item in _items(paths):
        source = path_segments(item.get("from"))
        _once(source, (*at, index), seen, index, reading)
        _stars(item, (*at, index), reading)


def _stars(item: Mapping[str, Json], at: Where, reading: Reading) -> None:
    source, target = path_segments(item.get("from")), path_segments(item.get("to"))
    if source is None or target is None:
        return
    try:
        stars(source, target)
    except ValueError as error:
        reading.wrong(
            "plan_pattern",
            (*at, "to"),
            str(error),
            "each * of to keeps the segment that a * of from matched",
            ".".join(target),
        )


def path_segments(value: Json) -> tuple[str, ...] | None:
    """The segments of a path that was written as text or as a list; None where it could not be read."""
    if isinstance(value, str):
        return checks.segments(value)
    return tuple(value) if isinstance(value, list) and all(isinstance(each, str) for each in value) else None


def _rules(data: dict[str, Json], reading: Reading) -> None:
    seen: dict[str, int] = {}
    for index, rule in _items(data.get("rules")):
        at: Where = ("rules", index)
        name = rule.get("name")
        if name in seen:
            line = reading.places[("rules", seen[name], "name")].line
            reading.wrong(
                "plan_conflict",
                (*at, "name"),
                f"a rule of this name stands in line {line}",
                "give each rule its own name",
                name,
            )
        elif isinstance(name, str):
            seen[name] = index
        replace = _mapping(rule.get("replace"))
        if "from" in replace and "at" not in replace and ("text" in replace or "url" in replace):
            message = "from belongs to at"
            reading.wrong(
                "plan_conflict", (*at, "replace", "from"), message, "remove it; text or url says what is replaced"
            )
        _stars(_mapping(rule.get("set_path")), (*at, "set_path"), reading)


def _policy(data: dict[str, Json], reading: Reading) -> None:
    policy = _mapping(data.get("policy"))
    if policy.get("security") == "waive" and ("policy", "waived_by") not in reading.places:
        message = "security rules are waived and nobody answers for it"
        reading.wrong(
            "plan_missing_key",
            ("policy", "security"),
            message,
            "add waived_by: with a name or an e-mail address",
            "waive",
        )
