import { createRequire } from 'node:module'
import { setNotifier } from '@osprofiler/core'
import { instrument } from '@osprofiler/instruments'
import { describe, expect, it } from 'vitest'
import { bindingFile } from '../../../test/better-sqlite3.js'
import { databaseCalls } from './database-calls.js'
import { describeSqlite, type SqliteDatabase } from './sqlite-suite.js'
import { collect, inTrace } from './traced-calls.js'

interface BetterSqliteDatabase extends SqliteDatabase {
  pragma(source: string): unknown
  transaction(fn: () => unknown): () => unknown
}

// better-sqlite3 does not include types.
const Database: new (file: string, options: object) => BetterSqliteDatabase = createRequire(import.meta.url)(
  'better-sqlite3',
)

describe('better-sqlite3', () => {
  const nativeBinding = bindingFile
  describeSqlite(
    'better-sqlite3',
    file => new Database(file, { nativeBinding }),
    `const db = new library(':memory:', { nativeBinding: ${JSON.stringify(nativeBinding)} })`,
  )

  it('records pragmas, and the begin and end of a transaction, as points', async () => {
    const undo = instrument(['better-sqlite3'], { traceSql: 'values' })
    const records = collect()
    const db = new Database(':memory:', { nativeBinding })

    await inTrace(async () => {
      db.pragma('user_version')
      db.transaction(() => db.prepare('SELECT 1').get())()
    })
    undo()
    setNotifier(undefined)
    db.close()

    expect(databaseCalls(records).map(({ statement }) => statement)).toEqual([
      'PRAGMA user_version',
      'BEGIN',
      'SELECT 1',
      'COMMIT',
    ])
  })
})
