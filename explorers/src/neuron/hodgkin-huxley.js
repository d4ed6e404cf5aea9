// The Hodgkin–Huxley neuron: state (V, m, h, n), in mV, ms and µA/cm². The same as in
// neurode_lib/neurons/hodgkin_huxley.py, which says where the numbers come from.

const CAPACITANCE = 1;
const CONDUCTANCE = { sodium: 120, potassium: 36, leak: 0.3 };
const REVERSAL = { sodium: 50, potassium: -77, leak: -54.387 };

/** x / (1 − exp(−x)), which is 1 at 0. */
const ramp = (x) => (Math.abs(x) < 1e-5 ? 1 + x / 2 : x / -Math.expm1(-x));

/** Opening and closing rates of m, h and n at a potential, in 1/ms. */
export const gateRates = (v) => [
  [ramp((v + 40) / 10), 4 * Math.exp(-(v + 65) / 18)],
  [0.07 * Math.exp(-(v + 65) / 20), 1 / (1 + Math.exp(-(v + 35) / 10))],
  [0.1 * ramp((v + 55) / 10), 0.125 * Math.exp(-(v + 65) / 80)],
];

/** Rates of change at `state` under the current I, into `out`. */
export function rates([v, m, h, n], I, out) {
  const ionic =
    CONDUCTANCE.sodium * m ** 3 * h * (v - REVERSAL.sodium) +
    CONDUCTANCE.potassium * n ** 4 * (v - REVERSAL.potassium) +
    CONDUCTANCE.leak * (v - REVERSAL.leak);
  out[0] = (I - ionic) / CAPACITANCE;
  for (const [i, [opening, closing]] of gateRates(v).entries()) {
    const gate = i === 0 ? m : i === 1 ? h : n;
    out[i + 1] = opening * (1 - gate) - closing * gate;
  }
}

/** One step of RK4 of length dt, in place; the current is held meanwhile. */
export function advance(state, I, dt) {
  const [k1, k2, k3, k4] = [0, 0, 0, 0].map(() => new Float64Array(4));
  const along = (slope, by) => state.map((value, i) => value + by * slope[i]);
  rates(state, I, k1);
  rates(along(k1, dt / 2), I, k2);
  rates(along(k2, dt / 2), I, k3);
  rates(along(k3, dt), I, k4);
  for (let i = 0; i < 4; i += 1) state[i] += (dt / 6) * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]);
}

/** The gates' equilibrium at a potential: a start. */
export const steadyState = (v) =>
  Float64Array.from([v, ...gateRates(v).map(([opening, closing]) => opening / (opening + closing))]);
