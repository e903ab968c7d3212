// Records a service's points and delivers them: `node to-the-end.js sqlite|count|statement`.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNotifier, run, setNotifier, withTrace } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { answerTimes } from '../answer.js'
import { countRecords } from '../count-records.js'
import { createExpect } from '../expect-count.js'
import { callOften } from '../points/often.js'
import { createRecords, toRow } from './records.js'
import { openDatabase, openStatement } from './statement.js'

const folder = mkdtempSync(join(tmpdir(), 'osprofiler-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true }))
const path = join(folder, 'traces.db')
const RECORDS = createRecords(20_000)
const POINTS_PER_TRACE = 10

/** Each function resolves to a task. A task records points in traces of ten, and resolves when all are delivered. */
const WAYS = {
  async sqlite() {
    const driver = openDriver(`sqlite:///${path}`)
    await driver.write(RECORDS.slice(0, 1))
    const notifier = createNotifier(driver)
    setNotifier(notifier)
    return makePoints(expectRows(() => notifier.flush(60_000)))
  },
  count: () => makePoints(countRecords().expect),
  /**
   * Does the least work that a store needs, in one thread: creates the JSON of prepared records, and runs one statement
   * per record.
   */
  async statement() {
    const statement = await openStatement(path)
    const expect = expectRows(() => {})
    let at = 0
    return async count => {
      for (let left = 2 * count; left > 0; ) {
        const rows = RECORDS.slice(at, at + Math.min(left, 500))
        statement.write(rows, toRow)
        left -= rows.length
        at = (at + rows.length) % RECORDS.length
      }
      await expect(2 * count)
    }
  },
}

function makePoints(expect) {
  const info = { db: { statement: RECORDS[0].info.db.statement, params: '[42,"paid"]' } }
  const makeTraces = callOften(() =>
    run({ hmacKey: 'SECRET_KEY' }, () => {
      for (let i = 0; i < POINTS_PER_TRACE; i++) withTrace('db', info, () => {})
    }),
  )
  // Traces are always completed, so a few points more than `count` may be recorded. These are negligible among the
  // thousands of points in a measurement.
  return async count => {
    const traces = Math.ceil(count / POINTS_PER_TRACE)
    await makeTraces(traces)
    await expect(2 * traces * POINTS_PER_TRACE)
  }
}

/**
 * Creates the check that the expected rows have arrived. Counts rows by the last row id, because counting all rows
 * would add work that is not part of the measurement.
 */
function expectRows(flush) {
  const database = openDatabase(path)
  const readLast = () => database.prepare('SELECT max(rowid) AS last FROM data').get().last
  const start = readLast()
  return createExpect('rows', flush, () => readLast() - start)
}

const way = process.argv[2]
await answerTimes({ [way]: await WAYS[way]() })
