import { Map, String } from '@osprofiler/core/toolkit'
import { checkColumns } from '../sql/result-rows.js'
import type { SqlSession } from '../sql/session.js'

/** How values are compared with the columns of a table, whose character set and collation may be any. */
export interface Comparisons {
  /** Whether the table is there, and with it what its columns are like; a yes is remembered. */
  findColumns(): Promise<boolean>
  forgetColumns(): void
  /** The place of a value that is compared with a column. */
  toTerm(column: string): string
  /** A condition for records of these traces. Its values are their ids, twice. */
  toCondition(baseIds: readonly string[]): string
}

/** What tells ids apart that a collation takes for one, such as "a" and "A", or "a" and "a ". */
export const EXACT_ID = 'CAST(CONVERT(base_id USING utf8mb4) AS BINARY)'

const COLUMNS = `SELECT column_name, character_set_name, collation_name FROM information_schema.columns
  WHERE table_schema = DATABASE() AND table_name = 'data'`

/** Prepares comparisons for the table of a session. */
export function createComparisons(session: SqlSession): Comparisons {
  /** In the character set and collation of each column: in others its index would be of no use. */
  const terms = new Map<string, string>()

  function toTerm(column: string): string {
    return terms.get(column) ?? '?'
  }

  return {
    async findColumns() {
      if (terms.size > 0) return true
      const { rows } = await session.run(COLUMNS)
      if (!checkColumns(rows.map(([name]) => String(name)))) return false
      for (const [name, characterSet, collation] of rows) {
        if (characterSet !== null) terms.set(String(name), `CONVERT(? USING ${characterSet}) COLLATE ${collation}`)
      }
      return true
    },
    forgetColumns: () => terms.clear(),
    toTerm,
    toCondition(baseIds) {
      const found = baseIds.map(() => toTerm('base_id')).join(', ')
      // The first half goes by the index, the second makes it exact.
      return `base_id IN (${found}) AND ${EXACT_ID} IN (${baseIds.map(() => 'CAST(? AS BINARY)').join(', ')})`
    },
  }
}
