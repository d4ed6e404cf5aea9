"""What was learned: everything the book measures on a trained model.

One import for four small modules: trajectories and clocks
(:mod:`~neurode_lib.metrics.trajectories`), vector fields (:mod:`~neurode_lib.metrics.fields`),
spikes and cycles (:mod:`~neurode_lib.metrics.cycles`), equilibria and their bifurcation
(:mod:`~neurode_lib.metrics.equilibria`).

Truth and predictions are float64 arrays, batch first; models are torch modules. A diverged
prediction has the error ``inf`` and no cycle (``None``); no average ever skips it.
"""

from neurode_lib.metrics.cycles import (
    CycleError,
    CycleEstimate,
    cycle_error,
    learned_cycle,
    period_and_amplitude,
    spike_times,
)
from neurode_lib.metrics.equilibria import (
    learned_equilibria,
    learned_hopf_current,
    learned_jacobian,
)
from neurode_lib.metrics.fields import (
    NearFar,
    affine_share,
    cosine_similarity,
    distance_to_data,
    field_on_grid,
    mean_cosine_similarity,
    relative_field_error,
    split_by_distance,
    vector_field,
)
from neurode_lib.metrics.trajectories import (
    DivergedWarning,
    HorizonError,
    divergence_steps,
    error_by_horizon,
    extrapolation_mse,
    irregular_grid,
    mse_on_grid,
    predict,
    trajectory_mse,
    true_trajectories,
)
from neurode_lib.trained_range import UntrainedCurrentWarning

__all__ = [
    "CycleError",
    "CycleEstimate",
    "DivergedWarning",
    "HorizonError",
    "NearFar",
    "UntrainedCurrentWarning",
    "affine_share",
    "cosine_similarity",
    "cycle_error",
    "distance_to_data",
    "divergence_steps",
    "error_by_horizon",
    "extrapolation_mse",
    "field_on_grid",
    "irregular_grid",
    "learned_cycle",
    "learned_equilibria",
    "learned_hopf_current",
    "learned_jacobian",
    "mean_cosine_similarity",
    "mse_on_grid",
    "period_and_amplitude",
    "predict",
    "relative_field_error",
    "spike_times",
    "split_by_distance",
    "trajectory_mse",
    "true_trajectories",
    "vector_field",
]
