"""Organizations from the environment: ``SIGMA_<ALIAS>_BASE_URL`` and its companions (contract section 3). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from migrate.errors import Problem
from migrate.plan.literal_secret import shown
from migrate.yaml.places import Node, Place, map_node, text_node


def prefix(alias: str) -> str:
    """The start of an org's variables: the alias in upper case, other characters than letters and digits as ``_``."""
    return "SIGMA_" + re.sub(r"[^A-Z0-9]", "_", alias.upper())


def org_node(
    alias: str, environ: Mapping[str, str], place: Place, *, write: bool, problems: list[Problem]
) -> Node | None:
    """The org block of an alias as its variables give it, or None where some are missing; they are named.

    ``_BASE_URL``, ``_CLIENT_ID`` and ``_CLIENT_SECRET`` are needed. A ``write`` org is proven by ``_SLUG`` or
    ``_ORGANIZATION_ID``, so one of them is needed too. No value but the base URL and these two is read here.
    """
    start = prefix(alias)
    missing = [
        f"{start}_{name}" for name in ("BASE_URL", "CLIENT_ID", "CLIENT_SECRET") if not environ.get(f"{start}_{name}")
    ]
    slug, organization = environ.get(f"{start}_SLUG", ""), environ.get(f"{start}_ORGANIZATION_ID", "")
    if write and not (slug or organization):
        missing.append(
            f"{start}_SLUG (or {start}_ORGANIZATION_ID, to prove it is the right org before anything is written)"
        )
    if missing:
        problems.append(_missing(alias, missing, place))
        return None

    def spot(name: str) -> Place:
        return Place(file=place.file, line=place.line, column=place.column, label=f"{start}_{name}")

    org = {
        "base_url": text_node(environ[f"{start}_BASE_URL"], spot("BASE_URL")),
        "credentials": text_node(f"env:{start}", spot("CLIENT_ID")),
    }
    expect = {"slug": slug, "organization_id": organization}
    given = {key: text_node(value, spot(key.upper())) for key, value in expect.items() if value}
    if given:
        org["expect"] = map_node(given, place)
    if write:
        org["access"] = text_node("write", place)
    return map_node(org, place)


def _missing(alias: str, names: list[str], place: Place) -> Problem:
    """That variables are not set; who reads a table may name its organizations in a file, too."""
    count = "a variable is" if len(names) == 1 else "variables are"
    return Problem(
        code="plan_missing_variable",
        message=f"the org {shown(alias)} is read from the environment, and {count} not set: {', '.join(names)}",
        fix="export them, or name the orgs in a file: --orgs orgs.yaml" if place.line else "export them",
        file=place.file,
        line=place.line,
        column=place.column,
        path=place.label,
        value=shown(alias),
    )
