"""References to people: members, teams and user attributes, by id in rules and by name in formulas.

These are security: what cannot be mapped refuses the document. Where a named person waives that, the rule is made
narrower, never wider: an assignment that leads nowhere is dropped, and a rule with none left lets nobody in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from migrate.kinds import counted
from migrate.plan.match import map_email, map_name
from migrate.rewrite.catalogue.walk import ReferenceSite
from migrate.rewrite.context import NamedKind, Resolved
from migrate.rewrite.drafting import Drafting, Resolver
from migrate.rewrite.text.formula import calls, escape_text
from migrate.rewrite.text.formula_spans import formulas_of
from migrate.tree import Path, at

_NOTHING = Resolved()


def _by_id(kind: NamedKind, drops_at: int) -> Resolver:
    """A resolver for ids of one kind; ``drops_at`` is how far above the id the assignment stands."""

    def resolve(site: ReferenceSite, drafting: Drafting) -> None:
        gap = drafting.named(site, kind)
        if gap and drafting.insecure(site, gap, drafting.called(site.value)):
            drafting.edits.drop(site.path[: len(site.path) - drops_at])

    return resolve


def attribute_name(site: ReferenceSite, drafting: Drafting) -> None:
    """Names of user attributes and teams inside functions of formulas; those of SQL are found by its own reader."""
    if site.path[-1] != "statement":
        for start, text in formulas_of(site.path, site.value):
            in_formula(site, drafting, start, text)


def in_formula(site: ReferenceSite, drafting: Drafting, start: int, text: str) -> None:
    """Map the user attributes and teams that a formula names; it begins at ``start`` of the site's text."""
    for call in calls(text):
        kind = kind_of(call.name)
        for argument in call.texts if kind else ():
            if kind == "team" or argument.index == 0:
                span = (start + argument.span[0], start + argument.span[1])
                by_name(site, drafting, kind or "team", argument.value, span, escape_text)


def kind_of(function: str) -> NamedKind | None:
    """What a function of the current user names: a user attribute, a team, or nothing."""
    name = function.casefold()
    if name.startswith("currentuserattribute"):
        return "user-attribute"
    return "team" if name == "currentuserinteam" else None


def by_name(
    site: ReferenceSite,
    drafting: Drafting,
    kind: NamedKind,
    name: str,
    span: tuple[int, int],
    spelled: Callable[[str], str],
) -> None:
    """Map one user attribute or team that a text names; ``spelled`` is how a name is written there."""
    row = "team-name" if kind == "team" else "attribute-name"
    resolved = drafting.context.named.get(kind, _NOTHING)
    after = resolved.names.get(name)
    gap = resolved.gaps.get(name, "")
    if after is None and not gap:
        wanted, _pair = map_name(resolved.pairs, name)
        after = wanted if wanted in resolved.there else None
        gap = f"{kind} {name!r} of a formula or statement is in neither organization"
    if after is None:
        drafting.insecure(site, gap, name, row=row, before=name)
    elif after == name:
        drafting.note(site, "by_name", row=row, before=name)
    else:
        drafting.part(site, span, spelled(after), row=row)


def recipients(site: ReferenceSite, drafting: Drafting) -> None:
    """E-mail addresses an export is sent to, through the map of members."""
    found = list(_addresses(site.value, site.path))
    for path, address in found:
        after, pair = map_email(drafting.context.members, address)
        if pair is not None:
            drafting.edits.set(path, after)
        drafting.note(site, "mapped" if pair else "opaque", before=address, after=after if pair else None)
    message = f"an action sends to {counted('address', len(found))}; both organizations may now send the same"
    drafting.residual("export_recipients", message, "check who should receive it", site.path)
    if not found:
        drafting.note(site, "opaque", note="no address in it")


def _addresses(value: object, path: Path) -> list[tuple[Path, str]]:
    if isinstance(value, str):
        return [(path, value)] if "@" in value else []
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in _addresses(inner, (*path, key))]
    if isinstance(value, list):
        return [found for index, inner in enumerate(value) for found in _addresses(inner, (*path, index))]
    return []


def close_empty_rules(drafting: Drafting) -> None:
    """Make every rule that lost its last assignment let nobody in."""
    lists: dict[Path, set[Path]] = {}
    for path in drafting.edits.drops:
        if "assignments" in path:
            cut = len(path) - 1 - path[::-1].index("assignments")
            lists.setdefault(path[:cut], set()).add(path)
    for rule, dropped in lists.items():
        assignments = at(drafting.body, rule)["assignments"]
        if isinstance(assignments, list):
            left = len(assignments) - len(dropped)
            closed: object = {"kind": "no-one-can-view"}
        else:
            left = sum(len(value) for value in assignments.values() if isinstance(value, list)) - len(dropped)
            closed = "hidden"
        if left == 0:
            drafting.edits.drops -= dropped
            drafting.edits.set(rule, closed)


SETTLE: Mapping[str, Resolver] = {
    "team": _by_id("team", 1),
    "user": _by_id("user", 1),
    "user-attribute": _by_id("user-attribute", 1),
    "page-users": _by_id("user", 0),
    "page-teams": _by_id("team", 0),
    "attribute-name": attribute_name,
    "recipients": recipients,
}
