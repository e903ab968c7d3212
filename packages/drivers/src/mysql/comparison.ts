import { Map, String } from '@osprofiler/core/toolkit'
import { checkColumns } from '../sql/result-rows.js'
import type { SqlSession } from '../sql/session.js'

/** Builds SQL comparisons with the table's columns, which may have any character set and collation. */
export interface Comparisons {
  /** Returns whether the table exists, and reads the properties of its columns. A positive result is cached. */
  findColumns(): Promise<boolean>
  forgetColumns(): void
  /** Returns the placeholder for a value that is compared with a column. */
  toPlaceholder(column: string): string
  /**
   * Returns a condition that matches the records of these traces. The list of ids must be passed twice, because the
   * condition has two placeholders for each id.
   */
  toCondition(baseIds: readonly string[]): string
}

/**
 * An SQL expression for the exact bytes of an id. It distinguishes ids that a collation treats as equal, such as "a"
 * and "A", or "a" and "a ".
 */
export const EXACT_ID = 'CAST(CONVERT(base_id USING utf8mb4) AS BINARY)'

const COLUMNS_QUERY = `SELECT column_name, character_set_name, collation_name FROM information_schema.columns
  WHERE table_schema = DATABASE() AND table_name = 'data'`

/** Creates the comparisons of one session. `findColumns` must be called before the other members. */
export function createComparisons(session: SqlSession): Comparisons {
  /**
   * For each column, a placeholder with the character set and collation of the column. With any other placeholder, the
   * server could not use the index.
   */
  const placeholders = new Map<string, string>()

  function toPlaceholder(column: string): string {
    return placeholders.get(column) ?? '?'
  }

  return {
    async findColumns() {
      if (placeholders.size > 0) return true
      const { rows } = await session.run(COLUMNS_QUERY)
      if (!checkColumns(rows.map(([name]) => String(name)))) return false
      for (const [name, characterSet, collation] of rows) {
        if (characterSet !== null)
          placeholders.set(String(name), `CONVERT(? USING ${characterSet}) COLLATE ${collation}`)
      }
      return true
    },
    forgetColumns: () => placeholders.clear(),
    toPlaceholder,
    toCondition(baseIds) {
      const found = baseIds.map(() => toPlaceholder('base_id')).join(', ')
      // The first part of the condition uses the index, and the second part makes the match exact.
      return `base_id IN (${found}) AND ${EXACT_ID} IN (${baseIds.map(() => 'CAST(? AS BINARY)').join(', ')})`
    },
  }
}
