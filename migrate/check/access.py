"""Whether a copy may be seen by whom it was planned to be: its owner and the grants right on it, read back."""

from __future__ import annotations

from collections.abc import Mapping

from migrate.check.levels import Result, Scene, Unproven
from migrate.check.model import Difference
from migrate.inventory.access import Grantee
from migrate.inventory.model import Inventory
from migrate.sigma import api
from migrate.survey.access import direct


async def access(scene: Scene) -> Result:
    """The owner of the document, and who was granted what right on it, are as planned; nobody else was granted more.

    Raises Unproven where the plan carries nothing, or nobody could say what should stand there.
    """
    around, target_id = scene.document.around, scene.document.outcome.target_id
    if around is None:
        if scene.document.outcome.outcome == "mapped":
            return "declared", ()
        raise Unproven("the plan carries neither its owner nor its grants, or what they should be is not known")
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
        wrong += _grants(around.grants, stand, scene.sides.dest)
    return ("fail" if wrong else "pass"), tuple(wrong)


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
