import { isBuiltin } from 'node:module'
import { OsprofilerError } from '@osprofiler/core'
import { process } from '@osprofiler/core/toolkit'
import { resolveClient } from '../opening/client-package.js'
import type { OpenContext } from '../opening/store-driver.js'

const CLIENT_PACKAGE = '@photostructure/sqlite'

/**
 * Returns the name of the SQLite client: Node's own client from Node 22.13 on, or else a package with the same API.
 * Does not load the client, because Node prints a warning when its own client is loaded. Throws `ERR_MISSING_CLIENT` if
 * neither client exists.
 */
export function findSqliteClient(context?: Pick<OpenContext, 'checkOnly'>): string {
  if (context?.checkOnly || isBuiltin('node:sqlite')) return 'node:sqlite'
  const file = resolveClient(CLIENT_PACKAGE)
  if (file !== undefined) return file
  throw new OsprofilerError(
    'ERR_MISSING_CLIENT',
    `Node ${process.versions.node} has no SQLite of its own. Run "npm install ${CLIENT_PACKAGE}", or use Node 22.13 or later.`,
  )
}
