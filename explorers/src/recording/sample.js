// A recording to try the page on: a simulated Hodgkin–Huxley neuron under a fluctuating current, seen
// through an amplifier. It is a file like a reader's own, and is read like one.
import { advance, steadyState } from "../neuron/hodgkin-huxley.js";
import { normal, random } from "../neuron/random.js";

const LENGTH = 2000; // ms
const DT = 0.1; // ms between two samples
const SUBSTEPS = 4; // of the simulation, in one of them
const REST = -65; // mV
const AREA = 10; // pA for 1 µA/cm²: a membrane of 1,000 µm²
// The current: a mean, and noise with a memory (Ornstein and Uhlenbeck), held during each sample.
const CURRENT = { mean: 40, deviation: 60, memory: 3 }; // pA, pA, ms
const NOISE = 0.5; // mV
const CUTOFF = 3; // kHz, twice: the amplifier's filter
const STREAM = 7;

/** The recording as the text of a file. */
export function sampleFile(seed = 1) {
  const gauss = normal(random(seed, STREAM));
  const state = steadyState(REST);
  const keep = Math.exp(-DT / CURRENT.memory);
  const share = 1 - Math.exp(-2 * Math.PI * CUTOFF * DT);
  let deviation = 0;
  let [first, second] = [REST, REST];
  const lines = ["time (ms),current (pA),voltage (mV)"];
  for (let n = 0; n < LENGTH / DT; n += 1) {
    deviation = keep * deviation + Math.sqrt(1 - keep * keep) * CURRENT.deviation * gauss();
    const current = Number((CURRENT.mean + deviation).toFixed(2));
    first += share * (state[0] + NOISE * gauss() - first);
    second += share * (first - second);
    lines.push(`${(n * DT).toFixed(1)},${current.toFixed(2)},${second.toFixed(3)}`);
    for (let step = 0; step < SUBSTEPS; step += 1) advance(state, current / AREA, DT / SUBSTEPS);
  }
  return `${lines.join("\n")}\n`;
}
