"""A whole migration between sandbox organizations, in process: plan file in, report out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import yaml

from migrate import Migration, Plan
from migrate.plan.running import Limits
from migrate.run.result import Result
from migrate.sandbox.org import World
from migrate.sandbox.server import app
from migrate.sandbox.service import Sandbox

FAST = Limits(concurrency=4, requests_per_second=1e9, write_concurrency=4)


@dataclass
class Stage:
    """Sandbox organizations and a folder to work in; ``run`` migrates with a plan made of the given blocks."""

    sandbox: Sandbox
    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    apps: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, (alias, org) in enumerate(self.sandbox.world.orgs.items()):
            url = f"http://127.0.0.1:{20000 + number}"
            self.apps[url] = app(self.sandbox, alias)
            name = alias.upper().replace("-", "_")
            self.environ[f"SIGMA_{name}_BASE_URL"] = url
            self.environ[f"SIGMA_{name}_SLUG"] = org.slug
            self.environ[f"SIGMA_{name}_CLIENT_ID"] = org.clients[0].client_id
            self.environ[f"SIGMA_{name}_CLIENT_SECRET"] = org.clients[0].client_secret

    @property
    def world(self) -> World:
        return self.sandbox.world

    def plan(self, source: str, target: str, **blocks: Any) -> Plan:
        """A plan loaded from a real file."""
        orgs = {
            alias: {
                "base_url": f"${{env.SIGMA_{alias.upper().replace('-', '_')}_BASE_URL}}",
                "credentials": f"env:SIGMA_{alias.upper().replace('-', '_')}",
            }
            for alias in (source, target)
        }
        orgs[target] |= {"access": "write", "expect": {"organization_id": self.world.orgs[target].id}}
        text = {
            "version": 1,
            "name": "test",
            "orgs": orgs,
            "source": source,
            "targets": [target],
            "select": {"include": [{}]},
            "state": f"sqlite:///{self.folder}/state.db",
            "report": {"dir": str(self.folder / "reports"), "formats": ["json", "csv"]},
            **blocks,
        }
        path = self.folder / "plan.yaml"
        path.write_text(yaml.safe_dump(text, allow_unicode=True), encoding="utf-8")
        return replace(Plan.load(path, environ=self.environ), run=FAST)

    def migration(self, plan: Plan, **more: Any) -> Migration:
        """A migration over the in-process organizations."""
        given = {"transport": lambda url: httpx.ASGITransport(app=self.apps[url.rstrip("/")]), **more}
        return Migration(plan, environ=self.environ, **given)

    async def run(self, plan: Plan, **more: Any) -> Result:
        """Plans and applies."""
        async with self.migration(plan, **more) as migration:
            return await migration.apply(await migration.plan())
