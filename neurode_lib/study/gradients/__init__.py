"""Gradients of trajectories, measured: how exact, at what cost, and whether training notices.

``python -m neurode_lib.study.gradients`` makes ``pretrained/gradients.json``, which chapter 19
reads. torchdiffeq, which has the continuous adjoint, is needed here and nowhere else in the
library; ``pip install "neurode_lib[chapters]"`` brings it.
"""
