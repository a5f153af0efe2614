"""Worlds: several organizations, read from files, written to files, and the ones that come with the sandbox."""

from __future__ import annotations

from pathlib import Path

from migrate.sandbox.org import World
from migrate.sandbox.world_read import read_world
from migrate.sandbox.world_write import world_tree
from migrate.sandbox.yaml_places import dump_yaml

PACKAGED = Path(__file__).parent / "worlds"


def load(path: Path | str) -> World:
    """The world in a YAML file, or in the ``world.yaml`` of a folder.

    Raises InvalidInput with every problem at once, each with file, line, value and fix.
    """
    path = Path(path)
    return read_world(path / "world.yaml" if path.is_dir() else path)


def dump(world: World) -> str:
    """A world as the text of one world file; ``load`` of it gives an equal world."""
    return dump_yaml(world_tree(world))


def builtin(name: str = "builtin") -> World:
    """A fresh copy of a packaged world.

    ``builtin`` migrates completely, ``hazards`` holds what cannot travel, ``surroundings`` what stands round documents.
    """
    return load(PACKAGED / name)


def packaged() -> list[str]:
    """The names of the worlds that come with the sandbox."""
    return sorted(folder.name for folder in PACKAGED.iterdir() if (folder / "world.yaml").is_file())
