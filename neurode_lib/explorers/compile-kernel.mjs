// Compile AssemblyScript in src/ to WebAssembly, for the bundles and for the tests.
import asc from "assemblyscript/asc";
import { readFile } from "node:fs/promises";

/**
 * @param name    of a file in src/ without its ending: "kernel" or "matrices"
 * @param relaxed whether to use fused multiply-add, which older browsers lack
 */
export async function compileKernel(name, { relaxed = false } = {}) {
  let binary;
  const { error, stderr } = await asc.main([
    `${name}.ts`, "--outFile", `${name}.wasm`, "-O3", "--runtime", "stub", "--noAssert",
    "--enable", "simd", ...(relaxed ? ["--enable", "relaxed-simd"] : []),
  ], {
    readFile: (path) => readFile(new URL(`src/${path}`, import.meta.url), "utf8").catch(() => null),
    writeFile: (_path, contents) => { binary = contents; },
    listFiles: () => [],
  });
  if (error) throw new Error(`${name}.ts: ${error.message}\n${stderr}`);
  return binary;
}
