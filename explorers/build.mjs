// Bundle the explorers: `node build.mjs` writes the scripts that the Python package carries, and
// `--check` fails if they are not what the sources build.

import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { compileKernel } from "./compile-kernel.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const OUT = "../neurode_lib/explorers/static/";

// `import binary from "kernel:network"` is network-kernel.ts, compiled.
const KERNELS = {
  "kernel:network": () => compileKernel("network/network-kernel.ts"),
  "kernel:network-relaxed": () => compileKernel("network/network-kernel.ts", { relaxed: true }),
  "kernel:matrices": () => compileKernel("training/matrices-kernel.ts"),
};
const kernels = {
  name: "kernels",
  setup(build) {
    build.onResolve({ filter: /^kernel:/ }, ({ path }) => ({ path, namespace: "kernel" }));
    build.onLoad({ filter: /.*/, namespace: "kernel" }, async ({ path }) => ({
      contents: await KERNELS[path](),
      // Text: what is not wanted on a page need not be decoded there.
      loader: "base64",
    }));
  },
};

/** Bundle one entry; returns its text. `worker` is what `import source from "worker:trainer"` gives. */
async function bundle(entry, format, worker = "") {
  const trainer = {
    name: "trainer",
    setup(build) {
      build.onResolve({ filter: /^worker:/ }, ({ path }) => ({ path, namespace: "worker" }));
      build.onLoad({ filter: /.*/, namespace: "worker" }, () => ({ contents: worker, loader: "text" }));
    },
  };
  const result = await build({
    absWorkingDir: here("."),
    entryPoints: [entry],
    format,
    bundle: true,
    minify: true,
    charset: "utf8",
    target: "es2022",
    plugins: [kernels, trainer],
    loader: { ".css": "text" },
    legalComments: "none",
    write: false,
  });
  return result.outputFiles[0].text;
}

const worker = await bundle("src/training/worker.js", "iife");
const outputs = {
  // Classic scripts: browsers refuse module scripts on file://.
  "explorers.js": await bundle("src/page/static-page.js", "iife"),
  // What checks answers, also on pages without a figure.
  "tasks.js": await bundle("src/tasks/page.js", "iife"),
  // Loaded when a reader trains. Text, because a worker on file:// is made from text.
  "trainer.js": `globalThis.neurodeTrainer=${JSON.stringify(worker)};\n`,
  // What anywidget imports; it has no folder to load anything from.
  "widget.js": await bundle("src/page/widget.js", "esm", worker),
};

const check = process.argv.includes("--check");
let stale = 0;
for (const [out, text] of Object.entries(outputs)) {
  if (!check) {
    await writeFile(here(OUT + out), text);
    continue;
  }
  const committed = await readFile(here(OUT + out), "utf8").catch(() => "");
  if (committed !== text) {
    console.error(`${out} is not what the sources build: run "make explorers" and commit it`);
    stale += 1;
  }
}
process.exitCode = stale ? 1 : 0;
