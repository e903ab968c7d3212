import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { getTraceIdHeaders, run, setNotifier, type TraceRecord, withTrace } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { afterEach, describe, expect, it } from 'vitest'
import { recordTraces } from './context/recorded-traces.js'
import { KEY, send, signTrace } from './context/signed-request.js'
import { outlineTrace } from './context/trace-outline.js'

const ENVIRONMENT = { ...process.env, OSPROFILER_HMAC_KEYS: KEY }

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
  setNotifier(undefined)
})

interface Message {
  readonly port?: number
  readonly record?: TraceRecord
  readonly result?: number
  readonly number?: number
}

function startWorker(file: string): { worker: Worker; records: TraceRecord[] } {
  const worker = new Worker(new URL(`./context/processes/${file}`, import.meta.url), { env: ENVIRONMENT })
  cleanups.push(() => worker.terminate())
  worker.setMaxListeners(0)
  const records: TraceRecord[] = []
  worker.on('message', ({ record }: Message) => void (record && records.push(record)))
  return { worker, records }
}

describe('a worker thread', () => {
  it('traces the requests that it serves, with its own notifier', async () => {
    const traces = recordTraces()
    const { worker, records } = startWorker('serve-in-worker.js')
    const [{ port }] = (await once(worker, 'message')) as [Message]
    const sent = Array.from({ length: 20 }, () => signTrace())

    await Promise.all(sent.map(({ headers }) => send(`http://127.0.0.1:${port}/`, { headers })))
    await send(`http://127.0.0.1:${port}/`)

    await expect.poll(() => records.filter(({ name }) => name === 'wsgi-stop').length).toBe(sent.length)
    for (const { baseId } of sent) {
      expect(outlineTrace(records.filter(({ base_id }) => base_id === baseId))).toBe('wsgi\n  work')
    }
    expect(records).toHaveLength(4 * sent.length)
    expect(traces.all).toEqual([])
  })

  it("joins a request's trace if it receives work and signed headers in a message", async () => {
    const traces = recordTraces()
    const { worker, records } = startWorker('compute-in-worker.js')
    const compute = (number: number): Promise<number | undefined> =>
      new Promise(done => {
        const listener = (message: Message): void => {
          if (message.number !== number) return
          worker.off('message', listener)
          done(message.result)
        }
        worker.on('message', listener)
        worker.postMessage({ number, headers: getTraceIdHeaders() })
      })
    const ids = Array.from({ length: 10 }, () => signTrace().baseId)

    const results = await Promise.all([
      ...ids.map((baseId, index) => run({ hmacKey: KEY, baseId }, () => withTrace('ask', () => compute(index)))),
      compute(1_000),
    ])

    expect(results).toEqual([...ids.map((_, index) => 2 * index), 2_000])
    for (const baseId of ids) {
      const theirs = records.filter(({ base_id }) => base_id === baseId)
      expect(outlineTrace([...traces.of(baseId), ...theirs].toSorted(compareTimestamps))).toBe('ask\n  compute')
    }
    expect(records).toHaveLength(2 * ids.length)
  })
})

describe('a cluster', () => {
  it('traces the requests to all of its processes, and writes the records to one store', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'osprofiler-cluster-'))
    cleanups.push(() => rm(folder, { recursive: true, force: true }))
    const connectionString = `sqlite:///${join(folder, 'traces.db')}`
    const primary = fork(new URL('./context/processes/cluster-of-two.js', import.meta.url), {
      env: { ...ENVIRONMENT, OSPROFILER_CONNECTION_STRING: connectionString },
      execArgv: [],
    })
    cleanups.push(() => primary.kill())
    const [{ port }] = (await once(primary, 'message')) as [Message]
    const sent = Array.from({ length: 40 }, () => signTrace())

    const replies = await Promise.all(sent.map(({ headers }) => send(`http://127.0.0.1:${port}/`, { headers })))
    primary.send('stop')
    await once(primary, 'exit')

    expect(new Set(replies.map(({ body }) => body.toString())).size).toBe(2)
    const driver = openDriver(connectionString)
    cleanups.push(() => driver.close())
    for (const [index, { baseId }] of sent.entries()) {
      const records: TraceRecord[] = []
      for await (const batch of driver.readRecords?.(baseId) ?? []) records.push(...batch)
      expect(outlineTrace(records.toSorted(compareTimestamps))).toBe('wsgi\n  work')
      expect(records.some(({ info }) => String(info.pid) === replies[index]?.body.toString())).toBe(true)
    }
  })
})

function compareTimestamps(one: TraceRecord, other: TraceRecord): number {
  if (one.timestamp !== other.timestamp) return one.timestamp < other.timestamp ? -1 : 1
  return one.name < other.name ? -1 : 1
}
