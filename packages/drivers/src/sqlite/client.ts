import { createRequire, isBuiltin } from 'node:module'
import { OsprofilerError } from '@osprofiler/core'
import { process } from '@osprofiler/core/toolkit'

const PACKAGE = '@photostructure/sqlite'

/**
 * Names the SQLite client of this Node: its own from 22.13 on, else the package that has the same API. Loads
 * neither, since Node warns when its own is loaded.
 *
 * @throws OsprofilerError `ERR_MISSING_CLIENT` where there is neither.
 */
export function findSqliteClient(): string {
  if (isBuiltin('node:sqlite')) return 'node:sqlite'
  try {
    return createRequire(import.meta.url).resolve(PACKAGE)
  } catch (cause) {
    throw new OsprofilerError(
      'ERR_MISSING_CLIENT',
      `Node ${process.versions.node} has no SQLite of its own. Run "npm install ${PACKAGE}", or use Node 22.13 or later.`,
      { cause },
    )
  }
}
