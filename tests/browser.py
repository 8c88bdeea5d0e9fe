"""A headless Chromium, driven over its own protocol through a pair of pipes: no port, no driver, no package."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PROGRAM = next(filter(None, map(shutil.which, NAMES)), None)
WHY_NOT = f"no browser: none of {', '.join(NAMES)} is on the PATH"
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe")


SERIOUS = "axe.run().then(found => found.violations.filter(one => ['serious', 'critical'].includes(one.impact)))"


@dataclass
class Page:
    """One page, and all that happened in it."""

    to_browser: int
    from_browser: int
    session: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    _last: int = 0
    _rest: bytes = b""

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Sends a command and waits for its answer; what happens meanwhile is kept."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to_browser, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._last:
            self.events.append(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def open(self, address: str) -> None:
        """Opens a page and waits until all of it is there; what was before is forgotten."""
        self.events.clear()
        self.arrive(lambda: self.ask("Page.navigate", url=address))

    def arrive(self, leave: Callable[[], object]) -> None:
        """Does what leads to another page, and waits until all of that is there."""
        before = len(self.events)
        leave()
        while not any(map(_is_there, self.events[before:])):
            self.events.append(self._next())

    def run(self, script: str) -> Any:
        """The value of an expression in the page, which may be a promise."""
        found = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def look(self, *, width: int, dark: bool = False, medium: str = "screen") -> None:
        """Makes the window so wide, and light or dark."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", media=medium, features=[scheme])
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)

    def picture(self, file: Path, *, top: int = 0, height: int = 900) -> None:
        """A part of the page as PNG."""
        width = self.run("document.documentElement.clientWidth")
        clip = {"x": 0, "y": top, "width": width, "height": height, "scale": 1}
        found = self.ask("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(found["data"]))

    def complaints(self) -> list[str]:
        """What the console has to say: errors, refusals, exceptions."""
        kinds = {
            "Log.entryAdded",
            "Runtime.exceptionThrown",
            "Runtime.consoleAPICalled",
            "Page.javascriptDialogOpening",
        }
        return [json.dumps(event["params"]) for event in self.events if event.get("method") in kinds]

    def requests(self) -> list[str]:
        """The addresses of all that was asked for."""
        sent = [event for event in self.events if event.get("method") == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in sent]

    def barriers(self) -> list[str]:
        """What keeps people out, of the serious kind, as axe sees it."""
        spec = find_spec("axe_core_python")
        if spec is None or not spec.submodule_search_locations:
            pytest.skip("axe-core-python is not installed")
        self.run((Path(next(iter(spec.submodule_search_locations))) / "axe.min.js").read_text("utf-8") + "; 0")
        return [
            f"{one['id']}: {[node['html'][:150] for node in one['nodes'][:4]]} {one['nodes'][0]['any'][:1]}"
            for one in self.run(SERIOUS)
        ]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = os.read(self.from_browser, 1 << 20)
            assert more, "the browser is gone"
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\0")
        return json.loads(line)


def _is_there(event: dict[str, Any]) -> bool:
    """Whether it says that a page is there: loaded, or kept from before."""
    kept = event.get("params", {}).get("type") == "BackForwardCacheRestore"
    return event.get("method") == "Page.loadEventFired" or (event.get("method") == "Page.frameNavigated" and kept)


@contextmanager
def browsing() -> Iterator[Page]:
    """A page of a browser of its own."""
    assert PROGRAM, WHY_NOT
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    script = f'exec 3<&{theirs_in} 4>&{theirs_out}; exec "$@"'  # the protocol's numbers, which may be taken here
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        command = ["bash", "-c", script, "-", PROGRAM, *FLAGS, f"--user-data-dir={home}", "about:blank"]
        process = subprocess.Popen(command, pass_fds=(theirs_in, theirs_out), stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        page = Page(ours_out, ours_in)
        try:
            targets = page.ask("Target.getTargets")["targetInfos"]
            target = next(found["targetId"] for found in targets if found["type"] == "page")
            page.session = page.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                page.ask(f"{domain}.enable")
            yield page
        finally:
            process.kill()
            process.wait()
            os.close(ours_out)
            os.close(ours_in)
