import { wrapLibrary } from '../loading/wrap-library.js'
import type { InstrumentSettings } from '../options/instrument-contract.js'
import { aroundThen } from '../wrapping/around-then.js'
import { undoAll } from '../wrapping/wrap-method.js'

/**
 * Finds the code that awaits a query of drizzle-orm, for the query's call site. The instrument of the database library
 * that drizzle-orm uses records the query.
 */
export function instrumentDrizzle({ traceSql }: InstrumentSettings): () => void {
  if (traceSql === 'off') return undoAll([])
  const classes = { QueryPromise: { then: aroundThen } }
  return wrapLibrary('drizzle-orm', [
    { file: 'query-promise.cjs', classes },
    { file: 'query-promise.js', esModule: 'query-promise.js', classes },
  ])
}
