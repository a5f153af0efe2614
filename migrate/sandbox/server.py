"""Serving a sandbox: in process as ASGI apps, on loopback ports from a thread, or until a signal comes.

app(world, "group")                     an ASGI app for httpx.ASGITransport
with serve(world) as running:           every organization on a port of its own, and the admin port
    running.base_urls["group"], running.admin_url, running.sandbox.faults.add(Fault(action="reset"))
run_forever(world)                      the command line's: prints shell exports, serves until SIGINT or SIGTERM
"""

from __future__ import annotations

import asyncio
import ipaddress
import shlex
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Self, TextIO

import uvicorn
import uvloop

from migrate.sandbox.admin import admin_app
from migrate.sandbox.app import OrgApp
from migrate.sandbox.evidence import Evidence
from migrate.sandbox.org import Org, World
from migrate.sandbox.service import Sandbox
from migrate.sandbox.wire import Protocol

if TYPE_CHECKING:
    from uvicorn._types import ASGIApplication

PATIENCE = 10.0


def app(world: World | Sandbox, alias: str, *, evidence: Evidence | None = None) -> OrgApp:
    """The ASGI app of one organization. Apps that belong together (tenants, faults) are made from one ``Sandbox``."""
    sandbox = world if isinstance(world, Sandbox) else Sandbox(world, evidence=evidence)
    return OrgApp(sandbox, alias)


class Running:
    """A sandbox on loopback ports, served by one thread; a context manager, plain or async.

    ``base_urls`` by alias, ``admin_url``, ``sandbox``. Stopping closes every connection. Without an ``admin_port``
    nobody on this machine can look at the organizations but with their own credentials.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        *,
        ports: Mapping[str, int] | None = None,
        host: str = "127.0.0.1",
        admin_port: int | None = 0,
    ) -> None:
        self.sandbox = sandbox
        self.host = loopback(host)
        self._wanted = {alias: (ports or {}).get(alias, 0) for alias in sandbox.world.orgs}
        self._admin_port = admin_port
        self._servers: list[_Server] = []
        self._sockets: list[socket.socket] = []
        self._ready = threading.Event()
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None
        self.admin_url = ""

    @property
    def base_urls(self) -> dict[str, str]:
        """Alias to base URL."""
        return self.sandbox.base_urls

    def start(self) -> Self:
        """Binds the ports and serves; comes back when all of them answer. Raises OSError where a port is taken."""
        pairs: list[tuple[ASGIApplication, socket.socket]] = []
        try:
            for alias, port in self._wanted.items():
                bound = self._bound(port)
                self.sandbox.base_urls[alias] = self._url(bound)
                pairs.append((_typed(OrgApp(self.sandbox, alias)), bound))
            if self._admin_port is not None:
                admin = self._bound(self._admin_port)
                self.admin_url = self._url(admin)
                pairs.append((_typed(admin_app(self.sandbox)), admin))
        except OSError:
            self._close()
            raise
        self._servers = [_Server(_config(asgi)) for asgi, _ in pairs]
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)
        self._thread.start()
        if not self._ready.wait(PATIENCE) or self._failure is not None:
            self.stop()
            raise RuntimeError("the sandbox did not start") from self._failure
        return self

    def stop(self) -> None:
        """Stops serving and gives the ports back."""
        for server in self._servers:
            server.should_exit = True
        if self._thread is not None:
            self._thread.join(PATIENCE)
            self._thread = None
        self._close()

    def _bound(self, port: int) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        bound = socket.socket(family, socket.SOCK_STREAM)
        self._sockets.append(bound)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((self.host, port))
        bound.listen(1024)
        return bound

    def _url(self, bound: socket.socket) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{bound.getsockname()[1]}"

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve())
        except BaseException as error:  # noqa: BLE001
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        waiting = len(self._servers)

        def one_is_up() -> None:
            nonlocal waiting
            waiting -= 1
            if not waiting:
                self._ready.set()

        for server in self._servers:
            server.when_up = one_is_up
        await asyncio.gather(
            *(server.serve(sockets=[bound]) for server, bound in zip(self._servers, self._sockets, strict=True))
        )

    def _close(self) -> None:
        for bound in self._sockets:
            bound.close()
        self._sockets.clear()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)


def serve(
    world: World | Sandbox,
    *,
    ports: Mapping[str, int] | None = None,
    host: str = "127.0.0.1",
    admin_port: int | None = 0,
) -> Running:
    """A sandbox ready to be entered: ``with serve(world) as running``. Port 0 is any free one, None none at all."""
    sandbox = world if isinstance(world, Sandbox) else Sandbox(world)
    return Running(sandbox, ports=ports, host=host, admin_port=admin_port)


def loopback(host: str) -> str:
    """The host as an address, if it is a loopback one. Raises ValueError: a sandbox is not for a network."""
    address = "127.0.0.1" if host == "localhost" else host
    try:
        good = ipaddress.ip_address(address).is_loopback
    except ValueError:
        good = False
    if not good:
        raise ValueError(f"the sandbox serves loopback only, not {host}; use 127.0.0.1")
    return address


def exports(running: Running) -> list[str]:
    """Shell ``export`` lines with each organization's base URL and first credentials, and the admin URL."""
    return [f"export {name}={shlex.quote(value)}" for name, value in environment(running).items()]


def environment(running: Running) -> dict[str, str]:
    """The variables that a plan's organizations are read from: ``SIGMA_<ALIAS>_BASE_URL``, ``_CLIENT_ID`` …"""
    found: dict[str, str] = {}
    for alias, org in running.sandbox.world.orgs.items():
        values = _variables(org, running.base_urls[alias])
        found |= {f"SIGMA_{variable(alias)}_{name}": value for name, value in values.items()}
    return found | {"SIGMA_SANDBOX_ADMIN_URL": running.admin_url}


def variable(alias: str) -> str:
    """An alias as part of an environment variable's name: upper case, everything odd an underscore."""
    return "".join(char if char.isascii() and char.isalnum() else "_" for char in alias.upper())


def _variables(org: Org, base_url: str) -> dict[str, str]:
    found = {"BASE_URL": base_url, "SLUG": org.slug}
    if org.clients:
        found |= {"CLIENT_ID": org.clients[0].client_id, "CLIENT_SECRET": org.clients[0].client_secret}
    return found


def run_forever(
    world: World | Sandbox,
    *,
    ports: Mapping[str, int] | None = None,
    host: str = "127.0.0.1",
    admin_port: int = 0,
    stream: TextIO | None = None,
) -> None:
    """Prints the exports, then serves until SIGINT or SIGTERM. Only for a main thread."""
    done = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        done.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with serve(world, ports=ports, host=host, admin_port=admin_port) as running:
            out = stream or sys.stdout
            out.write("\n".join(exports(running)) + "\n")
            out.flush()
            done.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Server(uvicorn.Server):
    """A server that says when it is up."""

    when_up: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.when_up()


def _config(asgi: ASGIApplication) -> uvicorn.Config:
    return uvicorn.Config(
        asgi,
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",  # what goes wrong is in the request log, not on somebody's terminal
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )


def _typed(asgi: object) -> ASGIApplication:
    """An app as uvicorn's own type; both describe ASGI 3."""
    from typing import cast

    return cast("ASGIApplication", asgi)
