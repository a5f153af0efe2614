"""What stands round a document and stays behind: of each thing one residual, with what a person has to do. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from migrate.inventory.model import Item
from migrate.kinds import counted
from migrate.plan.policies import Carry
from migrate.reasons import REASONS
from migrate.rewrite.model import Residual
from migrate.tree import Json

OF_LISTS = ("owner_stays", "badge_stays")
"""The codes of what every listing of documents shows."""

OF_DOCUMENTS = ("embed_stays", "materialization_stays", "saved_views_stay", "favourites_stay", "beside_unreadable")
"""The codes of what has to be asked for document by document, or person by person."""

_NAMED = 10


def lists_wanted(carry: Carry) -> tuple[str, ...]:
    """The lists of each document that a plan asks for, by our names."""
    asked = {
        "schedules": carry.schedules,
        "embeds": carry.embeds,
        "materializations": carry.materializations,
        "saved_views": carry.saved_views,
    }
    return tuple(name for name, mode in asked.items() if mode != "none")


def shown_by_lists(item: Item, carry: Carry, target: str) -> Iterator[Residual]:
    """What the listings show of a document and does not come along."""
    if carry.owners == "report" and item.owner:
        message = f"it belongs to {item.owner}, and its copy in {target} to whoever made it"
        yield _residual("owner_stays", item.owner, message)
    if item.badge:
        yield _residual("badge_stays", item.badge, f"its badge {item.badge} stays behind")


def left_behind(
    lists: Mapping[str, Sequence[Json]], unreadable: Mapping[str, str], liked_by: Sequence[str]
) -> Iterator[Residual]:
    """What stands round a document by its lists, and who has it as a favourite."""
    for row in lists.get("embeds", ()):
        of = f"{row.get('sourceType') or 'workbook'} {row.get('sourceName') or ''}".strip()
        kind = "public embed" if row.get("public") else "embed"
        name = str(row.get("sourceName") or "")
        yield _residual("embed_stays", name, f"the {kind} of its {of} at {row.get('embedUrl')} leads to the original")
    for row in lists.get("materializations", ()):
        when = row.get("schedule") if isinstance(row.get("schedule"), dict) else {}
        times = f" ({when.get('cronSpec')} {when.get('timezone')})" if when else ""
        paused = ", paused" if row.get("paused") else ""
        name = str(row.get("elementName") or row.get("elementId") or row.get("sheetId"))
        message = f"its element {name!r} is materialized{times}{paused}; its copy is not"
        yield _residual("materialization_stays", name, message)
    views = [str(row.get("name") or "") for row in lists.get("saved_views", ())]
    if views:
        message = f"{counted('saved view', len(views))} left behind: {_listed(views)}"
        yield _residual("saved_views_stay", _some(views), message)
    if liked_by:
        message = f"{len(liked_by)} have it as a favourite: {_listed(liked_by)}"
        yield _residual("favourites_stay", _some(liked_by), message)
    for name, why in sorted(unreadable.items()):
        yield _residual("beside_unreadable", "", f"its {name.replace('_', ' ')} could not be read: {why}")


def _listed(texts: Iterable[str]) -> str:
    found = list(texts)
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"{', '.join(found[:_NAMED])}{more}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")


def _residual(code: str, thing: str, message: str) -> Residual:
    return Residual(code=code, message=message, next_action=REASONS[code].fix, thing=thing)
