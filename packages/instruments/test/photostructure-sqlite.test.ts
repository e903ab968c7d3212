import { createRequire } from 'node:module'
import { setNotifier } from '@osprofiler/core'
import { instrument } from '@osprofiler/instruments'
import { DatabaseSync, StatementSync } from '@photostructure/sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { databaseCalls } from './database-calls.js'
import { describeSqlite } from './sqlite-suite.js'
import { collect, inTrace } from './traced-calls.js'

const NAME = '@photostructure/sqlite'
const commonJs: typeof import('@photostructure/sqlite') = createRequire(import.meta.url)(NAME)

/**
 * Opens a database while the instrument is on. The instrument records only databases that were opened while it was on.
 */
function open(file: string): InstanceType<typeof DatabaseSync> {
  const undo = instrument([NAME], { traceSql: 'statements' })
  try {
    return new DatabaseSync(file)
  } finally {
    undo()
  }
}

describe(`the instrument of ${NAME}`, () => {
  describeSqlite(
    NAME,
    file => open(file) as never,
    // The program does not use `library`, the default export, which contains only the native binary's classes.
    `const { DatabaseSync } = await import('${NAME}'); const db = new DatabaseSync(':memory:')`,
    false,
  )

  it.each([
    ['import', DatabaseSync],
    ['require', commonJs.DatabaseSync],
    ['its default export', commonJs.default.DatabaseSync],
  ])('records statements if the database class comes from %s', async (_name, Database) => {
    onTestFinished(instrument([NAME], { traceSql: 'values' }))
    const records = collect()
    onTestFinished(() => setNotifier(undefined))

    const { result } = await inTrace(async () => {
      const db = new Database(':memory:')
      return db.prepare('SELECT 1 AS n').get()
    })

    expect({ ...result }).toEqual({ n: 1 })
    expect(databaseCalls(records)).toEqual([{ statement: 'SELECT 1 AS n' }])
  })

  it('does not record databases that were opened before instrument(), and keeps them instances of their classes', async () => {
    class Own extends DatabaseSync {}
    const before = new DatabaseSync(':memory:')
    const undo = instrument([NAME], { traceSql: 'values' })
    const after = new Own(':memory:')
    undo()
    const records = collect()
    onTestFinished(() => setNotifier(undefined))

    await inTrace(async () => [before, after].map(db => db.prepare('SELECT 1').get()))

    expect(records).toEqual([])
    for (const db of [before, after]) {
      expect(db).toBeInstanceOf(DatabaseSync)
      expect(db).toBeInstanceOf(commonJs.DatabaseSync)
      expect(db.prepare('SELECT 1')).toBeInstanceOf(StatementSync)
      expect(db.isOpen).toBe(true)
    }
    expect([before instanceof Own, after instanceof Own]).toEqual([false, true])
    for (const value of [undefined, null, 'text', {}]) expect(value).not.toBeInstanceOf(DatabaseSync)
  })
})
