import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BUSY, compilePrograms, findBlame, insertLines, type Programs } from './causes/start-programs.js'
import { makeCertificate } from './servers/make-certificate.js'
import { startRedis } from './servers/redis.js'
import { sharePostgresql, shareRabbitmq } from './servers/share.js'

const folder = mkdtempSync(join(tmpdir(), 'osprofiler-causes-'))
const servers: { stop(): Promise<void> }[] = []
let programs: Programs
let stock: string

beforeAll(async () => {
  const [postgresql, redis, rabbitmq] = await Promise.all([sharePostgresql(), startRedis(), shareRabbitmq()])
  servers.push(postgresql, redis, rabbitmq)
  const { certificateFile, keyFile } = await makeCertificate(folder)
  const env = {
    POSTGRESQL_URL: postgresql.url,
    REDIS_URL: redis.url,
    RABBITMQ_URL: rabbitmq.url,
    CERTIFICATE_FILE: certificateFile,
    KEY_FILE: keyFile,
  }
  programs = await compilePrograms()
  ;[stock] = await Promise.all([programs.start('stock', env), programs.start('worker', env)])
  // The first request of a process is always slow. So the first requests are sent here, before the tests.
  for (const path of ['queries', 'cache', 'message']) await fetch(`${stock}/healthy/${path}`)
})
afterAll(async () => {
  await programs.stop()
  await Promise.all(servers.map(server => server.stop()))
  rmSync(folder, { recursive: true, force: true })
})

describe('the first finding', BUSY, () => {
  it.each([
    [
      'a full pool',
      'full-pool',
      'N % of this request is spent waiting for a connection from a pool of 2 in stock, 4 times, behind up to 3 others, from {full-pool}; meanwhile "SELECT pg_sleep(?)" of this trace, from {full-pool}, held connections (T)',
    ],
    [
      'a slow query',
      'slow-query',
      'N % of this request is "SELECT title, pg_sleep(?) FROM items WHERE id = $1" in stock, from {pg-slow} (T)',
    ],
    [
      'a query in a loop',
      'loop',
      'N % of this request is 20 x "SELECT title, pg_sleep(?) FROM items WHERE id = $1" in stock, one after another, from {pg-loop} (T)',
    ],
    [
      'queries that might be parallel',
      'serial',
      'Up to N % of this request might be saved if "SELECT ... FROM items" and "SELECT ... FROM pg_tables" in stock, from {pg-first} and {pg-second}, ran in parallel: the records show no dependency (T)',
    ],
    [
      'too many rows',
      'rows',
      'N % of this request is "SELECT i, md5(i::text) FROM generate_series(?, ?) i" in stock, from {pg-rows}, which returned 150,000 rows (T)',
    ],
    [
      'a command that waits for data',
      'blocking-command',
      'N % of this request is spent waiting for data in stock, from {redis-slow} (T)',
    ],
    [
      'many small commands',
      'cache-loop',
      'N % of this request is 60 x "GET ?" in stock, one after another, from {redis-loop} (T)',
    ],
    [
      'a slow TLS handshake',
      'tls',
      'N % of this request is connecting to localhost:PORT in stock, from {tls} (T, mostly TLS)',
    ],
  ])('names the cause: %s', async (_, path, sentence) => {
    const { sentences } = await programs.ask(`${stock}/${path}`)

    expect(sentences[0]).toBe(insertLines(sentence))
  })

  it('names the cause: a pool whose connections are all in use by another request', async () => {
    await fetch(`${stock}/hold`)

    const { sentences } = await programs.ask(`${stock}/held-pool`)

    expect(sentences[0]).toBe(
      insertLines(
        'N % of this request is spent waiting for a connection from a pool of 2 in stock, from {held-pool} (T)',
      ),
    )
  })

  it('names the cause: a message that waits behind other messages in its queue', async () => {
    for (let message = 1; message <= 6; message++) await fetch(`${stock}/queue`)

    const { sentences } = await programs.ask(`${stock}/queue`)

    expect(sentences[0]).toBe(
      insertLines(
        'N % of this trace passed while a message waited T in the queue "reports", from stock to worker, sent from {queue}',
      ),
    )
  })
})

describe('a healthy request', BUSY, () => {
  it.each([
    ['five parallel queries', 'queries'],
    ['two queries, the second of which needs the result of the first', 'dependent'],
    ['a transaction', 'transaction'],
    ['two Redis commands', 'cache'],
    ['a message that is consumed at once', 'message'],
  ])('has no finding except the critical path: %s', async (_, path) => {
    expect(findBlame(await programs.ask(`${stock}/healthy/${path}`))).toEqual([])
  })
})
