"""How the one-file program begins: what it holds is laid into the user's cache once, then run from there.

Compiled libraries cannot be loaded out of an archive. ``make zipapp`` puts this file into the archive as
``__main__.py``, beside ``BUILT`` with the Python and machine it was built for and a digest of its parts.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path


def here() -> str:
    """The Python and the machine, as compiled libraries know them."""
    return f"{sysconfig.get_config_var('SOABI') or sys.implementation.cache_tag} {sysconfig.get_platform()}"


def laid_out(archive: Path) -> Path:
    """The folder that holds the archive's parts, made once; owner-only, whole or not at all."""
    with zipfile.ZipFile(archive) as parts:
        built = json.loads(parts.read("BUILT"))
        if built["for"] != here():
            sys.exit(f"This file was built for {built['for']}; this is {here()}. Build it here: make zipapp")
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sigma-migrate"
        place = root / built["digest"]
        if not place.is_dir():
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(dir=root))
            parts.extractall(draft)
            try:
                draft.rename(place)
            except OSError:  # another one was faster
                shutil.rmtree(draft, ignore_errors=True)
        if os.name != "nt" and place.stat().st_uid != os.geteuid():
            sys.exit(f"{place} belongs to somebody else. Set XDG_CACHE_HOME to a folder of your own.")
        return place


def start() -> None:
    """Runs the command line from where it was laid."""
    sys.path.insert(0, str(laid_out(Path(sys.argv[0]).resolve())))
    from migrate.cli import main

    main()


if __name__ == "__main__":
    start()
