"""The calls of Sigma's API that the toolkit uses, one function each. All take a connected ``Client``.

Shapes follow ``sigma-api`` section 5. Reads raise ``ApiRefusal`` on a clear no, ``ServiceError`` after
retries; writes raise ``OutcomeUnknown`` where nobody knows whether they were done.
"""

from __future__ import annotations

from collections.abc import Sequence

from migrate.sigma.client import Client
from migrate.tree import Json
from migrate.words import Generation, Kind


async def whoami(client: Client) -> Json:
    """``{userId, organizationId, …}`` of the credentials."""
    raise NotImplementedError


async def list_documents(client: Client, kind: Kind) -> list[Json]:
    """All documents of a kind that the credential can see, every page."""
    raise NotImplementedError


async def get_document(client: Client, kind: Kind, document_id: str) -> Json | None:
    """The metadata object of one document; None where there is none (404)."""
    raise NotImplementedError


async def list_files(
    client: Client, *, types: Sequence[str] = (), parent_id: str | None = None, name: str | None = None
) -> list[Json]:
    """File entries (folders, workspaces, documents), every page; the listing lags behind creates."""
    raise NotImplementedError


async def get_file(client: Client, file_id: str) -> Json | None:
    """One file entry by id, at once; None where there is none."""
    raise NotImplementedError


async def create_folder(client: Client, name: str, parent_id: str) -> Json:
    """A new folder's file entry. Not idempotent."""
    raise NotImplementedError


async def create_workspace(client: Client, name: str) -> str:
    """The id of a new workspace."""
    raise NotImplementedError


async def patch_file(client: Client, file_id: str, changes: Json) -> Json:
    """The file entry after renaming, moving, re-owning or restoring (``{"restore": true}``)."""
    raise NotImplementedError


async def delete_file(client: Client, file_id: str) -> bool:
    """Soft-deletes; False where it was gone already (404)."""
    raise NotImplementedError


async def read_spec(client: Client, kind: Kind, document_id: str, generation: Generation | None) -> Json:
    """The spec answer of one document, as JSON whatever the server sent.

    ``generation`` is what the org is known to serve; None asks the newest way first and falls back.
    """
    raise NotImplementedError


async def detect_generation(client: Client, workbook_id: str | None) -> Generation | None:
    """What the org accepts for workbooks, by reading one or by a verify/dry-run probe that writes nothing.

    None where nothing tells (an older org with no workbook and no verify endpoint).
    """
    raise NotImplementedError


async def create_document(client: Client, kind: Kind, generation: Generation, body: Json) -> str:
    """The id of the new document; ``body`` as ``bundle.spec.create_body`` makes it. Not idempotent."""
    raise NotImplementedError


async def replace_document(client: Client, kind: Kind, document_id: str, generation: Generation, body: Json) -> None:
    """Replaces the contents; ``body`` as ``bundle.spec.replace_body`` makes it."""
    raise NotImplementedError


async def verify_spec(client: Client, generation: Generation, body: Json) -> list[str] | None:
    """What the server's own check says of a workbook create body: error summaries, empty if clean.

    Uses ``spec/verify`` (document) or ``dryRun`` (contents). None where the generation has no check.
    """
    raise NotImplementedError


async def sources(client: Client, kind: Kind, document_id: str) -> list[Json]:
    """``/sources``: what the document reads. A bare array for workbooks, paged for data models."""
    raise NotImplementedError


async def columns(client: Client, kind: Kind, document_id: str) -> list[Json]:
    """Every column of every element with its type; ``type.type == "error"`` marks a broken formula."""
    raise NotImplementedError


async def elements(client: Client, kind: Kind, document_id: str) -> list[Json]:
    """Every element as the server sees it: ``{elementId, name?, type?, error?}``."""
    raise NotImplementedError


async def element_query(client: Client, kind: Kind, document_id: str, element_id: str) -> Json | None:
    """``{elementId, sql?, error?}``; None where the element has no query (404)."""
    raise NotImplementedError


async def list_connections(client: Client) -> list[Json]:
    """All connections."""
    raise NotImplementedError


async def lookup(client: Client, connection_id: str, path: Sequence[str]) -> Json | None:
    """``{kind, inodeId, url}`` of a warehouse path; None where the catalog does not hold it (404)."""
    raise NotImplementedError


async def table_columns(client: Client, table_id: str) -> list[Json]:
    """``{name, type, visibility}`` of each column of a table inode."""
    raise NotImplementedError


async def list_people(client: Client, what: str) -> list[Json]:
    """All entries of ``members``, ``teams``, ``user-attributes``, ``plugins`` or ``api-connectors``."""
    raise NotImplementedError
