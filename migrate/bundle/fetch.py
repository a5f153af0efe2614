"""Station 4: a scope -> ``Bundle``. One spec a document; what cannot be read becomes a row, not a crash."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping

from migrate.bundle.spec import Bundle, Spec, parse_spec
from migrate.errors import ApiRefusal, ServiceError
from migrate.events import Listener, Stage, silent
from migrate.inventory.model import Inventory, Key
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.sigma.workers import each


async def fetch(
    client: Client,
    inventory: Inventory,
    keys: Iterable[Key],
    *,
    into: MutableMapping[Key, Spec] | None = None,
    listener: Listener = silent,
) -> Bundle:
    """The specs of these documents, read in parallel within the org's lane; ``into`` is where they are put, if given.

    A document that Sigma refuses (403, archived, the permanent 500) or that has no known shape is listed
    in ``unreadable`` with a reason code and a sentence.
    """
    todo = list(dict.fromkeys(keys))
    specs: MutableMapping[Key, Spec] = {} if into is None else into
    unreadable: dict[Key, tuple[str, str]] = {}
    read = 0
    listener(Stage(name="fetch", org=inventory.org, total=len(todo)))

    async def one(key: Key) -> None:
        nonlocal read
        try:
            answer = await api.read_spec(
                client, key.kind, inventory.contents_id(key), inventory.generation_of(key.kind)
            )
            specs[key] = parse_spec(answer, key)
            read += 1
        except ApiRefusal as refusal:
            why = "" if refusal.code == "unusable_spec" else "Sigma does not hand out its spec: "
            unreadable[key] = (refusal.code, f"{why}{refusal.message}")
        except ValueError as error:
            unreadable[key] = ("unknown_shape", f"its spec has no known shape: {error}")
        except ServiceError as error:
            if not error.of_one:
                raise
            unreadable[key] = (error.code, f"reading its spec fails permanently: {error.message}")
        listener(Stage(name="fetch", org=inventory.org, done=read + len(unreadable), total=len(todo)))

    await each(todo, one, workers=client.width)
    return Bundle(
        specs=specs if into is not None else {key: specs[key] for key in todo if key in specs}, unreadable=unreadable
    )
