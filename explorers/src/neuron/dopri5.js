// Dormand and Prince's pair of orders five and four with steps that follow a tolerance, as SciPy's
// RK45 takes them (Hairer, Nørsett, Wanner 1993, sections II.4 and II.5). In either direction of time.

// biome-ignore format: tables read better in rows
const A = [
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
];
const C = [1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1];
const E = [-71 / 57600, 0, 71 / 16695, -71 / 1920, 17253 / 339200, -22 / 525, 1 / 40];
const SAFETY = 0.9;
const [SHRINK, GROW] = [0.2, 10];

/** Root mean square of two numbers, each in units of its own scale. */
const norm = (a, b, scale) => Math.hypot(a / scale[0], b / scale[1]) / Math.SQRT2;

/** A first step, by the size of the slope and of its change. */
function firstStep(field, [from, to], [v, w], slope, tolerance) {
  const scale = [tolerance * (1 + Math.abs(v)), tolerance * (1 + Math.abs(w))];
  const span = Math.abs(to - from);
  const size = norm(v, w, scale);
  const speed = norm(slope[0], slope[1], scale);
  const probe = Math.min(span, size < 1e-5 || speed < 1e-5 ? 1e-6 : (0.01 * size) / speed);
  const h = probe * Math.sign(to - from);
  const after = new Float64Array(2);
  field(from + h, v + h * slope[0], w + h * slope[1], after);
  const bend = norm(after[0] - slope[0], after[1] - slope[1], scale) / probe;
  const largest = Math.max(speed, bend);
  const step = largest <= 1e-15 ? Math.max(1e-6, probe * 1e-3) : (0.01 / largest) ** (1 / 5);
  return Math.min(100 * probe, step, span);
}

/**
 * Follow `field(t, v, w, out)` from one time to another.
 *
 * @param tolerance relative and absolute
 * @param far the path is followed until |v| or |w| is larger
 * @returns { t, v, w, arrived }: the states after every accepted step; `arrived` is false where the path
 *   left, or a step became too short for the clock
 */
export function dopri5(field, [from, to], [v0, w0], tolerance, far = Infinity) {
  const direction = Math.sign(to - from);
  const path = { t: [from], v: [v0], w: [w0], arrived: false };
  const k = Array.from({ length: 7 }, () => new Float64Array(2));
  let [t, v, w] = [from, v0, w0];
  field(t, v, w, k[0]);
  let size = firstStep(field, [from, to], [v, w], k[0], tolerance);
  let rejected = false;
  while (t !== to) {
    const shortest = 10 * Number.EPSILON * Math.abs(t);
    if (size < shortest || !(Math.abs(v) <= far && Math.abs(w) <= far)) return path;
    const end = direction * (t + direction * size - to) > 0 ? to : t + direction * size;
    const h = end - t;
    let [nextV, nextW] = [v, w];
    for (let stage = 0; stage < 6; stage += 1) {
      let [dv, dw] = [0, 0];
      A[stage].forEach((a, j) => {
        dv += a * k[j][0];
        dw += a * k[j][1];
      });
      nextV = v + h * dv;
      nextW = w + h * dw;
      field(t + C[stage] * h, nextV, nextW, k[stage + 1]);
    }
    let [errorV, errorW] = [0, 0];
    E.forEach((e, j) => {
      errorV += e * k[j][0];
      errorW += e * k[j][1];
    });
    const scale = [
      tolerance * (1 + Math.max(Math.abs(v), Math.abs(nextV))),
      tolerance * (1 + Math.max(Math.abs(w), Math.abs(nextW))),
    ];
    const error = norm(h * errorV, h * errorW, scale);
    if (error < 1) {
      const wish = error === 0 ? GROW : Math.min(GROW, SAFETY * error ** -0.2);
      size = Math.abs(h) * (rejected ? Math.min(1, wish) : wish);
      rejected = false;
      [t, v, w] = [end, nextV, nextW];
      k[0].set(k[6]);
      path.t.push(t);
      path.v.push(v);
      path.w.push(w);
    } else {
      // A comparison with NaN is false: an exploded trial step is shortened, too.
      size = Math.abs(h) * (error >= 1 ? Math.max(SHRINK, SAFETY * error ** -0.2) : SHRINK);
      rejected = true;
    }
  }
  path.arrived = true;
  return path;
}
