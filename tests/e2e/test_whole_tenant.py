"""A tenant with all that stands round its documents: copied, run again, changed by people, looked at, taken back."""

from __future__ import annotations

import copy
import json
import uuid

import pytest
from test_carry import MAPS

from migrate.report.facts import not_carried
from migrate.sandbox.person_around import act_around
from migrate.sandbox.world import builtin

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(900)]

TIMES = 20
"""How often the three documents of the packaged world stand in the tenant, each time in a folder of its own."""

CARRY = {
    "grants": "mapped",
    "owners": "mapped",
    "fallback_owner": "admin@group.example",
    "widening": "allow",
    "tags": "names",
    "schedules": "paused",
    "recipients": [{"schedule": "Orders*", "to": ["board@group.example"]}],
    **dict.fromkeys(("embeds", "materializations", "saved_views", "favourites", "teams"), "report"),
}


def multiplied(world):
    """The world with the folder of the three documents, and all round them, so many times."""
    org = world.orgs["acme_au"]
    folder = next(one for one in org.inodes.values() if one.name == "Month End")
    inside = [one for one in org.inodes.values() if one.parent_id == folder.id]
    grants = [one for one in org.grants.values() if one["inodeId"] in {folder.id, *(each.id for each in inside)}]
    for number in range(1, TIMES):
        ids = {one.id: str(uuid.uuid5(uuid.NAMESPACE_OID, f"{one.id}/{number}")) for one in (folder, *inside)}

        def renamed(value, ids=ids):
            text = json.dumps(value)
            for old, new in ids.items():
                text = text.replace(old, new)
            return json.loads(text)

        for one in (folder, *inside):
            twin = copy.deepcopy(one)
            twin.id, twin.facts = ids[one.id], renamed(one.facts)
            twin.parent_id = ids.get(one.parent_id, one.parent_id)
            if one is folder:
                twin.name = f"Month End {number}"
            for version in twin.versions:
                version.body = renamed(version.body)
            org.inodes[twin.id] = twin
        for grant in grants:
            key = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{grant['grantId']}/{number}"))
            org.grants[key] = {**grant, "grantId": key, "inodeId": ids[grant["inodeId"]]}
    return world


@pytest.fixture
def tenant(stage):
    return stage(multiplied(builtin("surroundings")))


def plan(tenant, **policy):
    return tenant.plan(
        "acme_au",
        "group",
        select={"include": [{"folder": "Finance"}]},
        map=MAPS,
        carry=CARRY,
        policy={"unsupported": "report", **policy},
        verify=["exists"],
    )


def there(tenant, name):
    org = tenant.world.orgs["group"]
    return [
        one for one in org.inodes.values() if one.name == name and not one.archived and "tagged_from" not in one.facts
    ]


async def test_a_tenant_is_copied_again_drifted_and_taken_back(tenant):
    org = tenant.world.orgs["group"]
    stood = {one.id for one in org.inodes.values()}
    granted = set(org.grants)
    first = await tenant.run(plan(tenant))
    rows, residuals = first.reconciliation.rows, first.reconciliation.residuals
    assert (first.exit_code, len(rows)) == (0, 3 * TIMES), [(row.reason_code, row.reason) for row in rows][:3]
    assert {row.levels["access"] for row in rows} == {"pass"}
    assert first.reconciliation.run["carried"] == ["grants", "tags", "schedules"]
    assert not {"grants and owners", "version tags", "scheduled exports"} & set(not_carried(first.reconciliation))
    assert "version history" in not_carried(first.reconciliation)
    overviews = there(tenant, "Orders Overview")
    assert len(overviews) == TIMES
    for one in overviews:
        assert org.members[one.owner_id].email == "finance@acme.example"
        assert [tag["name"] for tag in one.facts["tags"]] == ["Review"]
        assert [(s["isSuspended"], s["target"]) for s in one.facts["schedules"]] == [
            (True, [{"email": "board@group.example"}])
        ]
    codes = {one["code"] for one in residuals if one["source_name"] == "Orders Overview"}
    assert codes >= {
        *("tag_older", "embed_stays", "materialization_stays", "saved_views_stay"),
        *("access_lost", "access_widened"),
    }
    assert all(one["next_action"] and one["owner"] and one["source_url"] for one in residuals)

    tenant.sandbox.evidence.clear()
    again = await tenant.run(plan(tenant))
    assert tenant.sandbox.evidence.writes() == []
    assert {row.outcome for row in again.reconciliation.rows} == {"unchanged"}
    assert len(again.reconciliation.residuals) == len(residuals)

    changed = {
        "ungrant": {"to": "Sales"},
        "own": {"to": "sales@acme.example"},
        "untag": {"name": "Review"},
        "unschedule": {},
    }
    for one, (deed, facts) in zip(overviews, changed.items(), strict=False):
        act_around(org, deed, {"inode": one.id, **facts}, now=0.0)
    async with tenant.migration(plan(tenant)) as migration:
        drifts, _ = await migration.drift()
    told = sorted(one.told for one in drifts if one.told)
    assert len(told) == len(changed)
    assert [text for text in told if "explore of team Sales was taken away" in text]
    assert [text for text in told if "the tag Review was taken off" in text]
    assert [text for text in told if "it was given to sales@acme.example" in text]
    assert [text for text in told if "the schedule 'Orders of the week' was taken away" in text]

    async with tenant.migration(plan(tenant)) as migration:
        (taken,) = await migration.undo(first.run_id)
    assert {one.result for one in taken.undone} <= {"access_restored", "deleted", "removed", "kept", "gone"}
    left = {one.id for one in org.inodes.values() if not one.archived and "tagged_from" not in one.facts}
    assert left == stood
    assert {key for key, one in org.grants.items() if one["inodeId"] in stood} == granted
