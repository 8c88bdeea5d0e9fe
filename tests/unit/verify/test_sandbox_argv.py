"""What is typed to start a cell."""

from __future__ import annotations

import json
import os
import stat
import sys
import time
from pathlib import Path

import pytest

from leti.errors import SandboxError
from leti.verify.harness.boot import DEFAULTS
from leti.verify.harness.jail import Options
from leti.verify.harness.view import covering, system
from leti.verify.sandbox import container
from leti.verify.sandbox.bubblewrap import Bubblewrap
from leti.verify.sandbox.cell import BOOT, ENVIRONMENT, FLAGS, HARNESS, start_line
from leti.verify.sandbox.container import Container


def options(words: list[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(words[-1])
    return found


def values(words: list[str], option: str) -> list[str]:
    return [words[place + 1] for place, word in enumerate(words) if word == option]


def test_the_interpreter_takes_nothing_from_its_surroundings() -> None:
    words = start_line("python3", "/harness", options={"role": "program"})
    assert words[0] == "python3"
    assert {"-s", "-P", "-S", "-B"} <= set(FLAGS) <= set(words)
    assert words[words.index("-c") + 1 : -1] == [BOOT, "/harness"]
    assert ENVIRONMENT["PYTHONHASHSEED"] == "0"
    assert not any(name in ENVIRONMENT for name in ("PYTHONPATH", "LD_LIBRARY_PATH", "LD_PRELOAD", "HOME"))


def test_options_are_those_that_the_harness_knows() -> None:
    assert set(Options.__annotations__) < set(DEFAULTS)
    for words in (
        Bubblewrap(packages=("json",)).inside("judge"),
        Container(packages=("json",)).words("docker", "n", role="none"),
    ):
        assert set(options(words)) <= {*DEFAULTS, "role"}


def test_bubblewrap_shares_nothing_and_shows_little() -> None:
    words = Bubblewrap().walls()
    for part in ("ipc", "pid", "net", "uts"):
        assert f"--unshare-{part}" in words
    assert {"--new-session", "--clearenv", "--as-pid-1"} <= set(words)
    assert "--die-with-parent" not in words  # it would die with the thread
    assert "--share-net" not in words
    assert values(words, "--cap-drop") == ["ALL"]
    writable = {"--bind", "--bind-try", "--dev", "--proc", "--mqueue"}
    assert not writable & set(words)
    assert values(words, "--dev-bind") == ["/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"]
    assert values(words, "--tmpfs") == ["/scratch"]
    assert words[-2:] == ["--remount-ro", "/"]
    shown_paths = values(words, "--ro-bind")
    assert str(HARNESS / "harness") in shown_paths
    assert not {"/", "/etc", "/home", "/root", "/tmp", "/usr", str(HARNESS), str(Path.home())} & set(shown_paths)


def test_bubblewrap_as_root_lets_the_harness_become_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    words = Bubblewrap().walls()
    assert values(words, "--cap-add") == ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"]
    assert "--unshare-user" not in words
    assert options(Bubblewrap().inside("program"))["drop"] is True


def test_bubblewrap_as_a_user_makes_a_namespace_of_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    words = Bubblewrap().walls()
    assert "--cap-add" not in words
    assert "--unshare-user" in words
    assert values(words, "--uid") == values(words, "--gid") == ["65534"]


def test_bubblewrap_that_is_not_there_says_the_install_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SandboxError, match=r"bwrap is not there.*apt install bubblewrap"):
        Bubblewrap().started("none")


@pytest.mark.parametrize("engine", ["/usr/bin/docker", "/usr/bin/podman"])
def test_a_container_is_closed_on_all_sides(engine: str) -> None:
    words = Container().words(engine, "leti-1", role="program")
    assert words[:2] == [engine, "run"]
    assert {"--rm", "--interactive", "--read-only"} <= set(words)
    assert values(words, "--name") == ["leti-1"]
    assert values(words, "--network") == values(words, "--ipc") == ["none"]
    assert values(words, "--cap-drop") == ["ALL"]
    assert values(words, "--security-opt") == ["no-new-privileges"]
    assert values(words, "--user") == ["65534:65534"]
    assert values(words, "--pull") == ["never"]
    assert int(values(words, "--pids-limit")[0]) <= 64
    assert values(words, "--memory") == values(words, "--memory-swap")
    scratch = values(words, "--tmpfs")[0]
    assert scratch.startswith("/scratch:")
    assert {"nosuid", "nodev", "noexec"} <= set(scratch.partition(":")[2].split(","))
    assert "size=" in scratch
    assert values(words, "--mount") == [f"type=bind,source={HARNESS / 'harness'},target=/leti/harness,readonly"]
    assert not {"--privileged", "--volume", "-v", "--publish", "--cap-add", "--device"} & set(words)
    assert words[words.index("--entrypoint") + 2] == Container().image
    assert options(words)["seccomp"] is True


def test_each_engine_gets_what_it_knows() -> None:
    docker, podman = (Container().words(name, "n", role="none") for name in ("docker", "podman"))
    assert "nr_inodes=" in values(docker, "--tmpfs")[0]
    assert "nr_inodes=" not in values(podman, "--tmpfs")[0]
    assert "--read-only-tmpfs=false" in podman
    assert "--read-only-tmpfs=false" not in docker


def test_packages_of_a_container_are_the_images_own() -> None:
    words = Container(packages=("numpy",)).words("docker", "n", role="program")
    assert options(words) | {"packages": ["numpy"], "site": None} == options(words)


def engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **scripts: str) -> Path:
    """Put programs of these names where they are found; return the file that keeps what was asked of them."""
    for name, text in scripts.items():
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho {name} "$@" >> {tmp_path}/asked\n{text}\n')
        program.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "asked"


def test_no_engine_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engines(tmp_path, monkeypatch, docker="echo 'cannot connect to the daemon' >&2; exit 1")
    with pytest.raises(SandboxError, match=r"docker: cannot connect to the daemon; podman: not installed"):
        Container().started("none")


def test_an_image_that_is_not_there_is_not_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = engines(tmp_path, monkeypatch, podman='[ "$1" = info ]')
    with pytest.raises(SandboxError, match=r"does not have the image mine:1.*podman pull mine:1"):
        Container(image="mine:1").started("none")
    assert asked.read_text().splitlines() == ["podman info", "podman image inspect mine:1"]


def test_a_stopped_container_is_killed_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = engines(tmp_path, monkeypatch, docker='[ "$1" = run ] && exec /bin/sleep 60; exit 0')
    cell = Container().started("program")
    while "docker run" not in asked.read_text():
        time.sleep(0.01)
    cell.stop()
    cell.close()
    runs = [line.split() for line in asked.read_text().splitlines()]
    name = next(words[words.index("--name") + 1] for words in runs if words[1] == "run")
    assert name.startswith("leti-")
    assert ["docker", "kill", name] in runs


def test_an_engine_that_does_not_answer_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    engines(tmp_path, monkeypatch, docker="exec /bin/sleep 60")
    monkeypatch.setattr(container, "_PATIENCE", 0.2)
    engine, reasons = container.engine_there()
    assert engine is None
    assert "timed out" in reasons[0]


def test_paths_cover_each_other_and_keep_both_names_of_a_link(tmp_path: Path) -> None:
    (tmp_path / "real" / "below").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    real, link = str(tmp_path / "real"), str(tmp_path / "link")
    assert covering([link, f"{real}/below", f"{link}/below", str(tmp_path / "missing"), ""]) == [link, real]
    assert covering([f"{real}/below", f"{real}x"]) == [f"{real}/below"]


def test_the_interpreter_sees_its_library_and_not_the_home() -> None:
    paths = covering([*system(), str(HARNESS / "harness")])
    assert any(os.__file__.startswith(f"{path}/") for path in paths)
    assert not any(str(Path.home()).startswith(path) for path in paths)
    assert "/" not in paths
    assert str(HARNESS / "harness") in paths
    assert not any(path.startswith("/etc") for path in paths)
    assert sys.executable not in paths
