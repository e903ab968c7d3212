import { mainFile, resolvePackage } from '@osprofiler/core/toolkit'
import { wrapLibrary } from '../loading/wrap-library.js'
import type { InstrumentSettings } from '../options/instrument-contract.js'
import { wrapThen } from '../wrapping/around-then.js'
import { undoAll } from '../wrapping/wrap-method.js'

/** A class whose objects run a query when they are awaited. Selects have copies of the `then` of other queries. */
interface QueryClass {
  readonly file: string
  readonly name: string
  /** The packages of which one is installed if the class is used. Other classes are not loaded for nothing. */
  readonly drivers?: readonly string[]
}

const CLASSES: readonly QueryClass[] = [
  { file: 'query-promise', name: 'QueryPromise' },
  { file: 'pg-core/query-builders/select', name: 'PgSelectBase', drivers: ['pg', 'postgres'] },
  { file: 'mysql-core/query-builders/select', name: 'MySqlSelectBase', drivers: ['mysql2'] },
  { file: 'sqlite-core/query-builders/select', name: 'SQLiteSelectBase', drivers: ['better-sqlite3'] },
]

/**
 * Finds the code that awaits a query of drizzle-orm, for the query's call site. The instrument of the database library
 * that drizzle-orm uses records the query.
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
