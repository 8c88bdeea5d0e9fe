"""One thread each: the models are tiny, and the tests run side by side."""

from __future__ import annotations

import torch

torch.set_num_threads(1)
