"""What ``plan`` prints of a change set: whatever needs somebody, however much there is."""

from __future__ import annotations

from migrate.change.actions import Block, CreateFolder
from migrate.change.model import ChangeSet, TargetChanges
from migrate.inventory.model import Key
from migrate.terminal.plan import change_set


def test_every_blocked_document_is_printed_behind_however_many_actions() -> None:
    folders = [
        CreateFolder(id=f"f{at}", target="group", folder=("Shared", f"Folder {at}"), why="missing") for at in range(300)
    ]
    key = Key(org="north", kind="workbook", id="w1")
    block = Block(id="b", target="group", key=key, reason_code="name_taken", name="Shared/Orders", why="it is there")
    target = TargetChanges(target="group", organization_id="g", waves=(tuple(folders), (block,)))
    found = ChangeSet(plan="p", plan_sha256="", created_at="", source_organization_id="n", targets=(target,))
    lines = change_set(found).splitlines()
    assert sum("Folder " in line for line in lines) == 200
    assert [line for line in lines if "Shared/Orders" in line]
    assert [line for line in lines if "100 more that are not blocked" in line]
