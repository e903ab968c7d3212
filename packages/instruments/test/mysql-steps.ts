import type mysql from 'mysql2'
import { type Opened, type See, untilDone } from './mixed-callers.js'

const TEXT = 'SELECT 1 AS n UNION SELECT 2 UNION SELECT 3'

/** Resolves when `run` calls its callback. Calls `see` inside the callback. */
function seen(see: See, run: (callback: () => void) => unknown, where = 'the callback'): Promise<void> {
  return untilDone(done =>
    run(() => {
      see(where)
      done()
    }),
  )
}

function seenEvents(see: See, emitter: NodeJS.EventEmitter, names: readonly string[]): Promise<void> {
  return untilDone(done => {
    for (const name of names) emitter.on(name, () => see(`the event ${name}`))
    emitter.on(names.at(-1) ?? '', done)
  })
}

/** Opens a pool of one connection. */
export function openMysqlPool(library: typeof mysql, uri: string): Opened {
  const pool = library.createPool({ uri, connectionLimit: 1 })
  const promised = pool.promise()
  const connect = (see: See): Promise<mysql.PoolConnection> =>
    new Promise((resolve, reject) =>
      pool.getConnection((error, connection) => {
        see('the callback of getConnection')
        if (error) reject(error)
        else resolve(connection)
      }),
    )
  const withConnection = async (see: See, work: (connection: mysql.PoolConnection) => Promise<unknown>) => {
    const connection = await connect(see)
    await work(connection)
    connection.release()
  }
  return {
    first: () => promised.query('SELECT 1'),
    close: () => promised.end(),
    steps: {
      'a query, with a callback': see => seen(see, done => pool.query(TEXT, done)),
      'a query that fails, with a callback': see => seen(see, done => pool.query('SELECT nothing', done)),
      'a statement, with a callback': see => seen(see, done => pool.execute('SELECT ?', [1], done)),
      'a query, with a promise': async see => {
        await promised.query(TEXT)
        see('the first')
        await promised.execute('SELECT ?', [1])
      },
      'the events of a query': see => seenEvents(see, pool.query(TEXT), ['fields', 'result', 'end']),
      'the events of a query that fails': see => seenEvents(see, pool.query('SELECT nothing'), ['error']),
      'a stream': see => seenEvents(see, pool.query(TEXT).stream(), ['data', 'end', 'close']),
      'a stream on a connection': see =>
        withConnection(see, connection =>
          seenEvents(see, connection.query(TEXT).stream({ highWaterMark: 1 }), ['data', 'end']),
        ),
      'a prepared statement': see =>
        withConnection(see, connection =>
          untilDone((done, failed) =>
            connection.prepare('SELECT ?', (error, statement) => {
              see('the callback of prepare')
              if (error) return failed(error)
              statement.execute([1], () => {
                see('the callback of execute')
                done()
              })
            }),
          ),
        ),
      'a transaction': see =>
        withConnection(see, async connection => {
          await seen(see, done => connection.beginTransaction(done), 'the callback of beginTransaction')
          await seen(see, done => connection.query(TEXT, done))
          await seen(see, done => connection.commit(done), 'the callback of commit')
        }),
    },
  }
}

/** Opens a connection that all callers share, and a pool cluster. */
export function openMysqlConnection(library: typeof mysql, uri: string): Opened {
  let connection: mysql.Connection
  const cluster = library.createPoolCluster()
  cluster.add('one', { uri, connectionLimit: 1 })
  const pools = cluster.of('*', 'RR')
  return {
    first() {
      connection = library.createConnection(uri)
      return connection.promise().query('SELECT 1')
    },
    close: () => Promise.all([connection.promise().end(), untilDone(done => cluster.end(() => done()))]),
    steps: {
      'a query, with a callback': see => seen(see, done => connection.query(TEXT, done)),
      'a query object, with a callback': see => seen(see, done => connection.query({ sql: TEXT }, done)),
      'the events of a query': see => seenEvents(see, connection.query(TEXT), ['fields', 'result', 'end']),
      'a stream': see => seenEvents(see, connection.query(TEXT).stream(), ['data', 'end']),
      'a ping after a query': async see => {
        await seen(see, done => connection.query(TEXT, done))
        await seen(see, done => connection.ping(done))
      },
      'a query of a pool cluster': see => seen(see, done => pools.query(TEXT, done)),
      'a connection of a pool cluster': see =>
        untilDone((done, failed) =>
          cluster.getConnection((error, given) => {
            see('the callback of getConnection')
            if (error) return failed(error)
            given.query(TEXT, () => {
              see('the callback of query')
              given.release()
              done()
            })
          }),
        ),
    },
  }
}
