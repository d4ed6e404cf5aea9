// Compile AssemblyScript to WebAssembly, for the bundles and for the tests.

import { readFile } from "node:fs/promises";
import asc from "assemblyscript/asc";

const OPTIONS = ["-O3", "--runtime", "stub", "--noAssert", "--enable", "simd"];

/**
 * @param source  a file in src/, such as "network/network-kernel.ts"
 * @param relaxed whether to use fused multiply-add, which older browsers lack
 */
export async function compileKernel(source, { relaxed = false } = {}) {
  let binary;
  const { error, stderr } = await asc.main(
    [source, "--outFile", "kernel.wasm", ...OPTIONS, ...(relaxed ? ["--enable", "relaxed-simd"] : [])],
    {
      readFile: (path) => readFile(new URL(`src/${path}`, import.meta.url), "utf8").catch(() => null),
      writeFile: (_path, contents) => {
        binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`${source}: ${error.message}\n${stderr}`);
  return binary;
}
