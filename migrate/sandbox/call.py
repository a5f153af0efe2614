"""One request on its way through the sandbox, and what it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import orjson

from migrate.sandbox.answers import header, invalid
from migrate.sandbox.evidence import Entry
from migrate.sandbox.ids import iso, new_uuid
from migrate.sandbox.org import Inode, Json, Member, Org
from migrate.sandbox.service import Sandbox
from migrate.sandbox.yamltext import read_yaml


@dataclass(slots=True, kw_only=True)
class Call:
    """A request that has been let in: who, what, and with which body. ``pattern`` is that of its route."""

    sandbox: Sandbox
    org: Org
    member: Member
    method: str
    path: str
    pattern: str
    headers: list[tuple[bytes, bytes]]
    pairs: list[tuple[str, str]]
    body: bytes
    entry: Entry
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def query(self) -> dict[str, str]:
        """The query, the last of each name."""
        return dict(self.pairs)

    def every(self, name: str) -> list[str]:
        """All values of one query parameter, repeated or with brackets."""
        return [value for key, value in self.pairs if key in (name, f"{name}[]")]

    def flag(self, name: str) -> bool:
        """Whether a query parameter says ``true``."""
        return self.query.get(name, "").lower() == "true"

    @property
    def now(self) -> float:
        """The time by the organization's clock."""
        return self.sandbox.now(self.org)

    @property
    def stamp(self) -> str:
        """The time by the organization's clock, as ISO-8601."""
        return iso(self.now)

    def new_id(self) -> str:
        """A fresh UUID."""
        return new_uuid(self.sandbox.random)

    def tree(self) -> dict[str, Json]:
        """The JSON object in the body. Raises ApiError 400."""
        try:
            tree = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise invalid("Request body is not valid JSON") from error
        return _as_object(tree)

    def spec_tree(self) -> dict[str, Json]:
        """The object in the body, JSON or YAML by its content type (sigma-api 2). Raises ApiError 400."""
        if "yaml" not in header(self.headers, b"content-type"):
            return self.tree()
        try:
            return _as_object(read_yaml(self.body))
        except ValueError as error:
            raise invalid(f"Request body is not valid YAML: {error}") from error

    def created(self, inode: Inode) -> None:
        """Notes a new inode."""
        self.entry.wrote = True
        self.entry.created.append(inode.id)

    def changed(self, inode_id: str) -> None:
        """Notes a change of something that was there."""
        self.entry.wrote = True
        self.entry.touched.append(inode_id)


def _as_object(tree: Json) -> dict[str, Json]:
    if not isinstance(tree, dict):
        raise invalid("Expecting an object as request body")
    return tree


def pairs_of(query: str) -> list[tuple[str, str]]:
    """The names and values of a query string."""
    return parse_qsl(query, keep_blank_values=True, errors="replace") if query else []


def text_of(tree: Mapping[str, Json], key: str, *, required: bool = True) -> str | None:
    """A text in a body. Raises ApiError 400 where it is absent (and required), empty or no text."""
    value = tree.get(key)
    if value is None and not required:
        return None
    if not isinstance(value, str) or (required and not value):
        shown = "undefined" if value is None else type(value).__name__
        raise invalid(f"{key}: Invalid string: {shown}")
    return value
