"""The least there is to a program of its own: fork a Python that does nothing, and wait for its end.

Run as `python -I -S forker.py CPU [MODULE...]`; reads how many forks, answers in JSON, until the input ends.
"""

import os
import sys
import time


def main() -> None:
    """Serve turns."""
    os.sched_setaffinity(0, [int(sys.argv[1])])
    for name in sys.argv[2:]:
        __import__(name)
    for line in sys.stdin:
        gaps = []
        began = last = time.perf_counter()
        for _ in range(int(line)):
            child = os.fork()
            if child == 0:
                os._exit(0)
            os.waitpid(child, 0)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now
        gaps.sort()
        print(f'{{"seconds": {last - began}, "each": {gaps[len(gaps) // 2]}}}', flush=True)


if __name__ == "__main__":
    main()
