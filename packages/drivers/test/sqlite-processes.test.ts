import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import type { Driver } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findSqliteClient } from '../src/sqlite/client.js'
import { loadSqliteClient } from '../src/sqlite/database/load-client.js'
import { finish, fixture, printed, startFixture } from './child.js'
import { makeRecord, makeTrace, readAll } from './make-record.js'
import { temporaryDirectory } from './temporary-directory.js'

describe('sqlite://, used by several processes,', () => {
  it("waits for another process's lock without blocking the event loop, and then writes", async () => {
    const { driver, path } = openStore()
    await driver.write([makeRecord()])
    const holder = startFixture('hold-lock.mjs', [path])
    await printed(holder, 'locked')
    const trace = makeTrace(3)
    let written = false

    const writing = driver.write(trace).then(() => {
      written = true
    })
    // If the driver blocked the event loop, this loop would end only after the driver has given up on the lock. The
    // write would then fail.
    for (let turn = 0; turn < 20; turn++) await delay(10)
    const writtenWhileLocked = written
    holder.stdin.end()
    await writing

    expect(writtenWhileLocked).toBe(false)
    expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
  })

  it('reads while another process holds the lock', async () => {
    const { driver, path } = openStore()
    const trace = makeTrace(3)
    await driver.write(trace)
    const holder = startFixture('hold-lock.mjs', [path])
    await printed(holder, 'locked')

    expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
    expect(await driver.listTraces?.()).toHaveLength(1)
  })

  it('rejects a batch without writing it if the lock is held too long, and accepts it later', async () => {
    const { driver, path } = openStore()
    await driver.write([makeRecord()])
    const holder = startFixture('hold-lock.mjs', [path])
    await printed(holder, 'locked')
    const trace = makeTrace(3)

    const error: unknown = await driver.write(trace).catch(reason => reason)
    const meanwhile = await readAll(driver, trace[0]?.base_id ?? '')
    holder.stdin.end()
    await driver.write(trace)

    expect(error).toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringMatching(/is locked by another process\.$/),
    })
    expect(meanwhile).toEqual([])
    expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
  })

  it('serves several writing processes and a reader at the same time without losing a batch', async () => {
    const { driver, path } = openStore()
    const writers = ['a', 'b', 'c'].map(prefix =>
      startFixture('write-batches.mjs', [`sqlite:///${path}`, prefix, '60']),
    )
    const outcomes = Promise.all(writers.map(finish))
    let running = true
    const seen: number[] = []
    const reading = (async () => {
      while (running) {
        const traces = (await driver.listTraces?.({ limit: 1_000 })) ?? []
        seen.push(traces.length)
        expect(traces.every(trace => trace.records === 10)).toBe(true)
      }
    })()

    const ended = await outcomes
    running = false
    await reading

    expect(ended.map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, ''],
      [0, ''],
      [0, ''],
    ])
    expect(await driver.listTraces?.({ limit: 1_000 })).toHaveLength(180)
    expect(seen).toEqual(seen.toSorted((one, other) => one - other))
    for (const prefix of ['a', 'b', 'c']) expect(await readAll(driver, `${prefix}-59`)).toHaveLength(10)
  })

  it('keeps an intact database with all acknowledged records after its writer was killed', async () => {
    for (let round = 0; round < 3; round++) {
      const { driver, path } = openStore()
      const writer = startFixture('write-batches.mjs', [`sqlite:///${path}`, 'killed'])
      const printedIds = await printed(writer, 'killed-40')
      const rest = finish(writer)
      writer.kill('SIGKILL')
      const acknowledged = [...printedIds.trim().split('\n'), ...(await rest).stdout.trim().split('\n')].filter(Boolean)

      for (const id of acknowledged) expect(await readAll(driver, id)).toHaveLength(10)
      const listed = await driver.listTraces?.({ limit: 100_000 })
      expect(listed?.length).toBeGreaterThanOrEqual(acknowledged.length)
      expect(listed?.every(trace => trace.records === 10)).toBe(true)
      await driver.write([makeRecord()])
      await driver.close()
      expect(checkIntegrity(path)).toBe('ok')
    }
  })
})

/**
 * Crashes a thread by sending a message that the thread does not understand. The thread crashes before it handles the
 * next message. `terminate()` cannot be used: while the thread runs the addon that Node 20 needs, `terminate()` would
 * end the whole process, including Vitest.
 */
function kill(thread: Worker | undefined): void {
  thread?.postMessage(null)
}

describe('the thread of sqlite://', () => {
  it('does not start before it is needed', async () => {
    const threads = watchThreads()
    const { driver } = openStore()

    const before = threads.length
    await driver.write([makeRecord()])

    expect([before, threads.length]).toEqual([0, 1])
  })

  it('makes a write fail with ERR_WRITE_UNCERTAIN if it crashes during the write, and is then replaced', async () => {
    const threads = watchThreads()
    const { driver } = openStore()
    await driver.write([makeRecord()])
    const [one, other] = [makeTrace(5_000), makeTrace(3)]

    kill(threads[0])
    const writing = driver.write(one)

    await expect(writing).rejects.toMatchObject({ name: 'OsprofilerError', code: 'ERR_WRITE_UNCERTAIN' })
    expect(await driver.write(other)).toEqual({ refused: 0 })
    expect(await readAll(driver, other[0]?.base_id ?? '')).toEqual(other)
    expect([0, 5_000]).toContain((await readAll(driver, one[0]?.base_id ?? '')).length)
    expect(threads).toHaveLength(2)
  })

  it('makes a read fail if it crashes, but does not prevent close()', async () => {
    const threads = watchThreads()
    const { driver } = openStore()
    await driver.write(makeTrace(5_000, { base_id: 'trace' }))

    kill(threads[0])
    const reading = readAll(driver, 'trace')

    await expect(reading).rejects.toMatchObject({ code: 'ERR_STORE' })
    await expect(driver.close()).resolves.toBeUndefined()
  })

  it('ends when the driver is closed', async () => {
    const threads = watchThreads()
    const { driver } = openStore()
    await driver.write([makeRecord()])
    const [thread] = threads
    const ended = thread && once(thread, 'exit')

    await driver.close()

    expect(await ended).toEqual([0])
    expect(thread?.threadId).toBe(-1)
  })

  it("does not load the modules in the program's NODE_OPTIONS and arguments", async () => {
    const { path } = openStore()
    const preload = `--import=${fixture('announce-thread.mjs')}`

    const byOptions = await finish(
      startFixture('end-naturally.mjs', [`sqlite:///${path}`, 'close'], { env: { NODE_OPTIONS: preload } }),
    )
    const byArguments = await finish(
      startFixture('end-naturally.mjs', [`sqlite:///${path}`, 'close'], { execArgv: [preload] }),
    )

    for (const { stdout } of [byOptions, byArguments]) expect(stdout).toBe('loaded in the main thread\nclosed\n')
  })
})

describe('a program with an open sqlite:// store', () => {
  it.each([
    ['only opened the store', 'open', ''],
    ['is writing in the background', 'background', ''],
    ['awaits its writes and reads', 'await', 'read 1\nlisted 1\nfailed 0\n'],
    ['closes the store', 'close', 'closed\n'],
  ])('ends by itself without a warning or a failure if it %s', async (_, work, stdout) => {
    const { path } = openStore()

    const outcome = await finish(startFixture('end-naturally.mjs', [`sqlite:///${path}`, work]))

    expect(outcome).toEqual({ code: 0, stdout, stderr: '' })
  })

  it('ends by itself while the store is locked', async () => {
    const { driver, path } = openStore()
    await driver.write([makeRecord()])
    const holder = startFixture('hold-lock.mjs', [path])
    await printed(holder, 'locked')

    const outcome = await finish(startFixture('end-naturally.mjs', [`sqlite:///${path}`, 'background']))

    expect(outcome).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await readAll(driver, 'trace')).toEqual([])
  })

  it('ends at process.exit() with the given exit code, even if its thread is busy', async () => {
    for (const delay of [0, 5, 10, 20, 40, 80]) {
      const { driver, path } = openStore()

      const outcome = await finish(startFixture('end-naturally.mjs', [`sqlite:///${path}`, 'exit', `${delay}`]))

      expect(outcome).toEqual({ code: 3, stdout: '', stderr: '' })
      expect([0, 20_000]).toContain((await readAll(driver, 'many')).length)
      expect(await readAll(driver, 'trace')).toHaveLength(1)
    }
  })

  it('does not end before the batch that it writes in the background is stored', async () => {
    const { driver, path } = openStore()

    await finish(startFixture('end-naturally.mjs', [`sqlite:///${path}`, 'background']))

    expect(await readAll(driver, 'trace')).toHaveLength(1)
  })
})

function openStore(): { driver: Driver; path: string } {
  const path = join(temporaryDirectory(), 'state', 'traces.db')
  const driver = openDriver(`sqlite:///${path}`)
  onTestFinished(() => driver.close())
  return { driver, path }
}

/** Returns a list that collects the threads that this process starts from now on. */
function watchThreads(): Worker[] {
  const threads: Worker[] = []
  const note = (message: unknown) => {
    threads.push((message as { worker: Worker }).worker)
  }
  subscribe('worker_threads', note)
  onTestFinished(() => void unsubscribe('worker_threads', note))
  return threads
}

function checkIntegrity(path: string): unknown {
  const Database = loadSqliteClient(findSqliteClient())
  const database = new Database(path)
  try {
    return database.prepare('PRAGMA integrity_check').get()?.integrity_check
  } finally {
    database.close()
  }
}
