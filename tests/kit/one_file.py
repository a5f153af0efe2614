"""``make zipapp``: a folder with all that was installed becomes one program file that ``zipapp_start`` begins."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import zipapp
from pathlib import Path

START = Path(__file__).parents[2] / "deploy" / "zipapp_start.py"


def digest(folder):
    """That of every file in the folder, with its name."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.update(
                f"{path.relative_to(folder).as_posix()}\0".encode() + hashlib.sha256(path.read_bytes()).digest()
            )
    return found.hexdigest()[:24]


def packed(folder, out, built_for):
    """Writes the program of a folder, which is changed on the way."""
    for cache in list(folder.rglob("__pycache__")):
        shutil.rmtree(cache)
    shutil.copy(START, folder / "__main__.py")
    (folder / "BUILT").write_text(json.dumps({"for": built_for, "digest": digest(folder)}), encoding="utf-8")
    zipapp.create_archive(folder, out, interpreter="/usr/bin/env python3", compressed=True)


if __name__ == "__main__":
    sys.path.insert(0, str(START.parent))
    from zipapp_start import here

    packed(Path(sys.argv[1]), Path(sys.argv[2]), here())
