"""The first plan file: what a look at an organization, and at a target if there is one, says by itself.

Only what is certain stands in it as a setting: the same name on both sides. Everything else is a comment with what
could be meant, so that a person decides.
"""

from __future__ import annotations

import os.path
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from migrate.errors import InvalidInput, Problem
from migrate.files import real
from migrate.inventory.model import Inventory, Named
from migrate.kinds import counts as count_kinds
from migrate.kinds import in_words
from migrate.plan.env_orgs import org_node, prefix
from migrate.plan.load import plan_name
from migrate.plan.model import Plan
from migrate.plan.orgs import FromEnvironment, Org, Source
from migrate.text import join_path, one_line
from migrate.yaml.places import Place
from migrate.yaml.write import to_flow

_LISTED = 8  # candidates a comment names


def looking(source: str | Path, target: str | None, environ: Mapping[str, str]) -> Plan:
    """A plan that selects nothing, to look at these organizations with; both are only read.

    They are found in the environment, as those of a CSV plan; a source that is a path is a bundle. Raises
    InvalidInput naming every variable that is not set, and where both are one.
    """
    problems: list[Problem] = []
    if source == target:
        message = f"{source} is the source and the target"
        problems.append(Problem(code="same_organization", message=message, fix="name another target", value=source))
    orgs = {}
    for alias in (each for each in (source, target) if isinstance(each, str)):
        if org_node(alias, environ, Place(file="environment", label=alias), write=False, problems=problems) is not None:
            start = prefix(alias)
            credentials = FromEnvironment(prefix=start)
            orgs[alias] = Org(alias=alias, base_url=environ[f"{start}_BASE_URL"], credentials=credentials)
    if problems:
        raise InvalidInput(problems)
    called = (real(source).name or "bundle") if isinstance(source, Path) else source
    return Plan(
        name=plan_name(f"{called}-to-{target}" if target else called),
        orgs=orgs,
        source=Source(bundle=source) if isinstance(source, Path) else Source(org=source),
        targets=(target,) if target else (),
    )


def outline(plan: Plan, seen: Mapping[str, Inventory], at: str, folder: Path, worksheets: Path | None = None) -> str:
    """The text of a plan file that is to stand in ``folder``.

    ``seen`` holds what was looked at by alias, a bundle's under ``bundle``; ``at`` is when. What ``worksheets`` map is
    left to them.
    """
    alias = plan.source.org or "bundle"
    source = seen[alias]
    target = seen[plan.targets[0]] if plan.targets else None
    workspaces = _workspaces(source)
    head = [
        f"# Made by sigma-migrate init on {at[:10]}, from a look at {' and '.join(seen)}.",
        "# Lines behind a # are for you to decide; docs/plan.md names every key.",
        "version: 1",
        f"name: {to_flow(plan.name)}",
        "",
        *_orgs(plan, seen),
        "",
        f"source: {to_flow(_source(plan.source, folder))}",
        f"targets: {to_flow(list(plan.targets or (_UNKNOWN,)))}"
        if plan.targets or plan.source.bundle
        else "# targets: [the alias of an org with access: write]",
        "",
    ]
    if worksheets is not None:
        named = os.path.relpath(worksheets, folder)
        whole = ["select:", "  include:", *_included(workspaces), ""]
        return "\n".join([*head, *whole, "map:", f"  worksheets: {to_flow(named)}"]) + "\n"
    lines = [
        *head,
        "select:",
        "  include:",
        *_included(workspaces),
        "",
        "map:",
        f"  folders: {'' if workspaces else '[]'}".rstrip(),
        *(f"    - {to_flow({'from': name, 'to': name})}" for name, _told in workspaces),
        *_connections(source, target),
    ]
    for key, what, mine, theirs in (
        ("teams", "team", source.teams, target.teams if target else {}),
        ("user_attributes", "user attribute", source.user_attributes, target.user_attributes if target else {}),
        ("plugins", "plugin", source.plugins, target.plugins if target else {}),
    ):
        lines += _names(key, what, mine, theirs) if target else ()
    return "\n".join(lines) + "\n"


_UNKNOWN = "target"


def _orgs(plan: Plan, seen: Mapping[str, Inventory]) -> Iterator[str]:
    """The organizations; for a bundle without a target one to fill in, which no run mistakes for a real one."""
    yield "orgs:"
    for each in plan.orgs.values():
        yield from _org(each, seen[each.alias], write=each.alias != plan.source.org)
    if not plan.orgs:
        yield f"  {_UNKNOWN}:"
        yield "    base_url: https://aws-api.sigmacomputing.com  # the API host of the region it stands in"
        yield f"    credentials: env:{prefix(_UNKNOWN)}"
        yield "    expect: {slug: to-be-filled-in}  # its name in its addresses: app.sigmacomputing.com/SLUG"
        yield "    access: write"


def _source(source: Source, folder: Path) -> str | Mapping[str, str]:
    return {"bundle": os.path.relpath(source.bundle, folder)} if source.bundle else str(source.org)


def _included(workspaces: Iterable[tuple[str, str]]) -> list[str]:
    """A rule for each folder at the top."""
    rules = [f"    - {to_flow({'folder': name})}  # {told}" for name, told in workspaces]
    return rules or ["    - {}  # everything: no document that the credential can see stands in a folder"]


def _org(org: Org, seen: Inventory, *, write: bool) -> Iterator[str]:
    identity = seen.identity
    expect = {"organization_id": identity.organization_id} | ({"slug": identity.slug} if identity.slug else {})
    yield f"  {to_flow(org.alias)}:"
    yield f"    base_url: {to_flow(org.base_url)}"
    yield f"    credentials: {to_flow(f'env:{prefix(org.alias)}')}"
    yield f"    expect: {to_flow(expect)}  # as the credentials answered; is it the organization you mean?"
    if write:
        yield "    access: write"


def _workspaces(source: Inventory) -> list[tuple[str, str]]:
    """Each folder at the top that documents stand in or below, with how many; personal ones are left out."""
    counts: dict[str, Counter[str]] = {}
    personal = {folder.path for folder in source.folders.values() if folder.personal}
    for key, item in source.items.items():
        if item.path and not item.archived and item.path[:1] not in personal and item.path not in personal:
            counts.setdefault(join_path(item.path[:1]), Counter())[key.kind] += 1
    return [(name, in_words(count_kinds(found.elements()), ", ")) for name, found in sorted(counts.items())]


def _connections(source: Inventory, target: Inventory | None) -> Iterator[str]:
    """Connections of the same name are mapped; the others are comments with what could be meant."""
    there = Counter(one.name for one in target.connections.values()) if target else Counter[str]()
    ordered = sorted(source.connections.values(), key=lambda each: each.name)
    same = [one for one in ordered if there[one.name] == 1]
    if same:
        yield "  connections:"
        yield from (f"    - {to_flow({'from': one.name, 'to': one.name})}" for one in same)
    elif ordered:
        yield "  # connections:"
    for one in (each for each in ordered if each not in same):
        alike = [each.name for each in target.connections.values() if each.type == one.type] if target else []
        guess = alike[0] if len(alike) == 1 else "?"
        why = f"the only {one.type} connection there" if len(alike) == 1 else f"there: {_listed(there)}"
        yield f"  #   - {to_flow({'from': one.name, 'to': guess})}" + (f"  # {_said(why)}" if target else "")


def _names(key: str, what: str, mine: Mapping[str, Named], theirs: Mapping[str, Named]) -> Iterator[str]:
    """What the target does not have under that name; the same names need no mapping."""
    there = {one.name for one in theirs.values()}
    missing = sorted({one.name for one in mine.values()} - there)
    if missing:
        yield f"  # {key}: each {what} that the target has not under its name"
        for name in missing:
            yield f"  #   - {to_flow({'from': name, 'to': '?'})}  # {_said(f'there: {_listed(there)}')}"


def _listed(names: Iterable[str]) -> str:
    found = sorted(set(names))
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    return (", ".join(found[:_LISTED]) or "none") + more


def _said(text: str) -> str:
    """A text that stays inside its comment."""
    return one_line(text, 160)
