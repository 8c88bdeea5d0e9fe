"""Where and how it was measured, and what the machine's memory and clock say."""

from __future__ import annotations

import os
import platform
import resource
import shlex
import sys
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("torch", "transformers", "accelerate", "trl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What all contenders compute on, and in what."""

    name: str
    """`cpu`, `cuda`, `cuda:1`, ..."""
    precision: str
    """`float32` or `bfloat16`."""

    @property
    def is_gpu(self) -> bool:
        """Whether work on it goes on after the call returns."""
        return self.name.startswith("cuda")

    def now(self) -> float:
        """The clock, after all that was asked of the device is done."""
        if self.is_gpu:
            import torch

            torch.cuda.synchronize(self.name)
        return time.perf_counter()

    def peak(self) -> float:
        """MiB of memory: the most this process has had on the GPU, or resident if there is none."""
        if self.is_gpu:
            import torch

            return torch.cuda.max_memory_allocated(self.name) / 2**20
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    def called(self) -> str:
        """Its name, as a buyer would say it."""
        if self.is_gpu:
            import torch

            return torch.cuda.get_device_name(self.name)
        path = Path("/proc/cpuinfo")
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """When a run began, and how busy the machine was."""

    clock: float
    date: str
    load: float

    @classmethod
    def now(cls) -> Start:
        """This moment."""
        return cls(clock=time.monotonic(), date=time.strftime("%Y-%m-%d %H:%M"), load=os.getloadavg()[0])


def header(began: Start, device: Device, *, rounds: int) -> list[str]:
    """What a reader has to know before the tables."""
    known = ", ".join(f"{name} {found}" for name in PACKAGES if (found := _version(name)))
    where = f"{device.called()}; Python {platform.python_version()}, {platform.system()} {platform.release()}; {known}"
    busy = f"load average {began.load:.2f} at the start, {os.getloadavg()[0]:.2f} at the end"
    threads = os.environ.get("OMP_NUM_THREADS", "as many as torch takes")
    return [
        f"    python {shlex.join(sys.argv)}",
        "",
        f"{began.date}, {time.monotonic() - began.clock:.0f} s. {where}; {device.precision}; threads: {threads};",
        f"{busy}.",
        f"{rounds} rounds after one to warm up, everybody in every round, each contender in a process of its own.",
        "Shown are medians over rounds (least..most); ratios are between contenders of the same round.",
    ]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
