"""Whether the organizations of a plan can be worked with, asked one by one before anything is planned. Reads only.

What only a write could show (whether documents may be created there) is said to be not verifiable, never passed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from migrate.errors import AccessError, ApiRefusal, MigrateError, Refused, ServiceError
from migrate.events import Listener
from migrate.inventory.access import READING
from migrate.inventory.crawl import crawl, with_form
from migrate.inventory.model import Connection, Inventory
from migrate.kinds import FEEDING, KINDS, counted, counts, in_words
from migrate.plan.model import Plan
from migrate.plan.tenants import for_target
from migrate.reasons import REASONS
from migrate.run.clients import Clients
from migrate.run.reach import reach_of
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.sigma.model import WHOAMI_PATH
from migrate.sigma.refusals import words_of
from migrate.sigma.workers import each
from migrate.survey.may_write import asked_to_write
from migrate.text import join_path, split_path
from migrate.words import Kind

AT_ONCE = 4
_MAY_CREATE = frozenset({"edit", "organize"})  # shown in Sigma as: can manage, can contribute
_CLOCKS_AGREE = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at in one organization.

    ``exit_code`` is that of the command where the verdict is ``fail``, else 0; ``code`` the reason code, if any.
    """

    org: str
    what: str
    verdict: Literal["ok", "warn", "fail", "not_verifiable"]
    detail: str
    next_action: str = ""
    code: str = ""
    exit_code: int = 0


async def examined(clients: Clients, plan: Plan, targets: Sequence[str], listener: Listener) -> tuple[Check, ...]:
    """Every check of the source and of these targets, in the plan's order; an org that fails stops no other."""
    source = [plan.source.org] if plan.source.org else []
    found: dict[str, list[Check]] = {alias: [] for alias in (*source, *targets)}
    seen: dict[str, Inventory] = {}

    async def one(alias: str) -> None:
        try:
            async for check in _org(clients, plan, alias, listener, seen):
                found[alias].append(check)
        except MigrateError as error:
            found[alias].append(_failed(alias, "service", error))

    await each(found, one, workers=AT_ONCE)
    proven = {alias: clients.identity(alias).organization_id for alias in found if alias in clients.open}
    for alias in targets:
        if alias in proven:
            found[alias] += _apart(proven, source, alias)
        if alias in seen and source and source[0] in seen:
            found[alias] += _column_names(for_target(plan, alias), seen[source[0]], seen[alias])
    return tuple(check for checks in found.values() for check in checks)


async def looked_at(clients: Clients, alias: str, listener: Listener) -> Inventory:
    """What one organization shows, its identity proven. Nothing is written by it: what cannot be used ends nothing."""
    client = await clients.client(alias)
    identity = clients.identity(alias)
    found = await crawl(client, org=alias, identity=identity, source=True, listener=listener)
    return await with_form(client, found)


async def _org(
    clients: Clients, plan: Plan, alias: str, listener: Listener, seen: dict[str, Inventory]
) -> AsyncIterator[Check]:
    """The checks of one organization; what it shows is left in ``seen``."""
    try:
        client = await clients.client(alias)
    except MigrateError as error:
        yield _failed(alias, "identity", error)
        if error.code in ("bad_credentials", "unauthorized"):
            yield await _without_credentials(clients, alias)
        return
    identity = clients.identity(alias)
    who = f"{identity.slug or 'no slug shown'} ({identity.organization_id}), as user {identity.user_id}"
    who += f", at {plan.orgs[alias].base_url}"
    yield Check(org=alias, what="identity", verdict="ok", detail=who)
    yield _clock(alias, client)
    inventory = seen[alias] = await looked_at(clients, alias, listener)
    for check in (_generation(alias, inventory), *_listing(alias, inventory)):
        yield check
    yield await _reach(client, alias, inventory)
    target = alias if alias in plan.targets else None
    own = for_target(plan, target) if target else plan
    names = [entry.target if target else entry.source for entry in own.map.connections]
    for name in dict.fromkeys(names):
        yield await _connection(client, alias, inventory, name)
    if target:
        for path in dict.fromkeys(pair.target for pair in own.map.folders):
            yield await _folder(client, alias, inventory, path)
        yield await _writing(client, alias, inventory, own)
    yield _limits(alias, client, own)


async def _without_credentials(clients: Clients, alias: str) -> Check:
    """What the host says to nobody: that tells bad credentials from a wrong host and from a closed door."""
    what, tried = "host", f"tried without credentials: GET {WHOAMI_PATH}"
    try:
        answer = await clients.unsigned(alias, WHOAMI_PATH)
    except MigrateError as error:
        return Check(org=alias, what=what, verdict="fail", detail=f"{tried}: {error.message}", exit_code=6)
    said = f"{tried} was answered {answer.status} ({words_of(answer) or 'no words'})"
    if answer.status == 401 and isinstance(answer.tree, dict):
        action = "make a new API client under Administration > Developer Access, and see which API host is named there"
        detail = (
            f"{said}: an API of Sigma, which lets this address in; id or secret are wrong, expired or of another region"
        )
        return Check(org=alias, what=what, verdict="ok", detail=detail, next_action=action)
    if answer.status == 403 or answer.shape == "html":
        action = "have the address of this machine put on the organization's IP allow-list, or run where it is"
        detail = f"{said}: this address is kept out before any credentials are looked at"
        return Check(org=alias, what=what, verdict="fail", detail=detail, next_action=action, exit_code=5)
    action = "write the API host that is shown under Administration > Developer Access"
    detail = f"{said}: no API of Sigma answers like that"
    return Check(org=alias, what=what, verdict="fail", detail=detail, next_action=action, exit_code=5)


async def _reach(client: Client, alias: str, inventory: Inventory) -> Check:
    """What is there that the credential does not see. What others keep in personal folders is nobody's to copy."""
    found = await reach_of(client, inventory)
    if found.why_not:
        detail = f"how much is invisible to this credential cannot be counted: {found.why_not}"
        return Check(org=alias, what="reach", verdict="not_verifiable", detail=detail)
    seen = f"lists {in_words(counts(key.kind for key in inventory.items), ', ')}"
    action = "give the credential's member access to the folders they are in" if found.shared else ""
    verdict: Literal["ok", "warn"] = "warn" if found.shared else "ok"
    return Check(org=alias, what="reach", verdict=verdict, detail=f"{seen}; {found.told}", next_action=action)


def _limits(alias: str, client: Client, plan: Plan) -> Check:
    """Whether the plan's pace is one that the organization takes, as far as these few requests show it."""
    stats, rate = client.stats, f"{plan.run.requests_per_second:g} requests a second, {plan.run.concurrency} at once"
    asked = f"{counted('request', stats.requests)} at the plan's pace ({rate})"
    if stats.throttled:
        action = "lower run.requests_per_second, or see what else uses this organization's API"
        detail = f"{stats.throttled} of {asked} were throttled"
        return Check(org=alias, what="limits", verdict="warn", detail=detail, next_action=action)
    return Check(org=alias, what="limits", verdict="ok", detail=f"none of {asked} was throttled")


def _clock(alias: str, client: Client) -> Check:
    """How far the organization's clock and this machine's are apart. Nothing depends on it but how times read."""
    ahead = client.ahead
    if ahead is None:
        return Check(org=alias, what="clock", verdict="not_verifiable", detail="its answers tell no time")
    if abs(ahead) < _CLOCKS_AGREE:
        return Check(org=alias, what="clock", verdict="ok", detail="it agrees with this machine's clock")
    apart = f"{abs(ahead):.0f} seconds" if abs(ahead) < 120 else f"{abs(ahead) / 60:.0f} minutes"
    detail = f"it is {apart} {'ahead of' if ahead > 0 else 'behind'} this machine's clock"
    action = "set this machine's clock; nothing is decided by it, but the times in ledger and report will look odd"
    return Check(org=alias, what="clock", verdict="warn", detail=detail, next_action=action)


def _failed(alias: str, what: str, error: MigrateError) -> Check:
    return Check(
        org=alias,
        what=what,
        verdict="fail",
        detail=error.message,
        next_action=error.next_action,
        code=error.code,
        exit_code=error.exit_code,
    )


def _generation(alias: str, inventory: Inventory) -> Check:
    if inventory.generation is None:
        detail = "no document shows which shape of the workbook API it speaks"
        return Check(org=alias, what="workbook API", verdict="not_verifiable", detail=detail)
    low, high = inventory.dates
    spelled = f"spelled as of {high}" if low == high else "what was read does not show its date of the spec contract"
    return Check(org=alias, what="workbook API", verdict="ok", detail=f"generation {inventory.generation}; {spelled}")


def _listing(alias: str, inventory: Inventory) -> Iterator[Check]:
    detail = (
        f"{in_words(counts(key.kind for key in inventory.items), ', ')}, "
        f"{counted('folder', len(inventory.folders))}, {counted('connection', len(inventory.connections))}"
    )
    yield Check(org=alias, what="reading", verdict="ok", detail=detail)
    for problem in inventory.lacks.values():
        action = REASONS[problem.code].fix
        yield Check(org=alias, what="reading", verdict="not_verifiable", detail=problem.message, next_action=action)
    for problem in inventory.unreadable:
        listed = "give the credential the right to list them, if the plan maps any"
        action = listed if problem.code == "not_listed" else REASONS[problem.code].fix
        yield Check(
            org=alias, what="reading", verdict="warn", detail=problem.message, next_action=action, code=problem.code
        )


async def _connection(client: Client, alias: str, inventory: Inventory, name: str) -> Check:
    what = f"connection {name}"
    ids = [one.id for one in inventory.connections.values() if name in (one.id, one.name)]
    if len(ids) != 1:
        refused = Refused(
            f"{len(ids) or 'no'} connections of that name or id are there",
            code="ambiguous_name" if ids else "unresolved_name",
            next_action="write the id instead of the name" if ids else "correct map.connections",
        )
        return _failed(alias, what, refused)
    try:
        answer = await api.connection_test(client, ids[0])
    except (ApiRefusal, ServiceError) as error:
        return _failed(alias, what, error)
    told = answer if isinstance(answer, dict) else {}
    read, write = str(told.get("read", "")), str(told.get("write", ""))
    detail = f"read {read or 'not told'}, write {write or 'not told'}"
    if read != "SUCCESS":
        action = "test the connection in Sigma; its queries will fail in every copy"
        return _failed(alias, what, AccessError(detail, code="connection_broken", next_action=action))
    return Check(org=alias, what=what, verdict="ok", detail=detail)


def _column_names(plan: Plan, source: Inventory, dest: Inventory) -> Iterator[Check]:
    """Whether formulas name columns alike on both sides of each mapped connection."""
    for entry in plan.map.connections:
        of, to = _one_of(source, entry.source), _one_of(dest, entry.target)
        if of is None or to is None:
            continue  # told by the check of the connection itself
        what, makes = f"column names of {entry.target}", {True: "on", False: "off"}
        if of.friendly_name == to.friendly_name:
            detail = f"friendly names are {makes[to.friendly_name]}, as for {entry.source}"
            yield Check(org=dest.org, what=what, verdict="ok", detail=detail)
            continue
        detail = f"friendly names are {makes[to.friendly_name]}, but {makes[of.friendly_name]} for {entry.source}"
        code = "column_names_differ"
        yield Check(org=dest.org, what=what, verdict="warn", detail=detail, next_action=REASONS[code].fix, code=code)


def _one_of(org: Inventory, name: str) -> Connection | None:
    found = [one for one in org.connections.values() if name in (one.id, one.name)]
    return found[0] if len(found) == 1 else None


def _apart(proven: Mapping[str, str], source: Sequence[str], alias: str) -> Iterator[Check]:
    """Whether an organization is one of its own; ``proven`` are the organization ids by alias."""
    twins = [other for other, organization in proven.items() if other != alias and organization == proven[alias]]
    for other in twins:
        action = f"give {alias} the credentials of the organization it is meant to be"
        error = Refused(f"it is the organization of {other} itself", code="same_organization", next_action=action)
        yield _failed(alias, "apart", error)
    if not twins and any(one in proven for one in source):
        yield Check(org=alias, what="apart", verdict="ok", detail=f"another organization than {source[0]}")


async def _writing(client: Client, alias: str, inventory: Inventory, plan: Plan) -> Check:
    """Whether the account type may write what the plan may have to, asked by replacing what never was."""
    if not client.writable:
        detail = "the plan does not open this organization for writing"
        return Check(org=alias, what="writing", verdict="not_verifiable", detail=detail)
    kinds = [kind for kind in _selected(plan) if kind not in inventory.lacks]
    asked = await asked_to_write(client, inventory, (*kinds, None))
    tried = "tried: replacing a document of each kind, and moving a file, that never was"
    if asked.closed:
        one = next(iter(asked.closed.values()))
        detail = f"{'; '.join(each.why for each in asked.closed.values())} ({tried})"
        return _failed(alias, "writing", AccessError(detail, code=one.code, next_action=one.fix))
    if asked.untold:
        why = "; ".join(dict.fromkeys(each.why for each in asked.untold.values()))
        detail = f"{tried}; it refuses to say that what never was is not there, so that this tells nothing: {why}"
        return Check(org=alias, what="writing", verdict="not_verifiable", detail=detail)
    things = ", ".join((*(KINDS[kind].plural for kind in kinds), "folders"))
    detail = f"the account type may write {things} ({tried}); what it may do in a folder is told by plan"
    return Check(org=alias, what="writing", verdict="ok", detail=detail)


def _selected(plan: Plan) -> tuple[Kind, ...]:
    """The kinds that a plan may write: those its rules name, all where one names none, and models that come along."""
    named = [rule.type for rule in plan.select.include]
    wanted = set(KINDS) if None in named or not named else {kind for kind in named if kind is not None}
    wanted |= {FEEDING.kind} if plan.select.dependencies == "include" else set()
    return tuple(kind for kind in KINDS if kind in wanted)


async def _folder(client: Client, alias: str, inventory: Inventory, text: str) -> Check:
    """What the credential may do in the nearest folder that is there."""
    what = f"folder {text}"
    names = split_path(text)
    by_path = {folder.path: folder for folder in inventory.folders.values()}
    above = (by_path.get(names[:size]) for size in range(len(names), 0, -1))
    near = inventory.folders.get(text) or next((folder for folder in above if folder), None)
    if near is None:
        detail = f"workspace {names[0]!r} is not there yet; apply makes it if the credential may"
        return Check(org=alias, what=what, verdict="not_verifiable", detail=detail)
    try:
        entry = await api.get_file(client, near.id) or {}
    except ApiRefusal as error:
        return _failed(alias, what, error)
    permission = str(entry.get("permission", ""))
    detail = f"permission {permission or 'not told'} on {join_path(near.path)}"
    if permission in READING:
        action = "grant the credential's member edit on that folder"
        return _failed(alias, what, AccessError(detail, code="forbidden", next_action=action))
    return Check(org=alias, what=what, verdict="ok" if permission in _MAY_CREATE else "not_verifiable", detail=detail)
