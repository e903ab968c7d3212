// Runs pg queries on a client or a pool: `node pg.js CONTENDER client|pool URL`.

import { createRequire } from 'node:module'
import { answerTimes } from '../answer.js'
import { createContender } from './contenders.js'

const [, , task, by, connectionString] = process.argv
const require = createRequire(import.meta.url)

const inContext = await createContender(task, [['pg'], { traceSql: 'statements' }], () => {
  const { PgInstrumentation } = require('@opentelemetry/instrumentation-pg')
  // These options turn off spans for connections from the pool and for queries outside a trace, because our instrument
  // creates no such points.
  return [new PgInstrumentation({ ignoreConnectSpans: true, requireParentSpan: true })]
})
const pg = require('pg')
const queryable = by === 'pool' ? new pg.Pool({ connectionString, max: 1 }) : new pg.Client(connectionString)
if (by === 'client') await queryable.connect()
// A pool connects at its first query.
await queryable.query('SELECT 1')

answerTimes({
  [task]: count =>
    inContext(count, async () => {
      for (let i = 0; i < count; i++)
        await queryable.query('SELECT $1::int AS id, name FROM products WHERE id = $1', [7])
    }),
})
