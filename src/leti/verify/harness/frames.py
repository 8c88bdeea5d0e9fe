"""Messages between the caller and a cell: a JSON header and a blob, each with its length before it."""

from __future__ import annotations

import json
import os
import select
import time
from struct import Struct
from typing import Any

LENGTHS = Struct("!II")
MAX_HEADER = 256 << 20


class ClosedError(Exception):
    """The other side is gone, or says what cannot be a frame."""


class SilentError(Exception):
    """Nothing came in time."""


class Frames:
    """One side of a pair of pipes.

    Args:
        reader: descriptor that frames come from.
        writer: descriptor that frames go to.
    """

    def __init__(self, reader: int, writer: int) -> None:
        self.reader, self._writer = reader, writer
        self._rest = bytearray()

    def write(self, header: dict[str, Any], blob: bytes = b"") -> None:
        """Send a frame.

        Raises:
            ClosedError: if nobody reads any more.
        """
        said = json.dumps(header, separators=(",", ":")).encode()
        data = memoryview(LENGTHS.pack(len(said), len(blob)) + said + blob)
        try:
            while data:
                data = data[os.write(self._writer, data) :]
        except OSError as error:
            raise ClosedError(str(error)) from error

    def read(self, until: float | None = None) -> tuple[dict[str, Any], bytes]:
        """Take the next frame.

        Args:
            until: the latest time, by `time.monotonic`; None waits for ever.

        Raises:
            ClosedError: if the other side is gone.
            SilentError: if it is too late.
        """
        header, blob = LENGTHS.unpack(self._exactly(LENGTHS.size, until))
        if header > MAX_HEADER or blob > MAX_HEADER:
            raise ClosedError(f"a frame of {header + blob} bytes")
        data = self._exactly(header + blob, until)
        try:
            said = json.loads(data[:header])
        except (ValueError, RecursionError) as error:
            raise ClosedError(f"no frame: {error}") from None
        if not isinstance(said, dict):
            raise ClosedError("a frame that is none")
        return said, data[header:]

    def _exactly(self, size: int, until: float | None) -> bytes:
        while len(self._rest) < size:
            if until is not None:
                left = until - time.monotonic()
                if left <= 0 or not select.select([self.reader], [], [], left)[0]:
                    raise SilentError
            try:
                part = os.read(self.reader, 1 << 18)
            except OSError as error:
                raise ClosedError(str(error)) from error
            if not part:
                raise ClosedError("its process is gone")
            self._rest += part
        data = bytes(self._rest[:size])
        del self._rest[:size]
        return data
