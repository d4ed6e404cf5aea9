// For tests/unit/test_fits_in_the_page.py: reads a package and a question as JSON from standard input, and writes,
// as JSON, every model's field at the points and its trajectory from the start.
import { readModels } from "../src/network/library.js";

let text = "";
for await (const chunk of process.stdin) text += chunk;
const { file, points, I, start } = JSON.parse(text);

const answer = {};
for (const [name, model] of Object.entries(readModels(Uint8Array.from(Buffer.from(file, "base64"))))) {
  const values = new Float64Array(points.length);
  model.evaluate(I, points, values);
  const { v, w, divergedAt } = model.integration(I, start).advance().samples();
  answer[name] = { values: [...values], v: [...v], w: [...w], divergedAt };
}
process.stdout.write(JSON.stringify(answer));
