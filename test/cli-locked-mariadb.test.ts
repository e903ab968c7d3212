import mysql from 'mysql2/promise'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { osprofiler } from './cli-process.js'
import { createShopRecords, storeRecords } from './cli-records.js'
import { type SharedDatabase, shareMariadb } from './servers/share.js'

let server: SharedDatabase
beforeAll(async () => {
  server = await shareMariadb()
  await server.sql('GRANT PROCESS ON *.* TO osprofiler')
})
afterAll(() => server.stop())

/** Stores three traces. Another transaction then locks the traces with the given ids. */
async function lockTraces(...locked: readonly string[]): Promise<string> {
  for (const baseId of ['a', 'b', 'c']) await storeRecords(server.url, createShopRecords({ baseId }))
  const connection = await mysql.createConnection({ uri: server.url })
  onTestFinished(() => connection.end())
  await connection.query('BEGIN')
  // Locks each trace with its own query, because one query for several traces would read the whole table and lock all
  // rows.
  for (const baseId of locked) await connection.query('SELECT id FROM data WHERE base_id = ? FOR UPDATE', [baseId])
  return String(connection.threadId)
}

it.each([
  [['delete', 'b', 'a', 'c'], /^Removed a: 18 records\.\nRemoved c: 18 records\.\n$/, 'b: Removed 0 records'],
  [['prune', '--older-than', '2100-01-01'], /^$/, 'Removed 2 traces'],
])(
  'osprofiler trace %j removes all traces that are not locked, names the connection that holds the lock, and exits with 1',
  async (args, stdout, removed) => {
    const holder = await lockTraces('b')

    const outcome = await osprofiler(['trace', ...args, '--connection-string', server.url])
    const listed = await osprofiler(['trace', 'list', '--json', '--connection-string', server.url])

    expect(outcome).toMatchObject({ code: 1, stdout: expect.stringMatching(stdout) })
    expect(outcome.stderr).toMatch(new RegExp(`^error: ${removed} .* locked by connection ${holder} \\(osprofiler@`))
    expect(JSON.parse(listed.stdout).map(({ base_id }: { base_id: string }) => base_id)).toEqual(['b'])
  },
)

it('osprofiler trace delete names each locked and each missing trace', async () => {
  const holder = await lockTraces('a', 'b')

  const outcome = await osprofiler(['trace', 'delete', 'a', 'nowhere', 'b', 'c', '--connection-string', server.url])

  const locked = `Removed 0 records .* locked by connection ${holder} .* Remove the rest when the lock is gone`
  expect(outcome).toMatchObject({ code: 1, stdout: 'Removed c: 18 records.\n' })
  expect(outcome.stderr).toMatch(
    new RegExp(`^error: a: ${locked}\\. b: ${locked}\\. Not in the store .*: nowhere\\.\\n$`),
  )
})
