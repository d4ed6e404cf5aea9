// Spike trains: as neurode_lib/metrics/spikes.py has it.

/** Van Rossum's squared distance of two spike trains: half the number of spikes if none has a partner. */
export function vanRossum(first, second, tau) {
  const overlap = (a, b) => a.reduce((sum, x) => sum + b.reduce((s, y) => s + Math.exp(-Math.abs(x - y) / tau), 0), 0);
  return Math.max(0, overlap(first, first) + overlap(second, second) - 2 * overlap(first, second)) / 2;
}
