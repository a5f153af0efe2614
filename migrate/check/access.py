"""Whether what stands round a copy is as planned: its owner, the grants right on it and its version tags, read back."""

from __future__ import annotations

from collections.abc import Mapping

from migrate.change.surroundings.rounds import Round
from migrate.change.surroundings.schedules import title_of
from migrate.check.levels import Result, Scene, Unproven
from migrate.check.model import Difference
from migrate.inventory.access import Grantee
from migrate.inventory.crawl import version_tags
from migrate.inventory.model import Inventory
from migrate.sigma import api
from migrate.survey.access import direct, shown_others


async def access(scene: Scene) -> Result:
    """The owner of the document, who was granted what on it, and its tags are as planned; nobody else can do more.

    Raises Unproven where the plan carries nothing, nobody could say what should stand there, or what stands there is
    not shown to this account and nothing else is wrong.
    """
    hidden = False
    around, target_id = scene.document.around, scene.document.outcome.target_id
    if around is None:
        if scene.document.outcome.outcome == "mapped":
            return "declared", ()
        raise Unproven("the plan carries neither its owner nor its grants or tags, or what they should be is not known")
    wrong: list[Difference] = []
    if not scene.sides.keeps_drift:  # what should stand is planned from what stands, so that it hides what was changed
        wrong += [_difference("$ access", "as it was given", told) for told in around.drifted]
    if not around.waived:
        wrong += [_difference("$ access", "nobody may do more than with its source", told) for told in around.gained]
    if around.owner:
        file = await api.get_file(scene.sides.client, target_id) or {}
        owner = str(file.get("ownerId") or "")
        if owner != around.owner:
            names = scene.sides.dest.members
            here, there = (names[one].name if one in names else one for one in (around.owner, owner))
            wrong.append(_difference("$ owner", here, there or "nobody"))
    if around.grants is not None:
        stand = {grant.grantee: grant.right for grant in await direct(scene.sides.client, target_id)}
        hidden = _lacks_all(around.grants, stand) and await _is_hidden(scene, target_id)
        wrong += [] if hidden else _grants(around.grants, stand, scene.sides.dest)
    if around.tags_after or any(tag.off for tag in around.tags):
        wrong += await _tags(scene, around)
    if around.timetables:
        wrong += await _schedules(scene, around)
    if hidden and not wrong:
        raise Unproven("it belongs to somebody else, and this account is shown no grants on what others own")
    return ("fail" if wrong else "pass"), tuple(wrong)


def _lacks_all(wanted: Mapping[Grantee, str], stand: Mapping[Grantee, str]) -> bool:
    """Whether grants are missing, and no other is there that nobody expected or that was changed."""
    return bool(wanted.keys() - stand.keys()) and all(wanted.get(who) == right for who, right in stand.items())


async def _is_hidden(scene: Scene, target_id: str) -> bool:
    """Whether a document belongs to somebody else, and nothing shows that this account is told of grants of others."""
    client, dest = scene.sides.client, scene.sides.dest
    owner = str((await api.get_file(client, target_id) or {}).get("ownerId") or "")
    if client.identity is None or owner in ("", client.identity.user_id):
        return False
    if not scene.sides.shown_others:
        owners = {item.key.id: item.owner_id for item in dest.items.values()} | {target_id: owner}
        scene.sides.shown_others.append(await shown_others(client, owners))
    return not scene.sides.shown_others[0]


async def _schedules(scene: Scene, around: Round) -> list[Difference]:
    """The schedules that are not there; and those that were just made, and are not paused."""
    outcome = scene.document.outcome
    rows = await api.beside(scene.sides.client, outcome.key.kind, outcome.target_id, "schedules")
    wrong = []
    for one in around.timetables:
        when = one.form["schedule"]
        found = [row for row in rows if title_of(row) == one.title and row.get("schedule") == when]
        ran = bool(found) and not one.stands and all(row.get("isSuspended") is not True for row in found)
        if not found or ran:
            path = f"$ schedule {one.title}"
            wrong.append(_difference(path, f"{when['cronSpec']}, paused", "it runs" if ran else "nothing"))
    return wrong


async def _tags(scene: Scene, around: Round) -> list[Difference]:
    """The tags that were to be put or taken off and stand elsewhere."""
    outcome, newest = scene.document.outcome, scene.document.version
    found = await api.get_document(scene.sides.client, outcome.key.kind, outcome.target_id) or {}
    stand = {tag.id: tag for tag in version_tags(found)}
    wanted = {tag_id: version or newest for tag_id, version in (around.tags_after or {}).items()}
    wanted |= {tag.id: 0 for tag in around.tags if tag.off}
    names = {tag.id: tag.name for tag in around.tags} | {tag.id: tag.name for tag in stand.values()}
    there = {tag_id: stand[tag_id].version if tag_id in stand else 0 for tag_id in wanted}
    return [
        _difference(f"$ tag {names.get(one, one)}", _version(version), _version(there[one]))
        for one, version in sorted(wanted.items())
        if there[one] != version
    ]


def _version(version: int) -> str:
    return f"version {version}" if version else "no version"


def _grants(wanted: Mapping[Grantee, str], stand: Mapping[Grantee, str], dest: Inventory) -> list[Difference]:
    return [
        _difference(f"$ grant {_named(who, dest)}", wanted.get(who, "nothing"), stand.get(who, "nothing"))
        for who in sorted({*wanted, *stand})
        if wanted.get(who) != stand.get(who)
    ]


def _named(who: Grantee, dest: Inventory) -> str:
    kind, one = who
    found = (dest.teams if kind == "team" else dest.members).get(one)
    return f"{kind} {found.name if found else one}"


def _difference(path: str, expected: str, found: str) -> Difference:
    return Difference(level="access", path=path, expected=expected, found=found, kind="changed")
