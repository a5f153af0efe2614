"""A target to decide on, made of a few words."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType, SimpleNamespace

import pytest

from migrate.bundle.spool import Spool
from migrate.change.actions import main_actions
from migrate.change.decide import decide
from migrate.change.view import TargetView, known_ids, sending
from migrate.inventory.model import Folder, Identity, Inventory, Item, Key
from migrate.ledger.model import Copy, Home, Snapshot
from migrate.plan.policies import Policy
from migrate.rewrite.model import Copied, DocumentId, Draft, ElementIds, Hole
from migrate.rewrite.stowed import drafted, stowed, whole
from migrate.tree import digest

HOME = Home(plan="p", source_org="so", target_org="to")
SALES = ("Shared", "Sales")


def wb(number):
    return Key(org="north", kind="workbook", id=f"w{number}")


def dm(number):
    return Key(org="north", kind="data-model", id=f"m{number}")


SPOOL = Spool()
"""The bodies of all drafts of these tests."""


def put_away(draft):
    """A draft whose body lies in the spool."""
    return drafted(draft, SPOOL.put(stowed(draft)))


def full(draft):
    """The draft with its body."""
    return whole(draft, SPOOL.get(draft.digest))


def draft(key, *needs, name="", folder=SALES, **more):
    """A draft with a hole for every key it needs; a link where both are workbooks."""
    body = {"schemaVersion": 1, "links": [{"documentId": "?"} for _ in needs], "of": key.id}
    holes = tuple(Hole(path=("links", at, "documentId"), key=need, wants=DocumentId()) for at, need in enumerate(needs))
    return Draft(
        key=key,
        target="group",
        generation="contents",
        name=name or f"Name of {key.id}",
        folder=folder,
        body=body,
        holes=holes,
        **more,
    )


def there(key, document_id, *, name="", path=SALES, version=5, folder_id="f-sales", **more):
    """A document of the target."""
    return Item(
        key=Key(org="group", kind=key.kind, id=document_id),
        name=name or f"Name of {key.id}",
        folder_id=folder_id,
        path=path,
        version=version,
        **more,
    )


def copy(key, target_id, body, *, version=5, name="", elements=None):
    """A copy as the ledger has it; ``body`` is what was sent."""
    return Copy(
        home=HOME,
        kind=key.kind,
        source_id=key.id,
        target_id=target_id,
        name=name or f"Name of {key.id}",
        folder_id="f-sales",
        digest_sent=digest(body),
        digest_read="as read",
        version_read=version,
        elements=elements or {},
    )


def sight(*drafts, items=(), copies=(), folders=(("Shared",), SALES), **more):
    policy = {name: more.pop(name) for name in ("existing", "drift", "unsupported", "removals") if name in more}
    dest = Inventory(
        org="group",
        identity=Identity(user_id="u", organization_id="to", slug="group"),
        items=MappingProxyType({item.key: item for item in items}),
        folders=MappingProxyType(
            {f"id of {path}": Folder(id=f"id of {path}", name=path[-1], parent_id=None, path=path) for path in folders}
        ),
    )
    snapshot = Snapshot(home=HOME, copies={(one.kind, one.source_id): one for one in copies})
    view = TargetView(
        target="group",
        drafts={one.key: put_away(one) for one in drafts},
        dest=dest,
        snapshot=snapshot,
        policy=Policy(**policy),
        **more,
    )
    ids = known_ids(view)
    now = {one.key: sending(one, ids, snapshot.copies.get((one.key.kind, one.key.id))) for one in drafts}
    return replace(view, sending=now)


def actions_of(changes):
    return {action.id: action for wave in changes.waves for action in wave}


def only(*args, **more):
    """The one action on the one document."""
    found = list(main_actions(decide(sight(*args, **more)).waves))
    assert len(found) == 1
    return found[0]


@pytest.fixture
def make():
    return SimpleNamespace(
        wb=wb,
        dm=dm,
        draft=draft,
        put_away=put_away,
        full=full,
        body=SPOOL.get,
        there=there,
        copy=copy,
        sight=sight,
        only=only,
        actions_of=actions_of,
        SALES=SALES,
        Copied=Copied,
        ElementIds=ElementIds,
    )
