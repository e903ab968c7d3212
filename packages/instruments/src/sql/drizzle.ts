import { mainFile, resolvePackage } from '@osprofiler/core/toolkit'
import { wrapLibrary } from '../loading/wrap-library.js'
import type { InstrumentSettings } from '../options/instrument-contract.js'
import { wrapThen } from '../wrapping/around-then.js'
import { undoAll } from '../wrapping/wrap-method.js'

/**
 * A class whose objects run a query when they are awaited. Each class of SELECT queries has its own copy of `then`, so
 * each class is wrapped separately.
 */
interface QueryClass {
  readonly file: string
  readonly name: string
  /** If set, the class is wrapped only if one of these packages is installed, so that no unused class is loaded. */
  readonly drivers?: readonly string[]
}

const CLASSES: readonly QueryClass[] = [
  { file: 'query-promise', name: 'QueryPromise' },
  { file: 'pg-core/query-builders/select', name: 'PgSelectBase', drivers: ['pg', 'postgres'] },
  { file: 'mysql-core/query-builders/select', name: 'MySqlSelectBase', drivers: ['mysql2'] },
  { file: 'sqlite-core/query-builders/select', name: 'SQLiteSelectBase', drivers: ['better-sqlite3'] },
]

/**
 * Finds the call site of a drizzle-orm query, which is the code that awaits the query. The instrument of the underlying
 * database library records the query itself.
 */
export function instrumentDrizzle({ traceSql }: InstrumentSettings): () => void {
  const main = mainFile()
  if (traceSql === 'off' || main === undefined) return undoAll([])
  const used = CLASSES.filter(({ drivers }) => drivers?.some(name => resolvePackage(name, main) !== undefined) ?? true)
  const files = used.flatMap(({ file, name }) => {
    const classes = { [name]: wrapThen() }
    return [
      { file: `${file}.cjs`, classes },
      { file: `${file}.js`, esModule: `${file}.js`, classes },
    ]
  })
  return wrapLibrary('drizzle-orm', files)
}
