"""``python -m neurode_lib.study.gradients``: measure what chapter 19 reads."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from neurode_lib.study.gradients.results import RESULTS
from neurode_lib.study.gradients.run import measure


def main() -> None:
    """Run what is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m neurode_lib.study.gradients", description=__doc__
    )
    parser.add_argument("--parts", type=Path, default=Path("_build/gradients"))
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(measure(options.parts, out=options.out))


if __name__ == "__main__":
    main()
