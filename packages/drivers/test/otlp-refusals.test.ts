import { createNotifier, type Driver, type QueueNotifier, type TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { makeRecord } from './make-record.js'
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from './otlp-receiver.js'

const QUICK = { minBackoff: 10, maxBackoff: 20 }
const FORMATS = ['http/protobuf', 'http/json']

describe('otlp:// with a collector that refuses spans', () => {
  it.each([400, 413, 422, 500])(
    'drops the one point that is answered with %i, and sends all other points',
    async status => {
      const receiver = await startOtlpReceiver()
      receiver.answer({ judge: spans => (spans.some(isBad) ? status : 200) })
      const notifier = createNotifier(open(receiver), QUICK)
      const drops: string[] = []
      notifier.on('drop', (count, reason) => drops.push(`${count} ${reason}`))

      for (let point = 0; point < 40; point++) emit(notifier, { service: point === 17 ? 'bad' : 'good' })
      await notifier.close(30_000)

      expect(notifier.stats).toMatchObject({ emitted: 80, written: 78, dropped: 2, unknown: 0, retried: 0 })
      expect(receiver.spans).toHaveLength(39)
      expect(new Set(receiver.spans.map(({ spanId }) => spanId)).size).toBe(39)
      expect(drops).toEqual(['2 refused'])
    },
  )

  it('drops all points if the collector accepts none, and counts no record as written', async () => {
    const receiver = await startOtlpReceiver()
    receiver.answer({ judge: ({ length }) => (length > 0 ? 400 : 200) })
    const notifier = createNotifier(open(receiver), QUICK)
    const errors = listen(notifier)

    for (let point = 0; point < 10; point++) emit(notifier)
    await notifier.close(30_000)

    expect(notifier.stats).toMatchObject({ emitted: 20, written: 0, dropped: 20, unknown: 0 })
    expect(errors[0]).toMatchObject({ code: 'ERR_WRITE_REFUSED', message: expect.stringContaining('answered 400') })
    expect(receiver.spans).toEqual([])
  })

  it('drops an unfinished point that is refused, and sends the other points', async () => {
    const receiver = await startOtlpReceiver()
    receiver.answer({ judge: spans => (spans.some(isBad) ? 400 : 200) })
    const driver = open(receiver)
    await driver.write(['good', 'bad', 'good'].map(service => makeRecord({ service })))

    await driver.close()

    expect(receiver.spans.map(({ resource }) => resource['service.name'])).toEqual(['good', 'good'])
  })
})

describe('otlp:// limits the size of a request and', () => {
  it.each(FORMATS)('sends large batches in requests below 1 MB, in %s', async protocol => {
    const receiver = await startOtlpReceiver()
    const notifier = createNotifier(open(receiver, `?protocol=${protocol}`))
    const text = '漢'.repeat(10_000)

    for (let point = 0; point < 100; point++) emit(notifier, { info: { first: text, second: text, third: text } })
    await notifier.close(30_000)

    expect(notifier.stats).toMatchObject({ emitted: 200, written: 200, dropped: 0 })
    expect(receiver.spans).toHaveLength(100)
    expect(Math.max(...receiver.requests.map(({ bytes }) => bytes))).toBeLessThan(1_000_000)
    expect(receiver.requests.length).toBeLessThan(40)
  })

  it.each(FORMATS)('shortens a single point that is larger than a request may be, in %s', async protocol => {
    const receiver = await startOtlpReceiver()
    const info = Object.fromEntries(Array.from({ length: 70 }, (_, at) => [`m${at}`, '\u0001'.repeat(30_000)]))
    const driver = open(receiver, `?protocol=${protocol}`)
    const start = makeRecord({ info })

    await driver.write([
      start,
      { ...start, name: 'wsgi-stop', info: { etype: 'Error', message: '\u0001'.repeat(1e6) } },
    ])

    expect(receiver.spans).toHaveLength(1)
    expect(receiver.requests[0]?.bytes).toBeLessThan(1_048_576)
  })

  it('sends smaller requests once a proxy has refused a request as too large', async () => {
    const receiver = await startOtlpReceiver()
    receiver.answer({ judge: (_, bytes) => (bytes > 40_000 ? 413 : 200) })
    const notifier = createNotifier(open(receiver), QUICK)

    for (let point = 0; point < 200; point++) emit(notifier)
    await notifier.flush(30_000)
    const refused = receiver.requests.filter(({ bytes }) => bytes > 40_000).length
    for (let point = 0; point < 200; point++) emit(notifier)
    await notifier.close(30_000)

    expect(notifier.stats).toMatchObject({ emitted: 800, written: 800, dropped: 0, unknown: 0 })
    expect(receiver.spans).toHaveLength(400)
    expect(receiver.requests.filter(({ bytes }) => bytes > 40_000)).toHaveLength(refused)
  })
})

describe('otlp:// with a collector that refuses every request', () => {
  it.each([
    [401, {}, /answered 401.*OTEL_EXPORTER_OTLP_HEADERS/],
    [403, {}, /answered 403.*OTEL_EXPORTER_OTLP_HEADERS/],
    [404, {}, /answered 404.*path/],
    [405, {}, /answered 405.*4318/],
    [411, {}, /answered 411.*chunked/],
    [415, {}, /answered 415.*protocol=http\/json/],
    [302, { location: 'https://127.0.0.1:1/?token=s3cret' }, /answered 302.*otlp\+https/],
    [307, { location: 'http://other:1/?token=s3cret' }, /answered 307.*other:1/],
    [200, { 'content-type': 'text/html; charset=utf-8' }, /not a collector.*HTML/],
    [400, { 'content-type': 'text/html' }, /answered 400/],
    [400, {}, /without spans.*answered 400/],
    [422, {}, /without spans.*answered 422/],
    [500, {}, /without spans.*answered 500/],
  ])(
    'keeps records that are answered with %i %j, says what to do, and delivers them later',
    async (status, headers, message) => {
      const receiver = await startOtlpReceiver()
      receiver.answer({ status, headers })
      const notifier = createNotifier(openDriver(`otlp://me:s3cret@127.0.0.1:${receiver.port}`), QUICK)
      const errors = listen(notifier)

      emit(notifier)
      await expect.poll(() => errors.length).toBeGreaterThan(3)
      const during = notifier.stats
      receiver.answer({})
      await notifier.close(30_000)

      expect(during).toMatchObject({ written: 0, dropped: 0, unknown: 0 })
      expect(notifier.stats).toMatchObject({ emitted: 2, written: 2, dropped: 0, unknown: 0 })
      expect(errors[0]).toMatchObject({ code: 'ERR_STORE', message: expect.stringMatching(message) })
      expect(errors.map(String).join()).not.toContain('s3cret')
    },
  )

  it.each([
    'Client sent an HTTP request to an HTTPS server.\n',
    '<html><body>400 The plain HTTP request was sent to HTTPS port</body></html>',
  ])('reports that the collector speaks TLS if Go or nginx answers %j', async body => {
    const receiver = await startOtlpReceiver()
    receiver.answer({ status: 400, body })
    const driver = open(receiver)

    const writing = driver.write([makeRecord()])

    await expect(writing).rejects.toMatchObject({ code: 'ERR_STORE', message: expect.stringContaining('otlp+https') })
  })

  it("reports that the collector asks for a client certificate if nginx's answer says so", async () => {
    const receiver = await startOtlpReceiver()
    receiver.answer({ status: 400, body: '<html>400 No required SSL certificate was sent</html>' })

    const writing = open(receiver).write([makeRecord()])

    await expect(writing).rejects.toMatchObject({ code: 'ERR_STORE', message: expect.stringMatching(/CLIENT_CERT/) })
  })

  it('keeps all records if the collector does not know the encoding, and says what to do', async () => {
    const receiver = await startOtlpReceiver()
    receiver.answer({ status: 400, body: 'unsupported "Content-Encoding": gzip' })
    const notifier = createNotifier(open(receiver, '?compression=gzip'), QUICK)
    const errors = listen(notifier)

    for (let point = 0; point < 20; point++) emit(notifier)
    await vi.waitFor(() => expect(errors.length).toBeGreaterThan(1), { timeout: 30_000 })
    const during = notifier.stats
    receiver.answer({})
    await notifier.close(30_000)

    expect(during).toMatchObject({ written: 0, dropped: 0, unknown: 0 })
    expect(errors[0]).toMatchObject({ code: 'ERR_STORE', message: expect.stringContaining('?compression=none') })
    expect(notifier.stats).toMatchObject({ emitted: 40, written: 40, dropped: 0 })
  })

  it.each([403, 404, 406, 503])(
    'drops the one point that is always answered with %i, and sends all other points',
    async status => {
      const receiver = await startOtlpReceiver()
      receiver.answer({ judge: spans => (spans.some(isBad) ? status : 200) })
      const notifier = createNotifier(open(receiver), QUICK)

      for (let point = 0; point < 40; point++) emit(notifier, { service: point === 17 ? 'bad' : 'good' })
      await notifier.flush(30_000)

      expect(receiver.spans).toHaveLength(39)
      expect(notifier.stats).toMatchObject({ emitted: 80, dropped: 1, unknown: 0, queued: 0 })
    },
  )

  it('counts no start record as written before the collector has accepted a request', async () => {
    const receiver = await startOtlpReceiver()
    receiver.answer({ status: 401 })
    const notifier = createNotifier(open(receiver), QUICK)

    notifier(makeRecord())
    await expect.poll(() => notifier.stats.retried).toBeGreaterThan(3)
    const during = notifier.stats
    receiver.answer({})
    await notifier.close(30_000)

    expect(during).toMatchObject({ emitted: 1, written: 0, queued: 1 })
    expect(notifier.stats).toMatchObject({ emitted: 1, written: 1 })
  })
})

function isBad({ resource }: ReceivedSpan): boolean {
  return resource['service.name'] === 'bad'
}

function listen(notifier: QueueNotifier): { readonly code: string; readonly message: string }[] {
  const errors: { code: string; message: string }[] = []
  notifier.on('error', error => errors.push(error as { code: string; message: string }))
  return errors
}

function emit(notifier: QueueNotifier, members: Partial<TraceRecord> = {}): void {
  const start = makeRecord(members)
  notifier(start)
  notifier({ ...start, name: 'wsgi-stop', timestamp: makeRecord().timestamp, info: {} })
}

function open({ port }: OtlpReceiver, options = ''): Driver {
  const driver = openDriver(`otlp://127.0.0.1:${port}${options}`)
  onTestFinished(() => driver.close())
  return driver
}
