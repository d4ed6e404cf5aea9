// Compile src/kernel.ts to WebAssembly, for the bundle and for the tests.
import asc from "assemblyscript/asc";
import { readFile } from "node:fs/promises";

/** @param relaxed whether to use fused multiply-add, which older browsers lack */
export async function compileKernel({ relaxed }) {
  let binary;
  const { error, stderr } = await asc.main([
    "kernel.ts", "--outFile", "kernel.wasm", "-O3", "--runtime", "stub", "--noAssert",
    "--enable", "simd", ...(relaxed ? ["--enable", "relaxed-simd"] : []),
  ], {
    readFile: (name) => readFile(new URL(`src/${name}`, import.meta.url), "utf8").catch(() => null),
    writeFile: (_name, contents) => { binary = contents; },
    listFiles: () => [],
  });
  if (error) throw new Error(`kernel.ts: ${error.message}\n${stderr}`);
  return binary;
}
