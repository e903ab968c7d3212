import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type NotifierStats, run, type TraceRecord, withTrace } from '@osprofiler/core'
import { setup } from '@osprofiler/node'
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import { temporaryStore } from './temporary-store.js'

interface Outcome {
  readonly code: number | null
  readonly stderr: string
  readonly closeMs: number
  readonly endMs: number
  readonly stats: readonly NotifierStats[]
}

/** `close()` promises to take at most five seconds. The additional 500 ms allow for a busy machine. */
const LONGEST_CLOSE_MS = 5_500
/** The longest time from the end of `close()` to the exit of a process that nothing keeps alive. */
const LONGEST_EXIT_MS = 500

const sockets = new Set<Socket>()
const server = createServer(socket => {
  sockets.add(socket)
  // The server reads and never responds. A client cannot distinguish such a server from a slow one.
  socket.on('error', () => undefined).resume()
})
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
})
afterAll(() => {
  for (const socket of sockets) socket.destroy()
  server.close()
})

const STORES = [
  ['redis://HOST', 'redissentinel://HOST,HOST,HOST,HOST', 'redis://HOST,HOST?cluster=true'],
  ['postgresql://me:pw@HOST/traces?connect_timeout=60', 'mysql://me:pw@HOST/traces?connect_timeout=60'],
  ['mongodb://HOST/?serverSelectionTimeoutMS=60000', 'messaging://me:pw@HOST,me:pw@HOST', 'loginsight://me:pw@HOST'],
  ['otlp://HOST?timeout=60', 'otlp://HOST?timeout=60&protocol=http/json', 'otlp+https://HOST?timeout=60'],
  ['elasticsearch://HOST?timeout=60', 'elasticsearch+https://HOST', 'opensearch://HOST?timeout=60'],
]

describe('close() of setup()', () => {
  // The tests run in parallel, because each of them waits for several seconds.
  it.concurrent.for(STORES.map(stores => [stores]))(
    'takes at most five seconds if the servers of these stores hang: %j',
    async ([stores = []], { onTestFinished }) => {
      const outcomes = await Promise.all(stores.map(store => closeInProgram(onTestFinished, store)))

      for (const [index, outcome] of outcomes.entries()) {
        expectInTime(outcome, stores[index] ?? '')
        const [{ emitted, written, dropped, unknown, queued } = missing()] = outcome.stats
        expect({ emitted, written, queued }, stores[index]).toEqual({
          emitted: 2,
          written: expect.any(Number),
          queued: 0,
        })
        expect(written + dropped + unknown, stores[index]).toBe(2)
      }
    },
  )

  it.concurrent.for([
    ['a driver whose write never ends', { written: 0, dropped: 2 }],
    ['a driver whose write throws', { written: 0, dropped: 2 }],
    ['a driver whose write rejects', { written: 0, dropped: 2 }],
    ['a driver whose close never ends', { written: 2, dropped: 0 }],
  ] as const)(
    'takes at most five seconds with %s, and counts every record',
    async ([driver, counts], { onTestFinished }) => {
      const outcome = await closeInProgram(onTestFinished, driver)

      expectInTime(outcome, driver)
      expect(outcome.stats[0]).toMatchObject({ emitted: 2, unknown: 0, queued: 0, ...counts })
    },
  )

  it.concurrent('takes at most five seconds in total, even if the store of an earlier setup() also hangs', async ({
    onTestFinished,
  }) => {
    const outcome = await closeInProgram(onTestFinished, 'redis://HOST', 'postgresql://me:pw@HOST/traces')

    expectInTime(outcome, 'two stores')
    for (const stats of outcome.stats) expect(stats).toMatchObject({ emitted: 2, dropped: 2, unknown: 0, queued: 0 })
  })

  it('loses no record if a working store needs less than four seconds', async () => {
    const written: TraceRecord[] = []
    const write = async (records: readonly TraceRecord[]) => {
      await delay(500)
      written.push(...records)
      return undefined
    }
    const osprofiler = setup({ hmacKeys: 'KEY', driver: { name: 'slow', write, close: async () => undefined } })
    for (let point = 0; point < 500; point++) tracePoint()

    await osprofiler.close()

    expect(osprofiler.notifier.stats).toMatchObject({ emitted: 1_000, written: 1_000, dropped: 0, unknown: 0 })
    expect(written).toHaveLength(1_000)
  })

  it('writes every record to the store', async () => {
    const store = temporaryStore()
    const osprofiler = setup({ hmacKeys: 'KEY', connectionString: store.connectionString })
    for (let point = 0; point < 400; point++) tracePoint()

    await osprofiler.close()

    expect(await store.records()).toHaveLength(800)
  })
})

function tracePoint(): void {
  run({ hmacKey: 'KEY' }, () => withTrace('step', {}, () => 1))
}

async function closeInProgram(
  onFinished: TestContext['onTestFinished'],
  ...stores: readonly string[]
): Promise<Outcome> {
  const { port } = server.address() as AddressInfo
  const program = fileURLToPath(new URL('fixtures/close-beside-hang.mjs', import.meta.url))
  const child = spawn(process.execPath, [
    program,
    ...stores.map(store => store.replaceAll('HOST', `127.0.0.1:${port}`)),
  ])
  onFinished(() => void child.kill('SIGKILL'))
  const texts = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', chunk => {
      texts[stream] += chunk
    })
  }
  const [code] = await once(child, 'close')
  return { code, stderr: texts.stderr, ...JSON.parse(texts.stdout || '{}') }
}

function expectInTime({ code, stderr, closeMs, endMs }: Outcome, store: string): void {
  expect(code, `${store} ${stderr}`).toBe(0)
  expect(closeMs, store).toBeLessThan(LONGEST_CLOSE_MS)
  expect(endMs, store).toBeLessThan(LONGEST_EXIT_MS)
  expect(stderr.match(/Warning: /g)?.length ?? 0, stderr).toBeLessThanOrEqual(2)
}

function missing(): never {
  throw new Error('The program printed no counts.')
}
