"""Random worlds with random plans for them: two organizations, how they are set, what people do between two runs.

Everything derives from one seed, so that a world in which something goes wrong can be made again.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

import yaml
from samples import as_served, opened

from kit.places import CORPUS, REPOSITORY, document_files
from migrate.sandbox.generate import generate
from migrate.sandbox.mishaps import Knobs
from migrate.sandbox.org import Inode, Org, Overlaps, World
from migrate.sandbox.person import act
from migrate.sandbox.world import builtin

DOCUMENTS = ("workbook", "data-model", "report")
"""The types of files that are documents."""

NOW = 1_764_000_000.0
"""When people do what they do, in seconds since 1970."""


@dataclass(kw_only=True)
class RandomWorld:
    """Two organizations and the blocks of a plan that copies one into the other; ``chance`` goes on with its seed."""

    seed: int
    chance: random.Random
    world: World
    source: str
    target: str
    blocks: dict[str, Any]
    done: list[str] = field(default_factory=list)
    """What people did so far, in words."""

    @property
    def here(self) -> Org:
        return self.world.orgs[self.source]

    @property
    def there(self) -> Org:
        return self.world.orgs[self.target]

    def some(self, share: float) -> bool:
        """True for so many of all seeds."""
        return self.chance.random() < share

    def any_of(self, org: Org, *, kinds: tuple[str, ...] = DOCUMENTS) -> Inode | None:
        """A living document of an organization, None where it has none."""
        found = sorted((i for i in org.inodes.values() if i.type in kinds and not i.archived), key=lambda i: i.id)
        return self.chance.choice(found) if found else None


def random_world(seed: int) -> RandomWorld:
    """The world and the plan of a seed."""
    chance = random.Random(seed)
    made = chance.choice([*[_of_corpus] * 5, _packaged, _hazards, _surroundings])(seed, chance)
    made.blocks["policy"] = _policy(made)
    for befall in (_set_otherwise, _taken_names, _closed, _unmapped, _rules):
        befall(made)
    return made


def people_work(made: RandomWorld) -> None:
    """What people do on both sides until the next run, and what is changed in the plan."""
    for _ in range(made.chance.randrange(5)):
        org = made.chance.choice([made.here, made.here, made.there])
        inode = made.any_of(org)
        if inode is None:
            continue
        what = made.chance.choice(["edit", "edit", "rename", "move", "delete", "describe"])
        _deed(made, org, inode, what)
    if made.some(0.4):
        made.blocks["policy"] = _policy(made)
    if made.some(0.2):
        _rules(made)
    if made.some(0.2):
        _closed(made)


def _deed(made: RandomWorld, org: Org, inode: Inode, what: str) -> None:
    made.done.append(f"{org.alias}: {what} {inode.type} {inode.name[:40]!r}")
    if what == "describe":
        inode.description = made.chance.choice(["", "In other words.", "Two\nlines."])
        return
    folders = sorted(i.id for i in org.inodes.values() if i.type in ("workspace", "folder") and not i.archived)
    parent = made.chance.choice(folders)
    name = f"{inode.name[:40]} {made.chance.randrange(100)}" if what == "rename" else ""
    act(org, what, inode.id, now=NOW + len(made.done), name=name, parent=parent)


def _of_corpus(seed: int, chance: random.Random) -> RandomWorld:
    """Our own documents, some of them several times, on any two generations that a copy can go between."""
    here, there = chance.choice([("flat", "flat"), ("document", "contents"), *[("contents", "contents")] * 3])
    shares = dict.fromkeys(("missing_tables", "unsynced_tables", "missing_columns", "retyped_columns"), 0.2)
    shares |= {
        "duplicate_names": 0.4,
        "hostile_names": 0.4,
        "broken_formulas": 0.3,
        "personal": 0.2,
        "unreadable": 0.15,
    }
    spoilt = {name: chance.choice([0.0, 0.0, 0.0, share]) for name, share in shares.items()}
    size = chance.randint(3, 12)
    documents = as_served(here, OURS)
    made = generate(documents, seed=seed, size=size, generation=here, target_generation=there, knobs=Knobs(**spoilt))
    blocks = {"map": json.loads(json.dumps(made.mapping)), "select": {"include": [{"allow_empty": True}]}}
    return RandomWorld(seed=seed, chance=chance, world=made.world, source="source", target="target", blocks=blocks)


OURS = [(path.parent.name.removesuffix("s"), opened(path), path.name) for path in document_files(CORPUS)]


def _packaged(seed: int, chance: random.Random) -> RandomWorld:
    """A part of the packaged organization."""
    demo = yaml.safe_load((REPOSITORY / "plans" / "demo.yaml").read_text("utf-8"))
    folders = ["Shared/Sales/Stores", "Shared/Sales/Customers", "Shared/Sales/Online", "Shared/Finance", "Operations"]
    include = [{"folder": name, "allow_empty": True} for name in chance.sample(folders, 2)]
    blocks = {"map": demo["map"], "select": {"include": include}}
    return RandomWorld(seed=seed, chance=chance, world=builtin(), source="acme_au", target="group", blocks=blocks)


SALES = [{"from": "ACME_AU_DW.SALES.*", "to": "GROUP_DW.AU_SALES.*"}]
ORDERS = {"from": "ACME_AU_DW.SALES.ORDERS", "to": "GROUP_DW.AU_SALES.FCT_ORDERS"}


def _hazards(seed: int, chance: random.Random) -> RandomWorld:
    """What cannot travel."""
    connection = {"from": "AU Snowflake", "to": "Group Snowflake", "paths": [*SALES, ORDERS]}
    blocks = {
        "map": {"folders": [{"from": "Shared", "to": "Acme AU"}], "connections": [connection]},
        "select": {"include": [{"folder": "Shared", "allow_empty": True}]},
    }
    return RandomWorld(
        seed=seed, chance=chance, world=builtin("hazards"), source="acme_au", target="group", blocks=blocks
    )


def _surroundings(seed: int, chance: random.Random) -> RandomWorld:
    """What stands round documents, carried too."""
    connection = {"from": "AU Snowflake", "to": "Group Snowflake", "paths": SALES}
    teams = [{"from": "Finance AU", "to": "Finance"}, {"from": "Sales AU", "to": "Sales"}]
    carry = {"grants": "mapped", "owners": "mapped", "fallback_owner": "admin@group.example"}
    blocks = {
        "map": {
            "folders": [{"from": "Finance", "to": "From AU/Finance"}],
            "connections": [connection],
            "teams": teams if chance.random() < 0.8 else [],
        },
        "select": {"include": [{"folder": "Finance", "allow_empty": True}]},
        "carry": {**carry, "widening": chance.choice(["allow", "block"])} if chance.random() < 0.7 else {},
    }
    world = builtin("surroundings")
    return RandomWorld(seed=seed, chance=chance, world=world, source="acme_au", target="group", blocks=blocks)


def _policy(made: RandomWorld) -> dict[str, Any]:
    pick = made.chance.choice
    policy: dict[str, Any] = {
        "existing": pick(["fail", "skip", "update", "rename", "rename"]),
        "drift": pick(["fail", "keep", "overwrite"]),
        "unsupported": pick(["fail", "report", "report", "skip"]),
        "dangling": pick(["fail", "drop", "report"]),
        "removals": pick(["fail", "allow"]),
        "deletes": pick(["report", "archive", "never"]),
        "max_percent": 100,
        "scope_shrink": {"max_percent": 100},
        "breaker_percent": 100,
        "security": pick(["fail", "fail", "waive"]),
    }
    return policy | ({"waived_by": "somebody"} if policy["security"] == "waive" else {})


def _set_otherwise(made: RandomWorld) -> None:
    """The target behaves in another way than usual."""
    ways: Mapping[str, tuple[float, Callable[[], Any]]] = {
        "model_ids": (0.4, lambda: "remap"),
        "panels": (0.3, lambda: False),
        "navigation": (0.3, lambda: False),
        "semantic_views": (0.3, lambda: False),
        "overlaps": (0.2, lambda: made.chance.choice(get_args(Overlaps))),
        "shared_control_ids": (0.2, lambda: "accept"),
        "lag_listings": (0.1, lambda: 2),
        "first_version": (0.2, lambda: 4),
        "conflict_status": (0.1, lambda: 400),
        "friendly_names": (0.1, lambda: False),
    }
    for name, (share, value) in ways.items():
        if made.some(share):
            setattr(made.there.switches, name, value())
            made.done.append(f"switch {name} = {getattr(made.there.switches, name)!r}")


def _taken_names(made: RandomWorld) -> None:
    """Documents that are nobody's copy stand where copies are to stand, under their names."""
    if not made.some(0.3):
        return
    for _ in range(made.chance.randint(1, 3)):
        inode = made.any_of(made.here)
        if inode is None or not inode.versions:
            continue
        parent = _same_place(made, inode)
        if parent is not None:
            twin = Inode(
                id=f"{made.chance.getrandbits(32):08x}-0000-4000-8000-{made.chance.getrandbits(48):012x}",
                type=inode.type,
                name=inode.name,
                parent_id=parent,
                owner_id=next(iter(made.there.members)),
                created_by=next(iter(made.there.members)),
                updated_by=next(iter(made.there.members)),
                created_at="2026-01-01T00:00:00.000Z",
                updated_at="2026-01-01T00:00:00.000Z",
                generation=inode.generation,
                versions=list(inode.versions[-1:]),
            )
            made.there.inodes[twin.id] = twin
            made.done.append(f"taken {inode.type} {inode.name[:40]!r}")


def _same_place(made: RandomWorld, inode: Inode) -> str | None:
    """The folder of the target with the names of those above a document of the source; made as far as it lacks."""
    names: list[str] = []
    above = made.here.inodes.get(inode.parent_id or "")
    while above is not None:
        names.append(above.name)
        above = made.here.inodes.get(above.parent_id or "")
    if not names or names[-1] == "My Documents":
        return None
    owner = next(iter(made.there.members))
    parent: str | None = None
    for depth, name in enumerate(reversed(names)):
        kind = "folder" if depth else "workspace"
        found = [i for i in made.there.inodes.values() if (i.type, i.name, i.parent_id) == (kind, name, parent)]
        if not found:
            found = [
                Inode(
                    id=f"{made.chance.getrandbits(32):08x}-0000-4000-9000-{made.chance.getrandbits(48):012x}",
                    type=kind,
                    name=name,
                    parent_id=parent,
                    owner_id=owner,
                    created_by=owner,
                    updated_by=owner,
                    created_at="2026-01-01T00:00:00.000Z",
                    updated_at="2026-01-01T00:00:00.000Z",
                )
            ]
            made.there.inodes[found[0].id] = found[0]
        parent = found[0].id
    return parent


def _closed(made: RandomWorld) -> None:
    """The credential may not write everywhere, or not at all."""
    member = made.there.clients[0].member_id
    if made.some(0.15):
        folders = sorted(i.id for i in made.there.inodes.values() if i.type in ("workspace", "folder"))
        for folder in made.chance.sample(folders, min(2, len(folders))):
            made.there.inodes[folder].read_only_to.add(member)
            made.done.append(f"read only {made.there.inodes[folder].name[:40]!r}")
    if made.some(0.03):
        made.there.members[member].denied.add(
            made.chance.choice(["workbooks.write", "data-models.write", "files.write"])
        )
        made.done.append(f"denied {made.there.members[member].denied}")
    if made.some(0.03):
        made.there.switches.spec_beta = False
        made.done.append("spec API off")


def _unmapped(made: RandomWorld) -> None:
    """A mapping that the plan lacks."""
    if not made.some(0.3):
        return
    maps = made.blocks["map"]
    kind = made.chance.choice(sorted(maps))
    if maps[kind]:
        gone = made.chance.randrange(len(maps[kind]))
        made.done.append(f"unmapped {kind} {maps[kind][gone]}")
        maps[kind] = [*maps[kind][:gone], *maps[kind][gone + 1 :]]


def _rules(made: RandomWorld) -> None:
    if made.some(0.3):
        made.blocks["rules"] = made.chance.choice(
            [
                [{"name": "suffix", "rename": "{name} (AU)"}],
                [{"name": "brand", "replace": {"text": "Weekly", "with": "Monthly"}}],
                [],
            ]
        )
