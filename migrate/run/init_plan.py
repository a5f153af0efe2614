"""The first plan file: what a look at an organization, and at a target if there is one, says by itself.

Only what is certain stands in it as a setting: the same name on both sides. Everything else is a comment with what
could be meant, so that a person decides.
"""

from __future__ import annotations

import os.path
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from migrate.assess.model import Need, NeedKind
from migrate.assess.needs import by_schema
from migrate.errors import InvalidInput, Problem
from migrate.files import real
from migrate.inventory.model import Connection, Inventory, Named
from migrate.kinds import counted, in_words
from migrate.kinds import counts as count_kinds
from migrate.plan.env_orgs import org_node, prefix
from migrate.plan.load import plan_name
from migrate.plan.model import Plan
from migrate.plan.orgs import FromEnvironment, Org, Source
from migrate.plan.selection import Select, Selector
from migrate.text import join_path, one_line
from migrate.tree import Json
from migrate.yaml.places import Place
from migrate.yaml.write import to_flow

Use: TypeAlias = tuple[NeedKind, str]
"""A kind of thing that documents use, and the name of one."""

_LISTED = 8  # candidates a comment names


def looking(source: str | Path, target: str | None, environ: Mapping[str, str]) -> Plan:
    """A plan that selects all but personal folders, to look at these organizations with; both are only read.

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
        select=Select(include=(Selector(),)),
    )


def outline(
    plan: Plan,
    seen: Mapping[str, Inventory],
    at: str,
    folder: Path,
    *,
    needs: Sequence[Need] = (),
    worksheets: Path | None = None,
) -> str:
    """The text of a plan file that is to stand in ``folder``.

    ``seen`` holds what was looked at by alias, a bundle's under ``bundle``; ``at`` is when. ``needs`` are what the
    source's documents use. What ``worksheets`` map is left to them.
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
        whole = ["select:", "  include:", *_included(workspaces), *_personal(source), ""]
        return "\n".join([*head, *whole, "map:", f"  worksheets: {to_flow(named)}"]) + "\n"
    lines = [
        *head,
        "select:",
        "  include:",
        *_included(workspaces),
        *_personal(source),
        "",
        "map:",
        f"  folders: {'' if workspaces else '[]'}".rstrip(),
        *(f"    - {to_flow({'from': name, 'to': name})}" for name, _told in workspaces),
        *_connections(source, target, [need for need in needs if need.kind == "path"]),
        *_members(source, target, [need for need in needs if need.kind == "member"]),
    ]
    used = {(need.kind, need.name): len(need.documents) for need in needs}
    for kind in ("team", "user_attribute", "plugin"):
        lines += _names(kind, source, target, used)
    return "\n".join(lines) + "\n"


_UNKNOWN = "target"
ANY_HOST = "https://aws-api.sigmacomputing.com"
"""The host of an organization of which only an inventory is known, to be filled in."""
_HOST_TOLD = "to be filled in: the API host of the region it stands in"


def with_target(plan: Plan, there: Inventory) -> Plan:
    """The plan with a target that was looked at where it was reached, and is not asked now."""
    alias = there.org
    if alias in plan.orgs:
        message = f"{alias} is the source and the target"
        raise InvalidInput([Problem(code="same_organization", message=message, fix="name another target", value=alias)])
    org = Org(alias=alias, base_url=ANY_HOST, credentials=FromEnvironment(prefix=prefix(alias)))
    name = plan_name(f"{plan.name}-to-{alias}")
    return replace(plan, name=name, orgs={**plan.orgs, alias: org}, targets=(alias,))


def _orgs(plan: Plan, seen: Mapping[str, Inventory]) -> Iterator[str]:
    """The organizations; for a bundle without a target one to fill in, which no run mistakes for a real one."""
    yield "orgs:"
    for each in plan.orgs.values():
        yield from _org(each, seen[each.alias], write=each.alias != plan.source.org)
    if not plan.orgs:
        yield f"  {_UNKNOWN}:"
        yield f"    base_url: {ANY_HOST}  # {_HOST_TOLD}"
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
    yield f"    base_url: {to_flow(org.base_url)}" + (f"  # {_HOST_TOLD}" if org.base_url == ANY_HOST else "")
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


def _personal(source: Inventory) -> Iterator[str]:
    """A comment for each personal folder that documents stand in: what is in it travels only where it is named."""
    counts: dict[str, Counter[str]] = {}
    for key, item in source.items.items():
        if item.personal and not item.archived:
            counts.setdefault(join_path(item.path), Counter())[key.kind] += 1
    if counts:
        yield "    # personal folders are left out; a line without its # takes one along"
    for name, found in sorted(counts.items()):
        yield f"    # - {to_flow({'folder': name})}  # {in_words(count_kinds(found.elements()), ', ')}"


def _connections(source: Inventory, target: Inventory | None, paths: Sequence[Need]) -> Iterator[str]:
    """Connections of the same name are mapped; the others are comments with what could be meant."""
    there = Counter(one.name for one in target.connections.values()) if target else Counter[str]()
    ordered = sorted(source.connections.values(), key=lambda each: each.name)
    twice = {name for name, count in Counter(one.name for one in ordered).items() if count > 1}
    same = [one for one in ordered if there[one.name] == 1 and one.name not in twice]
    if ordered:
        yield "  connections:" if same else "  # connections:"
    for one in (*same, *(each for each in ordered if each not in same)):
        start = "    " if one in same else "  #   "
        called = one.id if one.name in twice else one.name
        yield f"{start}- from: {to_flow(called)}" + (f"  # {_said(one.name)}" if one.name in twice else "")
        guess, why = (one.name, "") if one in same else _meant(one, target)
        yield f"{start}  to: {to_flow(guess)}" + (f"  # {_said(why)}" if why else "")
        used = [need for need in paths if need.of in (one.id, one.name)]
        yield from _paths(used, f"{start}  # " if one in same else f"{start}  ")


def _meant(one: Connection, target: Inventory | None) -> tuple[str, str]:
    """What a connection may be called in the target, and why."""
    if target is None:
        return "?", f"{one.type}; its name in the target"
    alike = [each.name for each in target.connections.values() if each.type == one.type]
    if len(alike) == 1:
        return alike[0], f"the only {one.type} connection there"
    return "?", f"there: {_listed(each.name for each in target.connections.values())}"


def _paths(tables: Sequence[Need], start: str) -> Iterator[str]:
    """Every schema and table of a connection that documents read, most read first, each as an entry that keeps it."""
    if tables:
        yield f"{start}paths:  # {counted('table', len(tables))} in use; without an entry a table keeps its path"
    for need in (*by_schema(tables), *tables):
        path: Json = ".".join(need.path)
        if len(need.path) > 1 and any("." in each for each in need.path):
            path = list(need.path)
        yield f"{start}  - {to_flow({'from': path, 'to': path})}  # {_used(need)}"


def _used(need: Need) -> str:
    in_sql = f", {need.in_sql} in SQL" if need.in_sql else ""
    return f"{counted('document', len(need.documents))}, {counted('place', need.uses)}{in_sql}"


def _members(source: Inventory, target: Inventory | None, named: Sequence[Need]) -> Iterator[str]:
    """The domains of the source's people that the target's do not have; people are mapped by their addresses."""
    here = Counter(_domain(one.name) for one in source.members.values())
    used = Counter(_domain(need.name) for need in named)
    there = sorted({_domain(one.name) for one in target.members.values()} - {""}) if target else []
    apart = [domain for domain in sorted({*here, *used} - {""}) if domain not in there]
    if apart:
        yield "  # members:  # people go by their addresses; one entry maps all of a domain"
    for domain in apart:
        guess = there[0] if len(there) == 1 else "?"
        told = f"{counted('member', here[domain])}, {used[domain]} named in documents"
        where = f"; there: {_listed(there)}" if target else ""
        yield f"  #   - {to_flow({'from': f'*@{domain}', 'to': f'*@{guess}'})}  # {_said(told + where)}"


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower() if "@" in address else ""


def _names(kind: NeedKind, source: Inventory, target: Inventory | None, used: Mapping[Use, int]) -> Iterator[str]:
    """Teams, attributes or plugins that the target does not have under their names; without one those in use."""
    key, what = f"{kind}s", kind.replace("_", " ")
    mine: Mapping[str, Named] = getattr(source, key)
    theirs: Mapping[str, Named] = getattr(target, key) if target else {}
    there = {one.name for one in theirs.values()}
    in_use = {name for of, name in used if of == kind}
    missing = sorted({one.name for one in mine.values()} - there) if target else sorted(in_use)
    if missing:
        has = "the target has not under its name" if target else "documents use; the same name is found by itself"
        yield f"  # {key}:  # each {what} that {has}"
    for name in missing:
        guess = "?" if target else name
        told = counted("document", used.get((kind, name), 0)) + (f"; there: {_listed(there)}" if target else "")
        yield f"  #   - {to_flow({'from': name, 'to': guess})}  # {_said(told)}"


def _listed(names: Iterable[str]) -> str:
    found = sorted(set(names))
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    return (", ".join(found[:_LISTED]) or "none") + more


def _said(text: str) -> str:
    """A text that stays inside its comment."""
    return one_line(text, 160)
