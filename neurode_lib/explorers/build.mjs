// Bundle the explorers: `node build.mjs` writes static/, `--check` fails if static/ is stale.
import { build } from "esbuild";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { compileKernel } from "./compile-kernel.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const bundles = [
  // A classic script: browsers refuse module scripts on file://.
  { entry: "src/page.js", out: "static/explorers.js", format: "iife" },
  // What anywidget imports.
  { entry: "src/widget.js", out: "static/widget.js", format: "esm" },
];

// `import binary from "kernel:simd"` is kernel.ts, compiled.
const kernel = {
  name: "kernel",
  setup(build) {
    build.onResolve({ filter: /^kernel:/ }, ({ path }) => ({ path, namespace: "kernel" }));
    build.onLoad({ filter: /.*/, namespace: "kernel" }, async ({ path }) => ({
      contents: await compileKernel({ relaxed: path === "kernel:relaxed-simd" }),
      loader: "binary",
    }));
  },
};

const check = process.argv.includes("--check");
let stale = 0;
for (const { entry, out, format } of bundles) {
  const result = await build({
    absWorkingDir: here("."),
    entryPoints: [entry],
    outfile: out,
    format,
    bundle: true,
    minify: true,
    charset: "utf8",
    target: "es2022",
    plugins: [kernel],
    loader: { ".css": "text" },
    legalComments: "none",
    write: !check,
  });
  if (!check) continue;
  const committed = await readFile(here(out), "utf8").catch(() => "");
  if (committed !== result.outputFiles[0].text) {
    console.error(`${out} is not what the sources build: run "npm run build" and commit it`);
    stale += 1;
  }
}
process.exitCode = stale ? 1 : 0;
