import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTraceId, signedPack, type TraceRecord } from '@osprofiler/core'
import { describe, expect, it } from 'vitest'
import { REGISTER, startProgram } from './program.js'
import { temporaryStore } from './temporary-store.js'

const KEY = 'o7Vt2kQ9xWc4LmZs8RbYpD1g'
const KEYS = { OSPROFILER_HMAC_KEYS: KEY }

function signed(baseId: string): Record<string, string> {
  const [info, hmac] = signedPack({ base_id: baseId }, KEY)
  return { 'X-Trace-Info': info, 'X-Trace-HMAC': hmac }
}

async function ask(url: string, baseId?: string): Promise<string> {
  const response = await fetch(url, { headers: baseId === undefined ? {} : signed(baseId) })
  expect(response.status).toBe(200)
  return response.text()
}

function names(records: readonly TraceRecord[]): string[] {
  return records.map(({ name }) => name).sort()
}

describe('node --import @osprofiler/node/register', () => {
  it.each(['express-app.mjs', 'koa-app.mjs', 'fastify-app.mjs'])(
    'traces %s using only environment variables, and loses no records when it exits',
    async fixture => {
      const store = temporaryStore()
      const program = startProgram(fixture, { ...KEYS, OSPROFILER_CONNECTION_STRING: store.connectionString })
      const origin = `http://127.0.0.1:${await program.port}`
      const baseId = createTraceId()

      await ask(origin)
      await ask(origin, baseId)
      const answer = await ask(`${origin}/call?url=${encodeURIComponent(origin)}`, baseId)
      program.child.kill('SIGTERM')
      const { code, stderr } = await program.ended

      const records = await store.records()
      expect({ answer, code, stderr }).toEqual({ answer: 'hello', code: 0, stderr: '' })
      expect(new Set(records.map(({ base_id }) => base_id))).toEqual(new Set([baseId]))
      expect(names(records)).toEqual([
        ...['http-start', 'http-stop'],
        ...['wsgi-start', 'wsgi-start', 'wsgi-start', 'wsgi-stop', 'wsgi-stop', 'wsgi-stop'],
      ])
      const http = records.find(({ name }) => name === 'http-start')
      expect(
        records.filter(({ name, parent_id }) => name === 'wsgi-start' && parent_id === http?.trace_id),
      ).toHaveLength(1)
    },
  )

  it('delivers the records of a script that exits by itself', async () => {
    const store = temporaryStore()

    const { ended } = startProgram('script.mjs', { OSPROFILER_CONNECTION_STRING: store.connectionString })

    expect(await ended).toMatchObject({ code: 0, stderr: '' })
    expect(names(await store.records())).toEqual(['work-start', 'work-stop'])
  })

  it('exports the result of setup() for a program that calls process.exit()', async () => {
    const store = temporaryStore()

    const { ended } = startProgram('exit-app.mjs', { OSPROFILER_CONNECTION_STRING: store.connectionString })

    expect(await ended).toMatchObject({ code: 0, stderr: '' })
    expect(names(await store.records())).toEqual(['work-start', 'work-stop'])
  })

  it('opens no store, and lets the program exit at once, if nothing is traced', async () => {
    const store = temporaryStore()
    const environment = { OSPROFILER_CONNECTION_STRING: store.connectionString }

    const outcomes = await Promise.all([
      startProgram('idle.mjs', environment).ended,
      startProgram('idle.mjs', { ...environment, ...KEYS }).ended,
    ])

    for (const outcome of outcomes) expect(outcome).toMatchObject({ code: 0, stdout: 'done\n', stderr: '' })
    expect(store.exists()).toBe(false)
  })

  it('does not change how signals are handled', async () => {
    const store = temporaryStore()
    const program = startProgram('commonjs-app.cjs', { ...KEYS, OSPROFILER_CONNECTION_STRING: store.connectionString })
    await program.port

    program.child.kill('SIGINT')

    expect(await program.ended).toMatchObject({ code: null, signal: 'SIGINT' })
  })

  it('can also be loaded with --require', async () => {
    const store = temporaryStore()
    const environment = { OSPROFILER_CONNECTION_STRING: store.connectionString }

    const { code } = await startProgram('script.mjs', environment, ['--require', '@osprofiler/node/register']).ended

    expect(code).toBe(0)
    expect(names(await store.records())).toEqual(['work-start', 'work-stop'])
  })

  it("sets up OSProfiler in the program's worker threads, but not in the thread of the SQLite driver", async () => {
    const store = temporaryStore()
    const file = join(store.directory, 'threads')
    const environment = { OSPROFILER_CONNECTION_STRING: store.connectionString, THREADS_FILE: file }

    const program = startProgram('thread.mjs', environment, [...REGISTER, '--import', './count-threads.mjs'])

    expect(await program.ended).toMatchObject({ code: 0, stderr: '' })
    expect(names(await store.records())).toEqual(['main-start', 'main-stop', 'thread-start', 'thread-stop'])
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(2)
  })

  it.each([
    ['the connection string', { OSPROFILER_CONNECTION_STRING: 'mongo-db://app:TOPSECRET@host/x' }, 'mongo-db'],
    ['a boolean variable', { OSPROFILER_ENABLED: 'maybe' }, 'OSPROFILER_ENABLED'],
    ['a propagation rule', { OSPROFILER_PROPAGATE_TO: 'http://app:TOPSECRET@catalog' }, 'OSPROFILER_PROPAGATE_TO'],
    ['the keys', { OSPROFILER_HMAC_KEYS_FILE: '/nowhere' }, 'OSPROFILER_HMAC_KEYS_FILE'],
  ])('warns of an error in %s without showing secrets, and serves requests untraced', async (_, environment, word) => {
    const store = temporaryStore()
    const program = startProgram('express-app.mjs', {
      ...KEYS,
      OSPROFILER_CONNECTION_STRING: store.connectionString,
      ...environment,
    })
    const origin = `http://127.0.0.1:${await program.port}`

    await ask(origin, createTraceId())
    program.child.kill('SIGTERM')
    const { code, stderr } = await program.ended

    expect(code).toBe(0)
    expect(stderr).toContain(word)
    expect(stderr).not.toMatch(/TOPSECRET|records go nowhere/)
    expect(store.exists()).toBe(false)
  })

  it('warns about the missing client of the default store, but only if there is a trace or a key', async () => {
    const { directory } = temporaryStore()
    const hidden = ['--import', './hide-sqlite.mjs', ...REGISTER]

    const idle = await startProgram('idle.mjs', { XDG_STATE_HOME: directory }, hidden).ended
    const tracing = await startProgram('script.mjs', { XDG_STATE_HOME: directory }, hidden).ended
    const withKeys = await startProgram('idle.mjs', { XDG_STATE_HOME: directory, ...KEYS }, hidden).ended

    expect(idle).toMatchObject({ code: 0, stdout: 'done\n', stderr: '' })
    expect(tracing).toMatchObject({ code: 0, stderr: expect.stringMatching(/records of traces are lost.*npm install/) })
    expect(withKeys).toMatchObject({ code: 0, stdout: 'done\n', stderr: expect.stringMatching(/npm install/) })
  })
})

describe('require() of the package', () => {
  it("works in CommonJS, and the application's own shutdown loses no records", async () => {
    const store = temporaryStore()
    const environment = { ...KEYS, OSPROFILER_CONNECTION_STRING: store.connectionString }
    const program = startProgram('commonjs-app.cjs', environment, [])
    const baseId = createTraceId()

    await ask(`http://127.0.0.1:${await program.port}`, baseId)
    program.child.kill('SIGTERM')
    const { code } = await program.ended

    const records = await store.records()
    expect(code).toBe(0)
    expect(records.map(({ name, service }) => `${service} ${name}`)).toEqual([
      'commonjs wsgi-start',
      'commonjs wsgi-stop',
    ])
  })
})
