"""The optional folder of real documents beside the repository, read in place."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
import yaml

FOLDER = Path(__file__).parents[2].parent / "shared" / "specs"


class _Plain(yaml.CSafeLoader):
    """YAML with JSON's own scalars only: no dates, no yes and no."""


_Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith((":timestamp", ":bool"))]
    for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _load(path: Path):
    text = path.read_bytes()
    tree = orjson.loads(text) if path.suffix == ".json" else yaml.load(text, Loader=_Plain)
    for wrapper in ("document", "contents", "workbook", "sigmaDataModel", "model"):
        if isinstance(tree.get(wrapper), dict):
            return tree[wrapper]
    return tree


@pytest.fixture(scope="session")
def samples():
    """Every saved document by its file name, as its inner body."""
    if not FOLDER.is_dir():
        pytest.skip(f"no folder {FOLDER}")
    found = {path.name: _load(path) for path in sorted(FOLDER.glob("*/*")) if path.suffix in (".json", ".yaml")}
    assert len(found) > 50
    return found


@pytest.fixture(scope="session")
def sample_models(samples):
    """Those of the documents that are data models with pages."""
    return {
        name: body
        for name, body in samples.items()
        if "/" not in name and (FOLDER / "data-models" / name).exists() and body.get("pages")
    }
