import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { finish, type OnTestFinished, startFixture } from './child.js'
import { temporaryDirectory } from './temporary-directory.js'

const ENDLESS = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c'
const NAMES = ['base_id', 'parent_id', 'trace_id', 'project', 'host', 'service', 'name', 'data']
const PLAIN = ['id INTEGER PRIMARY KEY', 'timestamp TEXT', ...NAMES.map(name => `${name} TEXT`)]
const TABLE = `CREATE TABLE data (${PLAIN.join(', ')});`
const OTHER = 'CREATE TABLE other (x);'

function replaced(name: string, column: string): string {
  return `CREATE TABLE data (${PLAIN.map(plain => (plain.startsWith(name) ? column : plain)).join(', ')});`
}

const TRAPS: readonly (readonly [string, string, RegExp])[] = [
  [
    'a trigger on its table',
    `${TABLE} ${OTHER} CREATE TRIGGER t AFTER INSERT ON data BEGIN INSERT INTO other ${ENDLESS}; END`,
    /has a trigger/,
  ],
  [
    'a trigger on its table that spells the name of the table in upper case',
    `${TABLE} ${OTHER} CREATE TRIGGER t BEFORE DELETE ON "DATA" BEGIN INSERT INTO other ${ENDLESS}; END`,
    /has a trigger/,
  ],
  [
    'a view in place of its table',
    `CREATE VIEW data AS SELECT 1 AS id, 1 AS timestamp, ${NAMES.map(name => `1 AS ${name}`).join(', ')} FROM (${ENDLESS})`,
    /is a view/,
  ],
  [
    'a CHECK constraint',
    replaced('name', `name TEXT CHECK /* ' */ (length(printf('%.*c', 1000, 'x')) > 0)`),
    /has a CHECK/,
  ],
  ['a stored generated column', TABLE.replace(');', ', more TEXT AS (upper(data)) STORED);'), /has a generated column/],
  ['a virtual generated column', TABLE.replace(');', ', more TEXT AS (upper(data)));'), /has a generated column/],
]

describe('a database that contains its own SQL', () => {
  async function write(before: string, after: string, onFinished: OnTestFinished) {
    const path = join(temporaryDirectory(onFinished), 'traces.db')
    const child = startFixture('write-into-trap.mjs', [path, before, after], { onFinished })
    const { stdout, code } = await finish(child)
    expect(code).toBe(0)
    return JSON.parse(stdout)
  }

  // The tests run concurrently, because each waits for several seconds.
  it.concurrent.for(TRAPS)(
    'is refused because of %s that exists when the database is opened',
    async ([, sql, reason], { onTestFinished }) => {
      const { refusal, read, stats } = await write(sql, '', onTestFinished)

      expect(refusal).toMatch(reason)
      expect(read).toMatch(reason)
      expect(stats).toMatchObject({ written: 0, dropped: 1, unknown: 0 })
    },
  )

  it.concurrent.for(TRAPS)(
    'is refused because of %s that is added while the database is open',
    async ([, sql, reason], { onTestFinished }) => {
      const { refusal, read, stats } = await write('', `DROP TABLE data; ${sql}`, onTestFinished)

      expect(refusal).toMatch(reason)
      expect(read).toMatch(reason)
      expect(stats).toMatchObject({ written: 1, dropped: 1, unknown: 0 })
    },
  )

  it.concurrent('loses no rows of another table that refers to the records', async ({ onTestFinished }) => {
    const sql = `${TABLE} ${OTHER}
      CREATE TABLE notes (record REFERENCES data (id) ON DELETE CASCADE);
      CREATE TRIGGER t BEFORE DELETE ON notes BEGIN INSERT INTO other ${ENDLESS}; END;`

    const { refusal, stats } = await write(sql, 'INSERT INTO notes SELECT id FROM data', onTestFinished)

    expect(refusal).toEqual({ refused: 0 })
    expect(stats).toMatchObject({ written: 2, dropped: 0 })
  })

  it.concurrent('is accepted if the word CHECK is only a name, a comment or a string', async ({ onTestFinished }) => {
    const column = `"check" TEXT DEFAULT 'CHECK (1)' /* CHECK (1) */`

    const { refusal } = await write(TABLE.replace(');', `, ${column});`), '', onTestFinished)

    expect(refusal).toEqual({ refused: 0 })
  })
})
