"""Asking an organization whether it would take a workbook or report: its verify call, or a create that is a dry run.

A dry run is a create with ``dryRun: true``. An organization that honours it answers 200 ``{dryRun: true, warnings}``
or 400 with errors (sigma-news section 4). Any other success means that the flag was not read and the document was
made: it is looked for, by the id in the answer or by a name that nothing else has, and removed.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from migrate.errors import ApiRefusal, SafetyStop, ServiceError
from migrate.kinds import KINDS, DocumentKind
from migrate.reasons import REASONS
from migrate.sigma.client import Client
from migrate.sigma.entries import is_id
from migrate.sigma.paging import every
from migrate.sigma.paths import segment
from migrate.sigma.refusals import error_summaries, reason_of_words
from migrate.tree import Json
from migrate.words import Generation, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecCheck:
    """What an organization says of a document before it is written: ``errors`` refuse it, ``warnings`` do not.

    ``code`` is the reason that the errors stand for. ``failed``: the check itself fails every time, so that its error
    says nothing of the document.
    """

    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    failed: bool = False

    @property
    def code(self) -> str:
        """The reason code of the errors."""
        return reason_of_words("; ".join(self.errors)) or "api_refused"


async def shows_dry_runs(client: Client, kind: Kind, folder_id: str) -> bool:
    """Whether the answers of an organization show that it reads the flag of a dry run, found out without a risk.

    It is asked for a dry run of contents that no organization could store: one that reads the flag answers as its check
    does (``valid: false``), one that does not refuses them like any other create.
    """
    if not client.honours_dry_runs:
        return False
    row, name = KINDS[kind], f"sigma-migrate dry run {uuid4()}"
    nothing = {"schemaVersion": 0, "kind": "nothing", "elements": "nothing", "pages": "nothing"}
    body = {"name": name, "folderId": folder_id, "contents": nothing, "dryRun": True}
    try:
        answer = await client.read("POST", row.root, json=body, dry_run=True)
    except ApiRefusal as error:
        return error.judged
    except ServiceError as error:
        if not error.of_one:
            raise
        return False
    tree = answer.tree if isinstance(answer.tree, dict) else {}
    if tree.get("dryRun") is not True:
        client.distrust_dry_runs()
        await _removed(client, kind, tree, name)
    return False


async def verify_spec(client: Client, kind: Kind, generation: Generation, body: Json) -> SpecCheck | None:
    """What the server's own check says of the body that creates a document of an enveloped kind.

    Uses ``spec/verify`` (document) or a dry run (contents, only on orgs that may be written to, and under a name of
    its own). None where the organization has no check, or was seen to make documents in dry runs: what it made is
    removed and told. Raises SafetyStop ``dry_run_wrote`` where what was made is not found or cannot be removed.
    """
    row = KINDS[kind]
    if generation == "flat" or not row.enveloped or (generation == "contents" and not client.honours_dry_runs):
        return None
    if generation == "document":
        tree = await _asked(client, row.verify, body, dry_run=False)
        return tree if tree is None or isinstance(tree, SpecCheck) else _said(tree)
    if not isinstance(body.get("contents"), dict):
        raise ValueError(f"a contents body without contents would make a blank {kind}")
    name = f"sigma-migrate dry run {uuid4()}"
    tree = await _asked(client, row.root, {**body, "name": name, "dryRun": True}, dry_run=True)
    if tree is None or isinstance(tree, SpecCheck):
        return tree
    if tree.get("dryRun") is True:
        return _said(tree)
    client.distrust_dry_runs()
    await _removed(client, kind, tree, name)
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
        return SpecCheck(
            errors=(error.message,), failed=True
        )  # where the check itself fails every time, nothing was passed
    return answer.tree if isinstance(answer.tree, dict) else {}


def _said(tree: Json) -> SpecCheck:
    errors = error_summaries(tree)
    if not errors and tree.get("valid", True) is not True:
        errors = ["the server says invalid and gives no reason"]
    return SpecCheck(errors=tuple(errors), warnings=tuple(error_summaries({"errors": tree.get("warnings")})))


async def _removed(client: Client, kind: Kind, tree: Json, name: str) -> None:
    """Removes what a dry run made and tells it; raises SafetyStop where that cannot be shown to be done."""
    made = await _made(client, KINDS[kind], tree, name)
    if made is None:
        raise _left(client, f"it may stand there under the name {name!r}")
    try:
        await client.write("DELETE", f"/v2/files/{segment(made)}")
    except (ApiRefusal, ServiceError) as error:
        raise _left(client, f"{kind} {made} ({name!r}) could not be removed: {error.message}") from error
    client.warn(
        "dry_run_wrote",
        f"a dry run made {kind} {made} ({name!r}); it was removed, and no dry run is asked for again",
    )


async def _made(client: Client, row: DocumentKind, tree: Json, name: str) -> str | None:
    """The id of the document of this name that a dry run made: that of the answer if it has the name, else listed."""
    named = tree.get(row.id_field)
    if is_id(named):
        try:
            found = (await client.read("GET", f"{row.root}/{segment(named)}")).tree
        except ApiRefusal as error:
            if error.status != 404:
                raise _left(client, f"{row.kind} {named} ({name!r}) cannot be read") from error
        else:
            if isinstance(found, dict) and found.get("name") == name:
                return str(named)
    listed = await every(client, row.root)
    mine = [entry[row.id_field] for entry in listed if isinstance(entry, dict) and entry.get("name") == name]
    return str(mine[0]) if len(mine) == 1 and is_id(mine[0]) else None


def _left(client: Client, what: str) -> SafetyStop:
    return SafetyStop(
        f"org {client.org}: a dry run was not honoured; {what}.",
        code="dry_run_wrote",
        next_action=REASONS["dry_run_wrote"].fix,
    )
