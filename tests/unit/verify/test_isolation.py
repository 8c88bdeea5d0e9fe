"""The choice of a sandbox: never a weaker one in silence, and a refusal that says what to type."""

from __future__ import annotations

import sys
from contextlib import closing

import pytest

from leti.errors import IsolationError, SandboxError, UserError
from leti.verify import isolation
from leti.verify.isolation import LEVELS, MINIMUM, choose
from leti.verify.sandbox import Cover, builtin, cell
from leti.verify.sandbox.bubblewrap import Bubblewrap
from leti.verify.sandbox.container import IMAGE, Container
from programs import OneLane

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


def seen(monkeypatch: pytest.MonkeyPatch, **reasons: str) -> list[str]:
    """Let the trial of each level say this; return the levels that were tried."""
    tried = []

    def trouble(sandbox: builtin.BuiltIn, role: str = "none") -> str:
        if role == "load":
            return ""
        tried.append(sandbox.level)
        return reasons.get(sandbox.level, "")

    monkeypatch.setattr(isolation, "trouble", trouble)
    return tried


def test_auto_takes_the_strongest_that_works(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = seen(monkeypatch)
    assert choose().level == "namespaces"
    assert tried == ["namespaces"]


def test_auto_goes_down_as_far_as_the_minimum(monkeypatch: pytest.MonkeyPatch) -> None:
    seen(monkeypatch, namespaces="unshare(user): EPERM")
    assert choose("auto").level == MINIMUM == "landlock"


def test_auto_never_goes_below_the_minimum(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = seen(monkeypatch, namespaces="unshare(user): EPERM", landlock="landlock: not there")
    with pytest.raises(IsolationError) as refused:
        choose("auto")
    said = str(refused.value)
    assert tried == ["namespaces", "landlock"]
    assert "unshare(user): EPERM" in said
    assert "landlock: not there" in said
    for level in ("bubblewrap", "container", "process"):
        assert f"--set verify.isolation={level}" in said
    assert "programs you trust" in said
    assert isinstance(refused.value, UserError)


@pytest.mark.parametrize("level", LEVELS)
def test_a_named_level_is_that_level_or_none(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    tried = seen(monkeypatch)
    assert choose(level).level == level
    seen(monkeypatch, **{level: "why not"})
    with pytest.raises(IsolationError, match=rf"'{level}' does not work here \({level}: why not\).*[Tt]ype"):
        choose(level)
    assert tried == [level]


def test_an_unknown_level_is_answered_with_the_known_ones() -> None:
    with pytest.raises(IsolationError, match=r"'docker'.*auto, namespaces, landlock, bubblewrap, container, process"):
        choose("docker")


def test_what_keeps_namespaces_away_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1", "/proc/sys/user/max_user_namespaces": "0"}
    monkeypatch.setattr(isolation, "_first_line", lambda path: found.get(path, ""))
    seen(monkeypatch, namespaces="unshare(user): EACCES")
    with pytest.raises(IsolationError) as refused:
        choose("namespaces")
    assert "kernel.apparmor_restrict_unprivileged_userns is 1" in str(refused.value)
    assert "user.max_user_namespaces is 0" in str(refused.value)


@pytest.mark.parametrize("level", ["namespaces", "landlock", "bubblewrap", "process"])
def test_on_other_systems_the_kernel_of_linux_is_missed(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(IsolationError, match="needs Linux, this is darwin"):
        choose(level)


def test_on_other_systems_auto_says_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(IsolationError, match=r"needs Linux.*Type --set verify\.isolation=container"):
        choose()


@linux
@pytest.mark.parametrize("level", ["auto", "process"])
def test_a_python_built_without_pidfd_open_runs_programs(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    monkeypatch.setattr(cell, "BOOT", f"import os; del os.pidfd_open; {cell.BOOT}")
    with closing(OneLane(choose(level))) as lane:
        assert lane.still_works()


@pytest.mark.parametrize("level", ["auto", "process"])
def test_a_package_that_is_not_there_is_told_as_what_it_is(level: str) -> None:
    with pytest.raises(IsolationError) as told:
        choose(level, packages=("json", "no_such_package"))
    assert str(told.value).startswith(
        "verify.packages = ['json', 'no_such_package']: package 'no_such_package': No module named 'no_such_package'. "
        "Install it"
    )


def test_packages_that_are_there_are_no_trouble() -> None:
    assert choose("process", packages=("json",)).level == "process"


def test_packages_and_the_image_are_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    seen(monkeypatch)
    for level in LEVELS:
        chosen = choose(level, packages=("numpy",), image="mine:1")
        assert isinstance(chosen, builtin.BuiltIn | Bubblewrap | Container)
        assert chosen.packages == ("numpy",)
    assert isinstance(chosen := choose("container", image="mine:1"), Container)
    assert chosen.image == "mine:1"
    assert isinstance(chosen := choose("container"), Container)
    assert chosen.image == IMAGE == f"python:{sys.version_info[0]}.{sys.version_info[1]}-slim"


def test_what_a_level_claims() -> None:
    assert builtin.namespaces().covers == frozenset(Cover)
    walls = {Cover.NETWORK, Cover.FILES, Cover.PROCESSES, Cover.SIGNALS, Cover.LEFTOVERS, Cover.IPC, Cover.PRIVILEGES}
    assert walls < builtin.landlock().covers < builtin.namespaces().covers
    assert Cover.DISK not in Bubblewrap().covers
    assert builtin.process().covers == {Cover.LEFTOVERS}


@linux
@pytest.mark.parametrize("level", ["namespaces", "landlock", "process"])
def test_a_trial_is_a_real_start(level: str) -> None:
    """Where the machine allows it, there is no trouble; where not, the reason is one line."""
    sandbox = {"namespaces": builtin.namespaces, "landlock": builtin.landlock, "process": builtin.process}[level]()
    said = isolation.trouble(sandbox)
    assert "\n" not in said
    assert not said or ":" in said


def test_a_trial_that_cannot_be_started_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def started(_: Container, role: str) -> None:
        raise SandboxError(f"no {role}")

    monkeypatch.setattr(Container, "started", started)
    assert isolation.trouble(Container()) == "no none"
