"""Finished copies of a market: a data model, a workbook and a report that read it, each with every part there is."""

from __future__ import annotations

import copy
import tempfile
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from samples import opened
from staging import Stage

from kit.damages import Damage
from migrate.plan.model import Plan
from migrate.plan.policies import Carry
from migrate.plan.proving import DataCheck, Verification
from migrate.run.result import Result
from migrate.sandbox.birth import publish
from migrate.sandbox.counterparts import add_member
from migrate.sandbox.generate import generate
from migrate.sandbox.person_around import act_around
from migrate.sandbox.service import Sandbox
from migrate.words import LEVELS

CASES = Path(__file__).parent / "cases" / "market"


@dataclass
class Copied:
    """Finished copies, and how to look at them again."""

    stage: Stage
    plan: Plan
    kept: Any
    first: Result

    def again(self) -> dict[str, Any]:
        """The rows of a new verification, by the name of the document."""
        return {row.source_name: row for row in self.checked().reconciliation.rows}

    def rows_again(self, **asked: Any) -> Any:
        """The row of the workbook after its data alone was compared."""
        checked = self.checked(self.compared(**asked))
        return next(row for row in checked.reconciliation.rows if row.source_name == "Market Day")

    def compared(self, **asked: Any) -> Plan:
        """A plan that compares rows and looks at nothing else."""
        data = DataCheck(**{"sample": 10, **asked})
        return replace(self.plan, carry=Carry(), verify=Verification(levels=("data",), data=data))

    def checked(self, plan: Plan | None = None, **more: Any) -> Result:
        """What a new verification comes to."""
        result = anyio.run(partial(self._verify, plan or self.plan, **more))
        assert result.reconciliation.consistent
        return result

    async def _verify(self, plan: Plan, **more: Any) -> Any:
        async with self.stage.migration(plan, **more) as migration:
            return await migration.verify()

    def mend(self) -> None:
        """Everything as it was after the copy."""
        self.stage.world.orgs |= copy.deepcopy(self.kept)
        self.stage.sandbox.faults.clear()

    def damage(self, damage: Damage, alias: str = "target") -> None:
        """Does it, as a person would who works in the application."""
        org = self.stage.world.orgs[alias]
        inode = next(one for one in org.inodes.values() if one.name == damage.document and one.versions)
        if damage.body is None:
            damage.around(org, inode)
            return
        body = copy.deepcopy(inode.versions[-1].body)
        damage.body(body)
        assert body != inode.versions[-1].body, "nothing was damaged"
        publish(inode, body, at="2026-11-28T08:00:00.000Z", by=inode.owner_id)


def shared(org):
    """Lets a team look at every document."""
    for inode in [one for one in org.inodes.values() if one.versions]:
        act_around(org, "grant", {"inode": inode.id, "to": "Team 1", "value": "view"}, now=0.0)


def furnished(org):
    """Makes the rows of the market such that its filters let some of them through, for whoever looks by the API."""
    org.switches.exports_late = 0
    for attribute in org.user_attributes.values():
        attribute.extra["users"] = {org.clients[0].member_id: {"value": {"type": "string", "val": "Main"}}}
    for connection in org.connections.values():
        for table in connection.tables.values():
            streets = {"STREET": ("Main", "Main", "Main", "Side"), "NOTE": ("Main", "Main", "Side")}
            table.columns = [replace(one, values=streets.get(one.name, ())) for one in table.columns]


@pytest.fixture(scope="module")
def copied():
    files = {"data-model": "stalls.yaml", "workbook": "market-day.yaml", "report": "week-report.yaml"}
    made = generate([(kind, opened(CASES / name), name) for kind, name in files.items()])
    assert made.refused == {}
    for org in made.world.orgs.values():
        for attribute in org.user_attributes.values():
            attribute.extra["teams"] = {team: {"value": {"type": "string", "val": "north"}} for team in org.teams}
        furnished(org)
    shared(made.world.orgs["source"])
    for org in made.world.orgs.values():
        add_member(org, "stallholder", f"Dk8RnZs3UyWo0MdQx5Itx{org.alias}")
    for inode in made.world.orgs["source"].inodes.values():
        inode.owner_id = "Dk8RnZs3UyWo0MdQx5Itxsource"
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(sandbox=Sandbox(made.world), folder=Path(folder))
        report = {"dir": f"{folder}/reports", "formats": []}
        carry = {"grants": "mapped", "owners": "mapped"}
        levels = [level for level in LEVELS if level != "data"]  # which is tried apart: every look at it costs exports
        plan = stage.plan("source", "target", map=made.mapping, report=report, verify=levels, carry=carry)
        result = anyio.run(stage.run, plan)
        assert {row.outcome for row in result.reconciliation.rows} == {"created"}
        yield Copied(stage=stage, plan=plan, kept=copy.deepcopy(stage.world.orgs), first=result)
