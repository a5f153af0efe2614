"""What was seen of a plan's organizations, as local ones; and the same as files, to rehearse where none is reached."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import orjson

from migrate.errors import InvalidInput, MigrateError, Problem
from migrate.files import make_private, pretty, read_regular, write_private
from migrate.rehearse.overheard import Question, Said
from migrate.sandbox.answers import ApiError
from migrate.sandbox.faults import Fault, fault_from
from migrate.sandbox.name_ids import secret_of
from migrate.sandbox.org import Client, World
from migrate.sandbox.world import dump, load
from migrate.tree import Json

SCHEMA = "sigma-migrate.inventory/1"
_WORLD, _FAULTS, _ABOUT = "world.yaml", "faults.json", "inventory.json"
_LARGEST = 1 << 28  # bytes of what is asked and refused, a hundred each


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The organizations of a plan as they were seen ``at`` a time: a world, and what it answers otherwise.

    ``asked`` are the questions that were put to them, ``lost`` the targets that could not be looked at.
    """

    world: World
    faults: tuple[Fault, ...]
    at: str
    asked: frozenset[tuple[str, str]] = frozenset()
    lost: Mapping[str, MigrateError] = field(default_factory=lambda: MappingProxyType({}))


def as_asked(alias: str, said: Said) -> frozenset[tuple[str, str]]:
    """The questions that an organization was asked, as texts by its alias."""
    return frozenset((alias, worded(question)) for question, _ in said)


def worded(question: Question) -> str:
    """A question in one text."""
    body = (question.body or b"").decode("utf-8", "replace")
    return f"{question.method} {question.place}?{question.query} {body}"


def make_ready(folder: Path) -> None:
    """Makes the folder that something is to be kept in. Raises FileError, and InvalidInput where others may read it."""
    make_private(folder)
    if os.name == "posix" and folder.stat().st_mode & 0o077:
        message = f"others may look into {folder}, and names and contents of organizations would stand there"
        fix = f"chmod 700 {folder}, or name a folder that is not there yet"
        raise InvalidInput([Problem(code="folder_open", message=message, fix=fix, file=str(folder))])


def save(folder: Path, taken: Taken) -> None:
    """Writes what was seen into a folder, all of it readable by its owner alone. Raises as ``make_ready``."""
    make_ready(folder)
    write_private(folder / _WORLD, dump(_without_secrets(taken.world)).encode())
    write_private(folder / _FAULTS, pretty([asdict(fault) for fault in taken.faults]))
    about: dict[str, Json] = {"schema": SCHEMA, "at": taken.at, "asked": sorted(taken.asked)}
    write_private(folder / _ABOUT, pretty(about))


def read(folder: Path) -> Taken:
    """What ``save`` wrote. Raises InvalidInput where it is not that."""
    try:
        about = orjson.loads(read_regular(folder / _ABOUT, most=_LARGEST))
        if about["schema"] != SCHEMA:
            raise ValueError(f"it is no {SCHEMA} file")
        faults = tuple(fault_from(one) for one in orjson.loads(read_regular(folder / _FAULTS, most=_LARGEST)))
        asked = frozenset((str(alias), str(text)) for alias, text in about["asked"])
        return Taken(world=load(folder / _WORLD), faults=faults, at=str(about["at"]), asked=asked)
    except (OSError, ValueError, KeyError, TypeError, ApiError) as error:
        why = (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
        problem = Problem(
            code="inventory_unreadable",
            message=f"the inventory cannot be read: {why}",
            fix="name a folder that sigma-migrate inventory or rehearse --keep has written",
            file=str(folder),
        )
        raise InvalidInput([problem]) from None


def with_credentials(world: World) -> Mapping[str, Client]:
    """New credentials for every organization of a world, known to nobody but this process."""
    for org in world.orgs.values():
        member = org.clients[0].member_id if org.clients else next(iter(org.members), "")
        org.clients[:] = [
            Client(client_id=secrets.token_hex(16), client_secret=secrets.token_hex(32), member_id=member)
        ]
    return {alias: org.clients[0] for alias, org in world.orgs.items()}


def _without_secrets(world: World) -> World:
    """A world whose credentials are those that anybody can derive from its names: they open nothing but a sandbox."""
    orgs = {}
    for alias, org in world.orgs.items():
        clients = [replace(one, client_secret=secret_of(alias, one.client_id)) for one in org.clients]
        orgs[alias] = replace(org, clients=clients)
    return World(orgs=orgs)
