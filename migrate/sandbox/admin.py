"""The admin port: what a test asks of a sandbox, and does to it, while it runs.

GET    /orgs                       base URLs, organization ids and slugs
GET    /log[?org=]   DELETE /log   every request, in order of arrival
GET    /state[?org=]               everything an organization holds, without secrets
GET    /faults   POST /faults   DELETE /faults   DELETE /faults/{id}
PATCH  /orgs/{alias}/switches      {name: value, …}
POST   /orgs/{alias}/person        {what, inode, name?, parent?, to?, value?}
DELETE /orgs/{alias}/tokens        every token stops being valid
DELETE /orgs/{alias}/clients[/{client_id}]   an API client (all of them) is gone, with its tokens
"""

from __future__ import annotations

import types
import typing
from collections.abc import Awaitable, Callable

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from migrate.sandbox import person
from migrate.sandbox.answers import ApiError, invalid, not_found
from migrate.sandbox.evidence import dump_org
from migrate.sandbox.faults import Around, fault_from
from migrate.sandbox.org import Json, Org, Switches
from migrate.sandbox.person_around import act_around
from migrate.sandbox.service import Sandbox


def admin_app(sandbox: Sandbox) -> Starlette:
    """The admin app of a sandbox."""
    return Starlette(
        routes=[
            _route("GET", "/orgs", sandbox, _orgs),
            _route("GET", "/log", sandbox, _log),
            _route("DELETE", "/log", sandbox, _clear_log),
            _route("GET", "/state", sandbox, _state),
            _route("GET", "/faults", sandbox, _faults),
            _route("POST", "/faults", sandbox, _add_fault),
            _route("DELETE", "/faults", sandbox, _clear_faults),
            _route("DELETE", "/faults/{id}", sandbox, _remove_fault),
            _route("PATCH", "/orgs/{alias}/switches", sandbox, _switch),
            _route("POST", "/orgs/{alias}/person", sandbox, _person),
            _route("DELETE", "/orgs/{alias}/tokens", sandbox, _revoke),
            _route("DELETE", "/orgs/{alias}/clients", sandbox, _revoke_clients),
            _route("DELETE", "/orgs/{alias}/clients/{client_id}", sandbox, _revoke_clients),
        ]
    )


Operation = Callable[[Sandbox, Request, Json], Json]


def _route(method: str, path: str, sandbox: Sandbox, operation: Operation) -> Route:
    return Route(path, _endpoint(sandbox, operation), methods=[method])


def _endpoint(sandbox: Sandbox, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        body = await request.body()
        try:
            tree = orjson.loads(body) if body else {}
            answer, status = operation(sandbox, request, tree), 200
        except orjson.JSONDecodeError:
            answer, status = {"code": "invalid_request", "message": "the body is not JSON"}, 400
        except ApiError as error:
            answer, status = {"code": error.code, "message": error.message}, error.status
        return Response(orjson.dumps(answer), status_code=status, media_type="application/json")

    return endpoint


def _org(sandbox: Sandbox, alias: str | None) -> Org:
    org = sandbox.world.orgs.get(alias or "")
    if org is None:
        raise not_found(f"no organization {alias}; there are: {', '.join(sandbox.world.orgs)}")
    return org


def _orgs(sandbox: Sandbox, _request: Request, _tree: Json) -> Json:
    return {
        alias: {"base_url": sandbox.base_urls[alias], "organization_id": org.id, "slug": org.slug, "name": org.name}
        for alias, org in sandbox.world.orgs.items()
    }


def _log(sandbox: Sandbox, request: Request, _tree: Json) -> Json:
    wanted = request.query_params.get("org")
    return [entry for entry in sandbox.evidence.dump() if wanted in (None, entry["org"])]


def _clear_log(sandbox: Sandbox, _request: Request, _tree: Json) -> Json:
    sandbox.evidence.clear()
    return {}


def _state(sandbox: Sandbox, request: Request, _tree: Json) -> Json:
    wanted = request.query_params.get("org")
    if wanted is not None:
        return dump_org(_org(sandbox, wanted))
    return {alias: dump_org(org) for alias, org in sandbox.world.orgs.items()}


def _faults(sandbox: Sandbox, _request: Request, _tree: Json) -> Json:
    return sandbox.faults.dump()


def _add_fault(sandbox: Sandbox, _request: Request, tree: Json) -> Json:
    fault = fault_from(tree)
    if fault.org and fault.org not in sandbox.world.orgs:
        raise not_found(f"no organization {fault.org}")
    return {"id": sandbox.faults.add(fault)}


def _clear_faults(sandbox: Sandbox, _request: Request, _tree: Json) -> Json:
    sandbox.faults.clear()
    return {}


def _remove_fault(sandbox: Sandbox, request: Request, _tree: Json) -> Json:
    if not sandbox.faults.remove(request.path_params["id"]):
        raise not_found()
    return {}


def _switch(sandbox: Sandbox, request: Request, tree: Json) -> Json:
    org = _org(sandbox, request.path_params["alias"])
    switch(org.switches, tree)
    return dump_org(org)["switches"]


def switch(switches: Switches, changes: Json) -> None:
    """Sets switches by name. Raises ApiError 400 for an unknown name or a wrong value, and then sets none."""
    if not isinstance(changes, dict):
        raise invalid("expecting an object of switches")
    kinds = typing.get_type_hints(Switches)
    ready = {}
    for name, value in changes.items():
        if name not in kinds:
            raise invalid(f"there is no switch {name}; known: {', '.join(kinds)}")
        if not _fits(kinds[name], value):
            raise invalid(f"{name} cannot be {value!r}")
        ready[name] = tuple(value) if isinstance(value, list) else value
    for name, value in ready.items():
        setattr(switches, name, value)


def _fits(kind: Json, value: Json) -> bool:
    if isinstance(kind, types.GenericAlias):
        return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
    origin: Json = typing.get_origin(kind)
    if origin is typing.Literal:
        return value in typing.get_args(kind)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind)


def _person(sandbox: Sandbox, request: Request, tree: Json) -> Json:
    org = _org(sandbox, request.path_params["alias"])
    known = {"what", "inode", "name", "parent", "to", "value"}
    if not isinstance(tree, dict) or not all(isinstance(tree[key], str) for key in tree) or set(tree) - known:
        raise invalid(f"expecting an object of texts: {', '.join(sorted(known))}")
    what = tree.get("what", "")
    if what in typing.get_args(Around):
        return {"id": act_around(org, what, tree, now=sandbox.now(org))}
    inode = person.act(
        org,
        what,
        tree.get("inode", ""),
        now=sandbox.now(org),
        name=tree.get("name", ""),
        parent=tree.get("parent", ""),
    )
    return {"id": inode.id, "version": inode.versions[-1].number if inode.versions else 0}


def _revoke(sandbox: Sandbox, request: Request, _tree: Json) -> Json:
    return {"revoked": sandbox.tokens.revoke_all(_org(sandbox, request.path_params["alias"]).alias)}


def _revoke_clients(sandbox: Sandbox, request: Request, _tree: Json) -> Json:
    org = _org(sandbox, request.path_params["alias"])
    wanted = request.path_params.get("client_id")
    gone = [client.client_id for client in org.clients if wanted in (None, client.client_id)]
    if wanted is not None and not gone:
        raise not_found()
    return {"revoked": sum(sandbox.revoke_client(org, client_id) for client_id in gone)}
