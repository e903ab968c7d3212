import { isBuiltin } from 'node:module'
import { OsprofilerError } from '@osprofiler/core'
import { process } from '@osprofiler/core/toolkit'
import { resolveClient } from '../opening/client-package.js'
import type { OpenContext } from '../opening/store-driver.js'

const PACKAGE = '@photostructure/sqlite'

/**
 * Names the SQLite client of this Node: its own from 22.13 on, else the package that has the same API. Loads
 * neither, since Node warns when its own is loaded.
 *
 * @throws OsprofilerError `ERR_MISSING_CLIENT` where there is neither.
 */
export function findSqliteClient(context?: Pick<OpenContext, 'checkOnly'>): string {
  if (context?.checkOnly || isBuiltin('node:sqlite')) return 'node:sqlite'
  const file = resolveClient(PACKAGE)
  if (file !== undefined) return file
  throw new OsprofilerError(
    'ERR_MISSING_CLIENT',
    `Node ${process.versions.node} has no SQLite of its own. Run "npm install ${PACKAGE}", or use Node 22.13 or later.`,
  )
}
