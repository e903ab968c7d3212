import { createNotifier, type Driver, type QueueNotifier, type TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startProxy } from '../../../test/servers/proxy.js'
import { finish, startFixture } from './child.js'
import { makeRecord } from './make-record.js'
import { startOtlpReceiver } from './otlp-receiver.js'

const QUICK = { minBackoff: 20, maxBackoff: 50 }

describe('otlp:// with a failing collector', () => {
  it('delivers all records to a collector that starts late', async () => {
    const receiver = await startOtlpReceiver()
    await receiver.stop()
    const notifier = createNotifier(open(receiver), QUICK)

    emit(notifier, 50)
    await expect.poll(() => notifier.stats.retried).toBeGreaterThan(0)
    await receiver.start()
    await notifier.close(30_000)

    expect(notifier.stats).toMatchObject({ emitted: 100, written: 100, dropped: 0, unknown: 0 })
    expect(receiver.spans).toHaveLength(50)
  })

  it('sends later batches after the collector was killed and restarted under load', async () => {
    const receiver = await startOtlpReceiver()
    const notifier = createNotifier(open(receiver), { ...QUICK, maxRecords: 200 })
    const load = setInterval(() => emit(notifier, 5), 5)
    onTestFinished(() => clearInterval(load))
    await expect.poll(() => notifier.stats.written).toBeGreaterThan(50)

    await receiver.stop()
    await expect.poll(() => notifier.stats.dropped).toBeGreaterThan(0)
    const during = notifier.stats
    await receiver.start()
    await expect.poll(() => notifier.stats.written).toBeGreaterThan(during.written + 50)
    clearInterval(load)
    await notifier.close(30_000)

    const { emitted, written, dropped, unknown } = notifier.stats
    expect(during.queued).toBeLessThanOrEqual(700)
    expect(emitted).toBe(written + dropped + unknown)
    expect(new Set(receiver.spans.map(({ spanId }) => spanId)).size).toBe(receiver.spans.length)
  })

  it('counts records as unknown if connections break before the answer, and sends no record twice', async () => {
    const receiver = await startOtlpReceiver()
    const proxy = await startProxy(receiver)
    onTestFinished(() => proxy.stop())
    const notifier = createNotifier(open(proxy), { ...QUICK, batchSize: 40 })
    emit(notifier, 1)
    await notifier.flush(30_000)

    for (let cuts = 0; cuts < 5; cuts++) {
      proxy.cutAfter(3_000)
      emit(notifier, 60)
      await notifier.flush(30_000)
    }
    await notifier.close(30_000)

    const { emitted, written, dropped, unknown, queued } = notifier.stats
    expect([emitted, dropped, queued]).toEqual([602, 0, 0])
    expect(emitted).toBe(written + unknown)
    expect(unknown).toBeGreaterThan(0)
    const { length } = receiver.spans
    expect(new Set(receiver.spans.map(({ spanId }) => spanId)).size).toBe(length)
    expect(length * 2).toBeGreaterThanOrEqual(written)
    expect(length * 2).toBeLessThanOrEqual(written + unknown)
  })

  it('counts records as unknown if the collector receives them but does not answer, and sends them once', async () => {
    const receiver = await startOtlpReceiver()
    receiver.answer({ breaks: true })
    const notifier = createNotifier(open(receiver), QUICK)

    emit(notifier, 3)
    await notifier.close(30_000)

    expect(notifier.stats).toMatchObject({ emitted: 6, written: 0, unknown: 6 })
    expect([receiver.requests.length, receiver.spans.length]).toEqual([1, 3])
  })

  it('stops waiting for an answer after the timeout, and rejects the write with ERR_WRITE_UNCERTAIN', async () => {
    const receiver = await startOtlpReceiver()
    receiver.answer({ after: new Promise(() => undefined) })
    const driver = open(receiver, '?timeout=2')

    const writing = driver.write(makePoints(1))

    await expect(writing).rejects.toMatchObject({ code: 'ERR_WRITE_UNCERTAIN' })
    receiver.answer({})
    await expect(driver.write(makePoints(1))).resolves.toEqual({ refused: 0 })
  })

  it('waits for a slow collector, and loses no record', async () => {
    const receiver = await startOtlpReceiver()
    const proxy = await startProxy(receiver)
    onTestFinished(() => proxy.stop())
    proxy.delay(50)
    const notifier = createNotifier(open(proxy))

    emit(notifier, 500)
    await notifier.close(30_000)

    expect(notifier.stats).toMatchObject({ written: 1_000, dropped: 0, unknown: 0, retried: 0 })
    expect(receiver.spans).toHaveLength(500)
  })

  it.each([429, 502, 503, 504])('sends exactly one request for each try if the collector answers %i', async status => {
    const receiver = await startOtlpReceiver()
    receiver.answer({ status })
    const notifier = createNotifier(open(receiver), QUICK)

    emit(notifier, 2)
    await expect.poll(() => notifier.stats.retried).toBeGreaterThanOrEqual(8)
    receiver.answer({})
    await notifier.close(30_000)

    const { written, retried } = notifier.stats
    expect(written).toBe(4)
    expect(receiver.requests).toHaveLength(retried / 4 + 1)
    expect(receiver.spans).toHaveLength(2)
  })

  it.each([
    ['as seconds', () => '2'],
    // `Retry-After` and `Date` have no milliseconds, so both are rounded down to seconds.
    ['as a date', () => new Date(Date.now() + 2_500).toUTCString()],
  ])('sends no request during the pause that the collector requests %s', async (_, retryAfter) => {
    const receiver = await startOtlpReceiver()
    const headers = {
      // A getter computes the date for each answer. On a busy machine, a date computed earlier may already have passed.
      get 'retry-after'() {
        return retryAfter()
      },
    }
    // Only the first answer requests a pause, even on a slow machine.
    receiver.answer({ judge: () => (receiver.requests.length > 1 ? 200 : 503), headers })
    const notifier = createNotifier(open(receiver), QUICK)

    emit(notifier, 1)
    await notifier.close(30_000)

    expect(notifier.stats).toMatchObject({ written: 2, unknown: 0 })
    expect(notifier.stats.retried).toBeGreaterThan(2)
    expect(receiver.requests.filter(({ spans }) => spans > 0)).toHaveLength(2)
  })

  it('keeps the start records of a dropped batch, so that points that stop later are sent completely', async () => {
    const receiver = await startOtlpReceiver()
    const driver = open(receiver)
    const [start, stop] = makePoints(1)
    receiver.answer({ judge: ({ length }) => (length > 0 ? 400 : 200) })

    const dropped = await driver.write([...makePoints(1), ...(start ? [start] : [])])
    receiver.answer({})
    await driver.write(stop ? [stop] : [])

    expect(dropped).toMatchObject({ refused: 2, reason: expect.stringContaining('answered 400') })
    expect(receiver.spans).toHaveLength(1)
    expect(receiver.spans[0]?.attributes).not.toHaveProperty('osprofiler.marks')
  })

  it('resolves close() even if the collector is gone', async () => {
    const receiver = await startOtlpReceiver()
    const driver = open(receiver)
    await driver.write([makeRecord()])
    await receiver.stop()

    await expect(driver.close()).resolves.toBeUndefined()
  })
})

describe('a program with an open otlp:// store', () => {
  it.each([
    ['leaves the writing to its notifier', 'notify', ''],
    ['waits for its own write', 'await', 'written\n'],
    ['writes in the background', 'background', ''],
    ['closes the store', 'close', 'closed\n'],
  ])('ends by itself after it has sent all points, including the unfinished one, if it %s', async (_, work, stdout) => {
    const receiver = await startOtlpReceiver()

    const outcome = await finish(startFixture('leave-open.mjs', [`otlp://127.0.0.1:${receiver.port}`, work]))

    expect(outcome).toEqual({ code: 0, stdout, stderr: '' })
    const sent = receiver.spans.map(({ attributes }) => [
      attributes['osprofiler.trace_id'],
      attributes['osprofiler.unfinished'],
    ])
    expect(sent).toEqual([
      ['stopped', undefined],
      ['open', true],
    ])
  })

  it('ends by itself even if the collector does not answer or is not running', async () => {
    const receiver = await startOtlpReceiver()
    receiver.answer({ after: new Promise(() => undefined) })

    for (const port of [receiver.port, 1]) {
      const outcome = await finish(startFixture('leave-open.mjs', [`otlp://127.0.0.1:${port}?timeout=1`, 'background']))

      expect(outcome).toEqual({ code: 0, stdout: '', stderr: '' })
    }
  })
})

function emit(notifier: QueueNotifier, points: number): void {
  for (const record of makePoints(points)) notifier(record)
}

/** Returns the records of `count` points. Each start record is followed by its stop record. */
function makePoints(count: number): TraceRecord[] {
  return Array.from({ length: count }, () => makeRecord()).flatMap(start => [
    start,
    { ...start, name: 'wsgi-stop', timestamp: makeRecord().timestamp },
  ])
}

function open({ port }: { readonly port: number }, options = ''): Driver {
  const driver = openDriver(`otlp://127.0.0.1:${port}${options}`)
  onTestFinished(() => driver.close())
  return driver
}
