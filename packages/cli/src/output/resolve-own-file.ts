import { createRequire } from 'node:module'
import { join } from 'node:path'

/** Returns the path of a file in this package, regardless of how the modules were bundled. */
export function resolveOwnFile(path: string): string {
  return join(createRequire(import.meta.url).resolve('osprofiler/package.json'), '..', path)
}
