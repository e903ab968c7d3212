import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { transform } from 'esbuild'

/**
 * Loads a file in this folder after compiling its standard decorators, which Vitest does not do. The file may import
 * only types.
 */
export async function loadStandard<Module>(file: string): Promise<Module> {
  const source = readFileSync(join(import.meta.dirname, file), 'utf8')
  const { code } = await transform(source, { loader: 'ts', format: 'esm', target: 'es2022' })
  const folder = mkdtempSync(join(tmpdir(), 'osprofiler-standard-'))
  const lowered = join(folder, 'lowered.mjs')
  writeFileSync(lowered, code)
  try {
    return await import(pathToFileURL(lowered).href)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
