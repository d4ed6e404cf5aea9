// Seeded random numbers: sfc32, Chris Doty-Humphrey's small fast counter (PractRand).

/** What random numbers are for: each use has a stream of its own. */
export const STREAMS = { data: 1, weights: 2, batches: 3 };

/** @returns () → a number in [0, 1); the same for the same seed and stream, and unrelated between streams. */
export function random(seed, stream) {
  let a = seed | 0;
  let b = stream | 0;
  let c = 0;
  let counter = 1;
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 15; i += 1) next(); // until the seed has spread to every bit
  return next;
}

/** @returns () → a normally distributed number, by the method of Box and Muller. */
export function normal(uniform) {
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
