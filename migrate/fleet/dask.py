"""The engine ``dask``: a cluster of Dask whose workers do the targets of a run. The only file that knows distributed.

Nothing is left to Dask but to find a worker: keys are new for each attempt and results are of no use, so that a task
that it runs once more finds its target done. Off this machine the scheduler has to be reached by TLS, since Dask has no
other way of knowing who asks; its certificates come from Dask's own configuration.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from migrate.errors import InvalidInput, Problem, ServiceError
from migrate.fleet.spread import Submit, Task, work_order
from migrate.tree import Json

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SECONDS = 30.0
RESOURCE = "target"
"""What a worker of the cluster has to offer, as often as it may work on a target at once."""

_ACTION = f"start workers with: dask worker ADDRESS --nthreads 8 --resources {RESOURCE}=8 --no-dashboard"

_CERTIFICATES = (
    "start the scheduler, and let this machine's Dask configuration name the authority of its certificate"
    " (distributed.comm.tls.ca-file) and a certificate of our own (client.cert, client.key)"
)


@asynccontextmanager
async def cluster(address: str, width: int) -> AsyncIterator[tuple[Submit, int]]:
    """How orders get to a cluster while the block lasts, and how many at once: no more than it offers.

    Raises InvalidInput where distributed is not installed, ServiceError for a scheduler that is not there or has no
    worker.
    """
    try:
        from distributed import Client
        from distributed.security import Security
    except ModuleNotFoundError as missing:
        message = f"the engine dask needs the Python package {missing.name}"
        fix = "pip install 'sigma-migrate[dask]', on the workers too"
        raise InvalidInput([Problem(code="engine_unusable", path="run.engine", message=message, fix=fix)]) from None
    security = Security() if address.startswith("tls://") else None
    try:
        client = await Client(address, asynchronous=True, timeout=CONNECT_SECONDS, security=security)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        why = str(error).partition("\n")[0].partition(". ")[0][:200] or type(error).__name__
        action = _CERTIFICATES if security else _ACTION
        raise _unusable(f"the scheduler {address} cannot be reached: {why.removesuffix('.')}", action) from None
    try:
        slots = await _slots(client, address)
        most = min(slots)

        def submit(order: Json, key: str) -> Task:
            if client.status != "running":  # it was looked for again for a while
                raise _unusable(f"the scheduler {address} is gone")
            # Every target is its own: no result of one stands for another, and who lost a worker begins anew.
            # What is begun again has a worker to itself: whoever it kills takes no other target along.
            room = {RESOURCE: most if order["attempt"] > 1 else 1}
            task: Task = client.submit(work_order, order, key=key, pure=False, retries=0, resources=room)
            return task

        yield submit, min(width, sum(slots))
    finally:
        await client.close()


async def _slots(client: Client, address: str) -> list[int]:
    """On how many targets each worker may work at once. Raises ServiceError where none may on any."""
    try:
        await client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except TimeoutError:
        raise _unusable(f"the scheduler {address} has no worker") from None
    info: Any = await client.scheduler.identity(n_workers=-1)
    slots = [int(worker.get("resources", {}).get(RESOURCE, 0)) for worker in info["workers"].values()]
    if not any(slots):
        raise _unusable(f"no worker of the scheduler {address} offers the resource {RESOURCE}")
    return [count for count in slots if count]


def _unusable(message: str, action: str = _ACTION) -> ServiceError:
    return ServiceError(f"{message}.", code="engine_unusable", next_action=action)
