"""Rules between the keys of a plan: what each key alone cannot know.

They are asked of blocks and lists as they stand in the file, before what is in them is judged, so that a plan with a
broken key is still checked everywhere else: nothing here may trust the kind of a value. Each tells ``book`` what it
finds; ``block.where`` is the place of a block, from the root of the plan.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from migrate.kinds import counted
from migrate.plan import checks
from migrate.plan.hosts import host_problem
from migrate.plan.literal_secret import either, shown
from migrate.plan.stars import stars
from migrate.plan.suggest import did_you_mean
from migrate.text import split_path
from migrate.tree import Json
from migrate.yaml.places import Where

if TYPE_CHECKING:
    from migrate.plan.reading import Block, Items, Reading


def whole(plan: Block, book: Reading) -> None:
    """The orgs a plan speaks of are there and are what they are used for, and the plan says what it copies.

    A base URL taken from the environment is put in its place on the way.
    """
    orgs = _mapping(plan.get("orgs"))
    for alias, org in orgs.items():
        if isinstance(org, dict):
            _org(alias, org, orgs, book)
    _source(plan, orgs, book)
    _targets(plan, orgs, book)
    _parent(plan, orgs, book)
    _one_version(plan, book)
    _carry(_mapping(plan.get("carry")), book)
    _selection(plan, book)


def _mapping(value: Json) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(block: Mapping[str, Json], key: str) -> str | None:
    value = block.get(key)
    return value if isinstance(value, str) else None


def _blocks(items: Json) -> Iterator[tuple[int, dict[str, Any]]]:
    """The blocks of a list, with their positions."""
    for index, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, dict):
            yield index, item


def _org(alias: str, org: dict[str, Json], orgs: Mapping[str, Json], book: Reading) -> None:
    at: Where = ("orgs", alias)
    if isinstance(org.get("base_url"), str):
        _base_url(alias, org, book)
    if org.get("access") == "write" and "expect" not in org:
        fix = "add expect: {slug: ...} or {organization_id: ...} (in a table: slug), to be compared before any write"
        message = f"{shown(alias)} is access: write and does not say who it must be"
        book.wrong("plan_needs_expect", (*at, "access"), message, fix)
    if "tenant_of" in org:
        _tenant(alias, org, orgs, book)
    elif "tenant_id" in org:
        message, fix = "tenant_id belongs to tenant_of", "name the parent org: tenant_of: ALIAS"
        book.wrong("plan_conflict", (*at, "tenant_id"), message, fix)


def _tenant(alias: str, org: Mapping[str, Json], orgs: Mapping[str, Json], book: Reading) -> None:
    at: Where = ("orgs", alias, "tenant_of")
    if "tenant_id" not in org:
        fix = "add tenant_id: the tenant's organization id"
        book.wrong("plan_missing_key", at, "tenant_of needs tenant_id", fix)
    parent = _text(org, "tenant_of")
    if parent is None:
        return
    if parent not in orgs:
        book.wrong("plan_unknown_org", at, f"no org is called {shown(parent)}", did_you_mean(parent, orgs), parent)
    elif parent == alias or "tenant_of" in _mapping(orgs[parent]):
        message = f"{shown(parent)} has no credentials of its own to exchange"
        book.wrong("plan_conflict", at, message, "name the parent org, with credentials", parent)


def _base_url(alias: str, org: dict[str, Json], book: Reading) -> None:
    at: Where = ("orgs", alias, "base_url")
    url = org["base_url"]
    reference = re.fullmatch(checks.ENV_REFERENCE, url)
    if reference:
        name, written = shown(reference[1]), url
        url = book.environ.get(reference[1], "")
        if not url:
            fix = f"export {name}=https://api.….sigmacomputing.com"
            book.wrong("plan_missing_variable", at, f"the variable {name} is not set", fix, written)
            return
    elif "${" in url:
        book.wrong("plan_template", at, "only ${env.NAME} alone can stand for a base URL", "write the URL out", url)
        return
    message, fix = host_problem(url, allow_host=(_text(org, "allow_host") or "").lower() == "true")
    if message:
        # A URL with a password in it must not be repeated.
        book.wrong("plan_host", at, message, fix, "" if "@" in url else url)
    org["base_url"] = url.rstrip("/")


def _source(plan: Mapping[str, Json], orgs: Mapping[str, Json], book: Reading) -> None:
    alias = source_alias(plan)
    if alias is not None:
        _known(alias, ("source",) if isinstance(plan["source"], str) else ("source", "org"), orgs, book)


def source_alias(plan: Mapping[str, Json]) -> str | None:
    """The alias of the source org of a plan, or None for a bundle or an unreadable source."""
    return _text(plan, "source") or _text(_mapping(plan.get("source")), "org")


def _known(alias: str, at: Where, orgs: Mapping[str, Json], book: Reading) -> bool:
    if alias in orgs or (alias in book.without_variables):
        return alias in orgs
    fix = did_you_mean(alias, orgs) or f"describe it under orgs: {shown(alias)}:"
    book.wrong("plan_unknown_org", at, f"no org is called {shown(alias)}", fix, alias)
    return False


def _targets(plan: Mapping[str, Json], orgs: Mapping[str, Json], book: Reading) -> None:
    targets, source = plan.get("targets"), source_alias(plan)
    for index, alias in enumerate(targets if isinstance(targets, list) else []):
        at: Where = ("targets", index)
        if not isinstance(alias, str) or not _known(alias, at, orgs, book):
            continue
        org = _mapping(orgs[alias])
        if org.get("access", "read") != "write":
            message = f"{shown(alias)} is a target, and its access is read"
            fix = f"add access: write to the org {shown(alias)}, if it is really meant to be written to"
            book.wrong("plan_needs_write", at, message, fix, alias)
        if alias == source:
            if "folders" not in _mapping(plan.get("map")) and "variants" not in plan:
                message = f"{shown(alias)} is source and target at once, and no folder is mapped to another"
                fix = "name two different orgs, or say under map.folders where the copies go inside this one"
                book.wrong("plan_conflict", at, message, fix, alias)
        elif source is not None and source in orgs and _same(org, _mapping(orgs[source])):
            both = f"{shown(alias)} and the source {shown(source)}"
            message = f"{both} have the same host and the same credentials: they are one org"
            book.wrong("plan_conflict", at, message, "correct the credentials of one of them", alias)


def _one_version(plan: Mapping[str, Json], book: Reading) -> None:
    """A bundle holds one version of each document."""
    source = _mapping(plan.get("source"))
    if "version" in source and "bundle" in source:
        fix = "remove it; export writes the versions that are published"
        book.wrong("plan_conflict", ("source", "version"), "a bundle holds one version of each document", fix)


def tenants_are_listed(targets: Block, book: Reading) -> None:
    """Somebody lists the tenants, and what is said of a parent's list has one."""
    if "csv" not in targets and "tenants_of" not in targets:
        message = "one of csv and tenants_of is missing"
        book.wrong("plan_missing_key", targets.where, message, "write such as {csv: tenants.csv}")
    elif "where" in targets and "tenants_of" not in targets:
        message, fix = "where says which tenants of a parent org, and none is named", "add tenants_of: ALIAS"
        book.wrong("plan_conflict", (*targets.where, "where"), message, fix)


def _parent(plan: Mapping[str, Json], orgs: Mapping[str, Json], book: Reading) -> None:
    """The org whose tenants are targets has credentials of its own, by which those of tenants are asked for."""
    at: Where = ("targets", "tenants_of")
    parent = _text(_mapping(plan.get("targets")), "tenants_of")
    if parent is not None and _known(parent, at, orgs, book) and "tenant_of" in _mapping(orgs[parent]):
        message = f"{shown(parent)} has no credentials of its own to exchange"
        book.wrong("plan_conflict", at, message, "name the parent org, with credentials", parent)


_NEEDED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "fallback_owner": (("owners", "mapped"),),
    "wider": (("grants", "mapped"),),
    "widening": (("grants", "mapped"),),
    "recipients": (("schedules", "paused"),),
    "revoked": (("grants", "mapped"), ("tags", "names")),
}
"""What a key of ``carry`` says something about: without one of these it would be given and have no effect."""


def _carry(carry: Mapping[str, Json], book: Reading) -> None:
    for key, needed in _NEEDED.items():
        if carry.get(key) in (None, [], "report", "block") or any(carry.get(other) == mode for other, mode in needed):
            continue
        wanted = " or ".join(f"{other}: {mode}" for other, mode in needed)
        book.wrong(
            "plan_conflict", ("carry", key), f"{key} has no effect without {wanted}", f"add {wanted}, or remove it"
        )


def _same(one: Mapping[str, Json], other: Mapping[str, Json]) -> bool:
    keys = ("base_url", "credentials", "tenant_of", "tenant_id")
    return bool(one) and "base_url" in one and all(one.get(key) == other.get(key) for key in keys)


def _selection(plan: Mapping[str, Json], book: Reading) -> None:
    """A plan says what it copies: forgetting it must not copy a whole organization."""
    if "select" not in plan and "variants" not in plan and "bundle" not in _mapping(plan.get("source")):
        fix = "write select: {include: [{folder: Workspace/Folder}]}, or select: {include: [{}]} for everything"
        book.wrong("plan_missing_key", (), "the key select is missing: nothing says what is copied", fix)
    select = plan.get("select")
    if isinstance(select, dict) and "include" not in select:
        fix = "add include: [{folder: Workspace/Folder}], or include: [{}] for everything"
        book.wrong("plan_missing_key", ("select",), "select has no include: nothing would be copied", fix)


def listed_or_named(rule: Block, book: Reading) -> None:
    """A list says which ids are meant, so that none stands beside it."""
    if "list" in rule and "id" in rule:
        book.wrong("plan_conflict", (*rule.where, "id"), "id and list cannot stand together", "keep one of them")


def one_of(names: Sequence[str], example: str) -> Callable[[Block, Reading], None]:
    """The rule that exactly one of these keys is given."""

    def asked(block: Block, book: Reading) -> None:
        found = [name for name in block if name in names]
        if not found:
            message = f"one of {either(names)} is missing"
            book.wrong("plan_missing_key", block.where, message, f"write such as {example}")
        elif len(found) > 1:
            message = f"{' and '.join(found)} cannot stand together"
            book.wrong("plan_conflict", (*block.where, found[1]), message, "keep one of them")

    return asked


def who_is_expected(expect: Block, book: Reading) -> None:
    """Nobody is not expected."""
    if not ({"organization_id", "slug"} & expect.keys()):
        message, fix = "organization_id or slug is missing", "give organization_id or slug"
        book.wrong("plan_missing_key", expect.where, message, fix)


def none_twice(items: Items, book: Reading) -> None:
    """No entry of a list is there twice."""
    seen: set[str] = set()
    for index, item in enumerate(items):
        if isinstance(item, str) and item in seen:
            book.wrong("plan_conflict", (*items.where, index), f"'{shown(item)}' is listed twice", "remove one")
        elif isinstance(item, str):
            seen.add(item)


def _once(items: Items, book: Reading, identity: Callable[[dict[str, Any]], Any], *, text: bool = True) -> None:
    """What is mapped is mapped once."""
    seen: dict[Any, int] = {}
    for index, item in _blocks(items):
        found = identity(item)
        if found is None:
            continue
        first = seen.setdefault(found, index)
        if first != index:
            line = book.line((*items.where, first, "from"))
            message = f"this is mapped twice; the first time in line {line}"
            value = "" if not text else found if isinstance(found, str) else ".".join(found)
            book.wrong("plan_duplicate_mapping", (*items.where, index, "from"), message, "keep one of the two", value)


def each_once(items: Items, book: Reading) -> None:
    """Each name is mapped once."""
    _once(items, book, lambda item: _text(item, "from"))


def each_address_once(items: Items, book: Reading) -> None:
    """Each e-mail address is mapped once, whatever its letter case."""
    _once(items, book, lambda item: (_text(item, "from") or "").lower() or None)


def each_folder_once(items: Items, book: Reading) -> None:
    """Each folder is mapped once, however its path is written."""
    _once(items, book, lambda item: split_path(_text(item, "from") or "") or None, text=False)


def each_path_once(items: Items, book: Reading) -> None:
    """Each warehouse path is mapped once, however it is written."""
    _once(items, book, lambda item: path_segments(item.get("from")))


def each_renamed_once(items: Items, book: Reading) -> None:
    """Each control, column … of the same models and elements is renamed once."""

    def identity(item: Mapping[str, Json]) -> object:
        told = (_text(item, "kind") or "control", _text(item, "model"), _text(item, "element"), _text(item, "from"))
        return None if told[3] is None else told

    _once(items, book, identity, text=False)


def rules_go_together(items: Items, book: Reading) -> None:
    """Each rule has its own name, and those in Python stand first."""
    _each_rule_named_once(items, book)
    _python_comes_first(items, book)


def _each_rule_named_once(items: Items, book: Reading) -> None:
    """Reports tell rules apart by their names."""
    seen: dict[str, int] = {}
    for index, rule in _blocks(items):
        name = _text(rule, "name")
        if name is None:
            continue
        first = seen.setdefault(name, index)
        if first != index:
            message = f"a rule of this name stands in line {book.line((*items.where, first, 'name'))}"
            book.wrong("plan_conflict", (*items.where, index, "name"), message, "give each rule its own name", name)


def _python_comes_first(items: Items, book: Reading) -> None:
    """Rules in Python get the document itself, the others what these left; so they stand in that order."""
    others = ""
    for index, rule in _blocks(items):
        if "python" not in rule:
            others = others or (_text(rule, "name") or "another rule")
        elif others:
            message = f"a rule in Python stands behind {others!r}, and is called before it"
            fix = "write the rules in Python first"
            book.wrong("plan_conflict", (*items.where, index, "python"), message, fix, str(rule["python"]))


def one_star(pair: Block, book: Reading) -> None:
    """A glob has one star, and what takes its place repeats it at most."""
    source, target = _text(pair, "from") or "", _text(pair, "to") or ""
    if source.count("*") > 1:
        at: Where = (*pair.where, "from")
        book.wrong("plan_pattern", at, "only one * can stand here", "write such as *@acme.com.au", source)
    elif target.count("*") > source.count("*"):
        at = (*pair.where, "to")
        book.wrong("plan_pattern", at, "this * has no * in from to repeat", "write the name out", target)


def stars_repeat(paths: Block, book: Reading) -> None:
    """Every star of a target path repeats one of its source."""
    source, target = path_segments(paths.get("from")), path_segments(paths.get("to"))
    if source is None or target is None:
        return
    try:
        stars(source, target)
    except ValueError as error:
        fix = "each * of to keeps the segment that a * of from matched"
        book.wrong("plan_pattern", (*paths.where, "to"), str(error), fix, ".".join(target))


def path_segments(value: Json) -> tuple[str, ...] | None:
    """The segments of a path that was written as text or as a list; None where it could not be read."""
    if isinstance(value, str):
        return checks.segments(value)
    return tuple(value) if isinstance(value, list) and all(isinstance(each, str) for each in value) else None


def somebody_is_told(run: Block, book: Reading) -> None:
    """When somebody is told says nothing where nobody is."""
    if "alert" in run and "on_finish" not in run:
        message = "run.alert says when somebody is told, and nobody is"
        fix = "add on_finish: {webhook: env:NAME} or {command: [...]}, or take alert out"
        book.wrong("plan_conflict", (*run.where, "alert"), message, fix, str(run.get("alert")))


def engine_is_there(run: Block, book: Reading) -> None:
    """An engine elsewhere has an address, and an address an engine."""
    engine, address = run.get("engine", "local"), "scheduler" in run
    if engine == "dask" and not address:
        fix = "add scheduler: tls://HOST:8786, or tcp://127.0.0.1:8786 on one machine"
        book.wrong(
            "plan_missing_key", (*run.where, "engine"), "the engine dask needs the address of its scheduler", fix
        )
    elif engine == "local" and address:
        message, fix = "run.scheduler has no effect with the engine local", "add engine: dask, or take scheduler out"
        book.wrong("plan_conflict", (*run.where, "scheduler"), message, fix)


REQUESTS_AT_ONCE = 4
"""Requests in flight to one organization where a plan does not say."""


def writes_fit(run: Block, book: Reading) -> None:
    """Writes in flight are requests in flight: more of them than there may be requests would have no effect."""
    writes, requests = str(run.get("write_concurrency", 1)), str(run.get("concurrency", REQUESTS_AT_ONCE))
    if writes.isdecimal() and requests.isdecimal() and int(writes) > int(requests):
        message = f"{writes} writes in flight have no effect where {counted('request', int(requests))} may be"
        fix = f"write {requests} or fewer, or raise run.concurrency"
        book.wrong("plan_conflict", (*run.where, "write_concurrency"), message, fix, writes)


def run_is_sound(run: Block, book: Reading) -> None:
    """What a run says of whom it tells, who works on it and how wide it is goes together."""
    somebody_is_told(run, book)
    writes_fit(run, book)
    engine_is_there(run, book)


def data_is_asked_for(verify: Block, book: Reading) -> None:
    """How rows are compared says nothing where the level data is not asked for."""
    levels = verify.get("levels")
    if "data" in verify and not (isinstance(levels, list) and "data" in levels):
        message = "verify.data says how rows are compared, and no level compares any"
        fix = "add data to verify.levels, or take data: out"
        book.wrong("plan_conflict", (*verify.where, "data"), message, fix, "data")


def somebody_answers(policy: Block, book: Reading) -> None:
    """Security rules are waived by a person."""
    if policy.get("security") == "waive" and "waived_by" not in policy:
        message = "security rules are waived and nobody answers for it"
        fix = "add waived_by: with a name or an e-mail address"
        book.wrong("plan_missing_key", (*policy.where, "security"), message, fix, "waive")
