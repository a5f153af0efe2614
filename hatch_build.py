"""The build step of the wheel: compiles the modules in which rewriting spends its time, where a C compiler is at hand.

The same files run either way; compiled with mypyc they rewrite about twice as fast. Without a compiler the wheel is
plain Python. ``SIGMA_MIGRATE_COMPILE`` decides otherwise: ``0`` never compiles, ``1`` fails where that cannot be done.
An editable install always runs the files themselves, so that a change is seen at once.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

COMPILED: tuple[str, ...] = (
    "migrate/tree.py",
    "migrate/plan/match.py",
    *(
        f"migrate/rewrite/{name}.py"
        for name in (
            "audit", "clashes", "desk", "draft", "edits", "find", "follow", "formula", "naming", "prefixes",
            "renames", "row", "rules", "settle_models", "settle_sources", "sites", "strange", "tables",
        )
    ),
)  # fmt: skip
"""Pure functions only: the values that are written to files stay ordinary classes, which pydantic looks into."""


class CustomBuildHook(BuildHookInterface):
    """Adds the compiled modules to the wheel, beside their sources."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the files of the wheel are gathered."""
        wish = os.environ.get("SIGMA_MIGRATE_COMPILE", "")
        if version == "editable" or wish == "0":
            return
        self._work = tempfile.TemporaryDirectory(prefix="sigma-migrate-")
        try:
            built = compiled(Path(self.root), Path(self._work.name))
        except (Exception, SystemExit) as error:
            # No compiler, no headers: setuptools and mypyc have an exception of their own for everything.
            if wish == "1":
                raise
            self.app.display_warning(f"could not be compiled, so the wheel is plain Python: {error}")
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["force_include"].update(built)

    def finalize(self, *_: Any) -> None:
        """Remove what was only needed on the way."""
        if hasattr(self, "_work"):
            self._work.cleanup()


def compiled(root: Path, work: Path) -> dict[str, str]:
    """Each built file, and where it belongs in the wheel. Raises whatever mypyc, setuptools or the compiler raise."""
    from mypyc.build import mypycify
    from setuptools import Distribution

    before = Path.cwd()
    os.chdir(root)
    try:
        # Only these files are looked at: what they import is checked by `make check`, not at every installation.
        options = ["--config-file=", "--cache-dir=/dev/null", "--follow-imports=skip", "--ignore-missing-imports"]
        extensions = mypycify(
            [*options, *COMPILED], opt_level="3", debug_level="0", target_dir=str(work / "c"), group_name="migrate"
        )
        command = Distribution({"name": "sigma-migrate", "ext_modules": extensions}).get_command_obj("build_ext")
        command.build_lib, command.build_temp = str(work / "lib"), str(work / "objects")
        command.ensure_finalized()
        command.run()
    finally:
        os.chdir(before)
    lib = work / "lib"
    return {str(path): path.relative_to(lib).as_posix() for path in lib.rglob("*") if path.is_file()}
