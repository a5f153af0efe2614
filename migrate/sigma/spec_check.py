"""Asking an organization whether it would take a workbook: its verify call, or a create that is a dry run.

A dry run is a create with ``dryRun: true``. An organization that honours it answers 200 ``{dryRun: true, warnings}``
or 400 with errors (sigma-news section 4). Any other success means that the flag was not read and the document was
made: it is looked for, by the id in the answer or by a name that nothing else has, and removed.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from migrate.errors import ApiRefusal, SafetyStop, ServiceError
from migrate.reasons import REASONS
from migrate.sigma.client import Client
from migrate.sigma.entries import is_id
from migrate.sigma.paging import every
from migrate.sigma.paths import segment
from migrate.sigma.refusals import error_summaries
from migrate.sigma.specs import ROOT
from migrate.tree import Json
from migrate.words import Generation

VERIFY = "/v2/workbooks/spec/verify"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecCheck:
    """What an organization says of a document before it is written: ``errors`` refuse it, ``warnings`` do not."""

    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


async def verify_spec(client: Client, generation: Generation, body: Json) -> SpecCheck | None:
    """What the server's own check says of a workbook create body.

    Uses ``spec/verify`` (document) or a dry run (contents, only on orgs that may be written to, and under a name of
    its own). None where the organization has no check, or was seen to make documents in dry runs: what it made is
    removed and told. Raises SafetyStop ``dry_run_wrote`` where what was made is not found or cannot be removed.
    """
    if generation == "flat" or (generation == "contents" and not client.honours_dry_runs):
        return None
    if generation == "document":
        tree = await _asked(client, VERIFY, body, dry_run=False)
        return tree if tree is None or isinstance(tree, SpecCheck) else _said(tree)
    if not isinstance(body.get("contents"), dict):
        raise ValueError("a contents body without contents would make a blank workbook")
    name = f"sigma-migrate dry run {uuid4()}"
    tree = await _asked(client, ROOT["workbook"], {**body, "name": name, "dryRun": True}, dry_run=True)
    if tree is None or isinstance(tree, SpecCheck):
        return tree
    if tree.get("dryRun") is True:
        return _said(tree)
    client.distrust_dry_runs()
    await _removed(client, tree, name)
    return None


async def _asked(client: Client, path: str, body: Json, *, dry_run: bool) -> Json | SpecCheck | None:
    """The tree of a success, the errors of a refusal, None where there is no such call."""
    try:
        answer = await client.read("POST", path, json=body, dry_run=dry_run)
    except ApiRefusal as error:
        if error.code == "no_such_route":
            return None
        if error.status in (400, 404, 409, 413, 422):
            return SpecCheck(errors=tuple(error.said) or (error.message,))
        raise
    except ServiceError as error:
        if not error.of_one:
            raise
        return SpecCheck(errors=(error.message,))  # where the check itself fails every time, nothing was passed
    return answer.tree if isinstance(answer.tree, dict) else {}


def _said(tree: Json) -> SpecCheck:
    errors = error_summaries(tree)
    if not errors and tree.get("valid", True) is not True:
        errors = ["the server says invalid and gives no reason"]
    return SpecCheck(errors=tuple(errors), warnings=tuple(error_summaries({"errors": tree.get("warnings")})))


async def _removed(client: Client, tree: Json, name: str) -> None:
    """Removes what a dry run made and tells it; raises SafetyStop where that cannot be shown to be done."""
    made = await _made(client, tree, name)
    if made is None:
        raise _left(client, f"it may stand there under the name {name!r}")
    try:
        await client.write("DELETE", f"/v2/files/{segment(made)}")
    except (ApiRefusal, ServiceError) as error:
        raise _left(client, f"workbook {made} ({name!r}) could not be removed: {error.message}") from error
    client.warn(
        "dry_run_wrote",
        f"a dry run made workbook {made} ({name!r}); it was removed, and no dry run is asked for again",
    )


async def _made(client: Client, tree: Json, name: str) -> str | None:
    """The id of the workbook of this name that a dry run made: that of the answer if it has the name, else listed."""
    named = tree.get("workbookId")
    if is_id(named):
        try:
            found = (await client.read("GET", f"{ROOT['workbook']}/{segment(named)}")).tree
        except ApiRefusal as error:
            if error.status != 404:
                raise _left(client, f"workbook {named} ({name!r}) cannot be read") from error
        else:
            if isinstance(found, dict) and found.get("name") == name:
                return str(named)
    listed = await every(client, ROOT["workbook"])
    mine = [entry["workbookId"] for entry in listed if isinstance(entry, dict) and entry.get("name") == name]
    return str(mine[0]) if len(mine) == 1 and is_id(mine[0]) else None


def _left(client: Client, what: str) -> SafetyStop:
    return SafetyStop(
        f"org {client.org}: a dry run was not honoured; {what}.",
        code="dry_run_wrote",
        next_action=REASONS["dry_run_wrote"].fix,
    )
