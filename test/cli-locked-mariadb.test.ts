import mysql from 'mysql2/promise'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { osprofiler } from './cli-process.js'
import { keepRecords, shopRecords } from './cli-records.js'
import { type SharedDatabase, shareMariadb } from './servers/share.js'

let server: SharedDatabase
beforeAll(async () => {
  server = await shareMariadb()
  await server.sql('GRANT PROCESS ON *.* TO osprofiler')
})
afterAll(() => server.stop())

/** Three traces, of which another transaction has locked the one that is named "b". */
async function lockOne(): Promise<string> {
  for (const baseId of ['a', 'b', 'c']) await keepRecords(server.url, shopRecords({ baseId }))
  const connection = await mysql.createConnection({ uri: server.url })
  onTestFinished(() => connection.end())
  await connection.query('BEGIN')
  await connection.query("SELECT id FROM data WHERE base_id = 'b' FOR UPDATE")
  return String(connection.threadId)
}

it.each([
  [['delete', 'b', 'a', 'c'], /^Removed a: 18 records\.\nRemoved c: 18 records\.\n$/, 'Removed 0 records'],
  [['prune', '--older-than', '2100-01-01'], /^$/, 'Removed 2 traces'],
])('trace %j removes all but what is locked, says by whom, and ends with 1', async (args, stdout, removed) => {
  const holder = await lockOne()

  const outcome = await osprofiler(['trace', ...args, '--connection-string', server.url])
  const listed = await osprofiler(['trace', 'list', '--json', '--connection-string', server.url])

  expect(outcome).toMatchObject({ code: 1, stdout: expect.stringMatching(stdout) })
  expect(outcome.stderr).toMatch(new RegExp(`^error: ${removed} .* locked by connection ${holder} \\(osprofiler@`))
  expect(JSON.parse(listed.stdout).map(({ base_id }: { base_id: string }) => base_id)).toEqual(['b'])
})
