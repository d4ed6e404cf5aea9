// The eighth-order formula of DOP853 (Hairer, Nørsett, Wanner 1993, section II.10), in equal steps:
// the book's ground truth. RK4 cannot follow the neuron's quasi-threshold closely enough.
// Coefficients as in SciPy.

// biome-ignore format: tables read better in rows
const A = [
  [0.05260015195876773],
  [0.0197250569845379, 0.0591751709536137],
  [0.02958758547680685, 0, 0.08876275643042054],
  [0.2413651341592667, 0, -0.8845494793282861, 0.924834003261792],
  [0.037037037037037035, 0, 0, 0.17082860872947386, 0.12546768756682242],
  [0.037109375, 0, 0, 0.17025221101954405, 0.06021653898045596, -0.017578125],
  [0.03709200011850479, 0, 0, 0.17038392571223998, 0.10726203044637328, -0.015319437748624402, 0.008273789163814023],
  [0.6241109587160757, 0, 0, -3.3608926294469414, -0.868219346841726, 27.59209969944671, 20.154067550477894, -43.48988418106996],
  [0.47766253643826434, 0, 0, -2.4881146199716677, -0.590290826836843, 21.230051448181193, 15.279233632882423, -33.28821096898486, -0.020331201708508627],
  [-0.9371424300859873, 0, 0, 5.186372428844064, 1.0914373489967295, -8.149787010746927, -18.52006565999696, 22.739487099350505, 2.4936055526796523, -3.0467644718982196],
  [2.273310147516538, 0, 0, -10.53449546673725, -2.0008720582248625, -17.9589318631188, 27.94888452941996, -2.8589982771350235, -8.87285693353063, 12.360567175794303, 0.6433927460157636],
].map(sparse);
const C = [
  0, 0.05260015195876773, 0.0789002279381516, 0.1183503419072274, 0.2816496580927726, 0.3333333333333333, 0.25,
  0.3076923076923077, 0.6512820512820513, 0.6, 0.8571428571428571, 1,
];
const B = sparse([
  0.054293734116568765, 0, 0, 0, 0, 4.450312892752409, 1.8915178993145003, -5.801203960010585, 0.3111643669578199,
  -0.1521609496625161, 0.20136540080403034, 0.04471061572777259,
]);

/** The coefficients that are not zero, and their places. */
function sparse(row) {
  const places = row.flatMap((value, i) => (value === 0 ? [] : [i]));
  return { places: Int32Array.from(places), values: Float64Array.from(places, (i) => row[i]) };
}

const kv = new Float64Array(12);
const kw = new Float64Array(12);
const slope = new Float64Array(2);

/** One step, with the signature of the methods in integrators.js; writes the new state in place. */
export function dop853(field, t, state, dt) {
  const v = state[0];
  const w = state[1];
  for (let stage = 0; stage <= 12; stage += 1) {
    let dv = 0;
    let dw = 0;
    if (stage > 0) {
      const { places, values } = stage < 12 ? A[stage - 1] : B;
      for (let j = 0; j < places.length; j += 1) {
        dv += values[j] * kv[places[j]];
        dw += values[j] * kw[places[j]];
      }
    }
    if (stage === 12) {
      state[0] = v + dt * dv;
      state[1] = w + dt * dw;
    } else {
      field(t + C[stage] * dt, v + dt * dv, w + dt * dw, slope);
      kv[stage] = slope[0];
      kw[stage] = slope[1];
    }
  }
}
