import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { withTrace } from '@osprofiler/core'
import { beginStep, endStep } from './truth.js'

const require = createRequire(new URL('../../packages/instruments/package.json', import.meta.url))
const Cursor = require('pg-cursor')
const QueryStream = require('pg-query-stream')

/** Sends a query to PostgreSQL. Continues the request in one of the library's callbacks. */
export function pgQuery(step, parent, request, world) {
  const text = `SELECT pg_sleep($1), 1 AS step_${step.n}`
  const values = [step.ms / 1000]
  return runQuery(step, parent, request, world, PG_STYLES[step.style], world.pg, text, values)
}

/** Like `pgQuery`, for MariaDB. */
export function mysqlQuery(step, parent, request, world) {
  const text = `SELECT SLEEP(?), 1 AS step_${step.n}`
  return runQuery(step, parent, request, world, MYSQL_STYLES[step.style], world.mysql, text, [step.ms / 1000])
}

async function runQuery(step, parent, request, world, ask, pool, text, values) {
  const truth = beginStep(request.truth, parent, `db ${step.n}`, { recorded: world.recordsSql })
  const going = new Promise((resolve, reject) => {
    const over = () => {
      truth.endedAfter = truth.startedAfter + step.ms
      endStep(truth)
    }
    // If the library passes the result to a callback or a listener, the request continues there.
    const goOn = error => {
      if (error) return reject(error)
      followQuery(step, parent, request).then(resolve, reject)
    }
    ask(pool, text, values, over, goOn)
  })
  request.going.push(going)
  await going
}

/** Executes a step in the callback itself. The step's point must be below the point of the code that sent the query. */
async function followQuery(step, parent, request) {
  if (!step.follows) return
  const key = `then ${step.n}`
  const truth = beginStep(request.truth, parent, key)
  await withTrace('then', { n: step.n }, () => sleep(1))
  endStep(truth)
}

function endAndContinue(over, goOn, error) {
  over()
  goOn(error)
}

const PG_STYLES = {
  promise(pool, text, values, over, goOn) {
    pool.query(text, values).then(() => endAndContinue(over, goOn), goOn)
  },
  callback(pool, text, values, over, goOn) {
    pool.query(text, values, error => endAndContinue(over, goOn, error))
  },
  client(pool, text, values, over, goOn) {
    pool.connect((error, client, release) => {
      if (error) return goOn(error)
      client.query(text, values, failure => {
        over()
        release()
        goOn(failure)
      })
    })
  },
  cursor(pool, text, values, over, goOn) {
    pool.connect((error, client, release) => {
      if (error) return goOn(error)
      const cursor = client.query(new Cursor(text, values))
      cursor.read(100, failure => {
        if (failure) return goOn(failure)
        cursor.close(() => {
          over()
          release()
          goOn()
        })
      })
    })
  },
  stream(pool, text, values, over, goOn) {
    pool.connect((error, client, release) => {
      if (error) return goOn(error)
      const rows = client.query(new QueryStream(text, values))
      rows.on('error', goOn)
      rows.on('data', () => {})
      rows.on('close', () => {
        over()
        release()
        goOn()
      })
    })
  },
}

const MYSQL_STYLES = {
  promise(pool, text, values, over, goOn) {
    pool
      .promise()
      .query(text, values)
      .then(() => endAndContinue(over, goOn), goOn)
  },
  callback(pool, text, values, over, goOn) {
    pool.query(text, values, error => endAndContinue(over, goOn, error))
  },
  stream(pool, text, values, over, goOn) {
    const rows = pool.query(text, values).stream()
    rows.on('error', goOn)
    rows.on('data', () => {})
    rows.on('end', () => endAndContinue(over, goOn))
  },
}

/**
 * Sends a command to Redis. If values are not recorded, the point does not contain the command's key. Therefore the
 * block around the point identifies the command.
 */
export async function redisCommand({ n, style }, parent, request, { redis }) {
  const truth = beginStep(request.truth, parent, `db in ${parent.key}`)
  if (style === 'promise') await redis.get(`step:${n}`)
  if (style === 'callback') {
    await new Promise((resolve, reject) => redis.get(`step:${n}`, error => (error ? reject(error) : resolve())))
  }
  if (style === 'pipeline') await redis.pipeline().set(`step:${n}`, '1').get(`step:${n}`).exec()
  endStep(truth)
}
