"""What was learned: everything the book measures on a trained model.

One import for eight small modules: trajectories and clocks
(:mod:`~neurode_lib.metrics.trajectories`), vector fields (:mod:`~neurode_lib.metrics.fields`),
spikes and cycles (:mod:`~neurode_lib.metrics.cycles`), distances of spike trains
(:mod:`~neurode_lib.metrics.spikes`) and of attractors
(:mod:`~neurode_lib.metrics.attractors`), equilibria and their bifurcation
(:mod:`~neurode_lib.metrics.equilibria`), what a perfect fit to samples would learn
(:mod:`~neurode_lib.metrics.steps`), and what ten seeds allow to say
(:mod:`~neurode_lib.metrics.statistics`).

Truth and predictions are float64 arrays, batch first; models are torch modules. A diverged
prediction has the error ``inf`` and no cycle (``None``); no average ever skips it.
"""

from neurode_lib.metrics.attractors import state_space_divergence
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
    PORTRAIT_V_RANGE,
    PORTRAIT_W_RANGE,
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
from neurode_lib.metrics.spikes import spike_coincidence, van_rossum_distance
from neurode_lib.metrics.statistics import (
    Interval,
    PairedTest,
    bootstrap_median,
    paired_test,
    rank_correlation,
)
from neurode_lib.metrics.steps import mean_velocity, rk4_equivalent_field
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
    "PORTRAIT_V_RANGE",
    "PORTRAIT_W_RANGE",
    "CycleError",
    "CycleEstimate",
    "DivergedWarning",
    "HorizonError",
    "Interval",
    "NearFar",
    "PairedTest",
    "UntrainedCurrentWarning",
    "affine_share",
    "bootstrap_median",
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
    "mean_velocity",
    "mse_on_grid",
    "paired_test",
    "period_and_amplitude",
    "predict",
    "rank_correlation",
    "relative_field_error",
    "rk4_equivalent_field",
    "spike_coincidence",
    "spike_times",
    "split_by_distance",
    "state_space_divergence",
    "trajectory_mse",
    "true_trajectories",
    "van_rossum_distance",
    "vector_field",
]
