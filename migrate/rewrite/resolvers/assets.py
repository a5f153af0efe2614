"""References to assets of an organization: plugins, connectors, themes, fonts, images, uploads, agent sequences."""

from __future__ import annotations

import re
from collections.abc import Mapping

from migrate.rewrite.catalogue.walk import ReferenceSite
from migrate.rewrite.context import NamedKind
from migrate.rewrite.drafting import Drafting, Resolver

BLANK_IMAGE = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
"""One transparent pixel, so that an image that cannot travel keeps its place."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _registered(kind: NamedKind, code: str, fix: str) -> Resolver:
    def resolve(site: ReferenceSite, drafting: Drafting) -> None:
        gap = drafting.named(site, kind)
        if gap:
            drafting.unsupported(site, code, gap, fix, drafting.called(site.value))

    return resolve


def theme(site: ReferenceSite, drafting: Drafting) -> None:
    """A built-in theme stays; one of the organization cannot travel, its overrides can."""
    if not _UUID.fullmatch(site.value):
        drafting.note(site, "opaque", note="a built-in theme")
        return
    message = "the document uses a theme of its organization, which no call copies; its overrides are kept"
    if drafting.unsupported(
        site, "not_portable", message, "create the theme in the target and set it there", site.value
    ):
        drafting.edits.drop(site.path)


def font(site: ReferenceSite, drafting: Drafting) -> None:
    """A font by name."""
    drafting.note(site, "opaque", note="fonts go by name; a custom one must exist in the target")


def image(site: ReferenceSite, drafting: Drafting) -> None:
    """An uploaded image belongs to the source organization; under ``report`` a blank one keeps its place."""
    message = f"uploaded image {site.value!r} belongs to the source organization and no call uploads one"
    if drafting.unsupported(
        site, "not_portable", message, "upload it again in the target, or set its source by a rule", site.value
    ):
        drafting.edits.set(site.path[:-1], {"kind": "url", "url": BLANK_IMAGE})


def csv(site: ReferenceSite, drafting: Drafting) -> None:
    """An uploaded CSV file can be read by the workbook it was uploaded to, and by no other."""
    message = "it reads an uploaded CSV file, which only the workbook it was uploaded to can read"
    fix = "put the data into a warehouse table and read that, or exclude this"
    drafting.refuse(site, "not_portable", message, fix, str(site.value))


def sequence(site: ReferenceSite, drafting: Drafting) -> None:
    """An agent's action sequence is not given by the read API; under ``report`` the step is left out."""
    message = "an agent runs an action sequence, which the read API does not give"
    if drafting.unsupported(site, "not_portable", message, "add the sequence again in the target"):
        listed = isinstance(site.path[-2], int) if len(site.path) > 1 else False
        drafting.edits.drop(site.path[:-1] if listed else site.path)


SETTLE: Mapping[str, Resolver] = {
    "plugin": _registered("plugin", "unresolved_plugin", "register the plugin in the target, or map it in map.plugins"),
    "connector": _registered("connector", "unresolved_connector", "create the connector in the target"),
    "theme": theme,
    "font": font,
    "image": image,
    "csv": csv,
    "sequence": sequence,
}
