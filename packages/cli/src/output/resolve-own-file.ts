import { createRequire } from 'node:module'
import { join } from 'node:path'

/** Returns the path of a file of this package, however the modules were bundled. */
export function resolveOwnFile(path: string): string {
  return join(createRequire(import.meta.url).resolve('osprofiler/package.json'), '..', path)
}
