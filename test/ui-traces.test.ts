import type { Driver, TraceRecord } from '@osprofiler/core'
import { readReport } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { type Answer, createOwnHeaders, makeTrace, openStore, startUi, type Ui } from './ui-server.js'

describe("the ui's list", () => {
  it("contains the store's traces, newest first, and marks failed traces", async () => {
    const ui = await startUi()
    await ui.driver.write(makeTrace({ baseId: 'old', name: 'GET', at: Date.now() - 90_000, failed: true }))
    await ui.driver.write(makeTrace({ baseId: 'new', service: 'checkout', queries: 5 }))

    const { traces, more } = JSON.parse((await ui.send('api/traces')).body)

    expect(more).toBe(false)
    expect(traces).toMatchObject([
      { ref: 'id:new', id: 'new', name: 'request', service: 'checkout', records: 12, failed: false },
      { ref: 'id:old', id: 'old', name: 'GET', service: 'orders', records: 6, failed: true },
    ])
  })

  it('is sent again only when it has changed', async () => {
    const ui = await startUi()
    await ui.driver.write(makeTrace())
    const first = await ui.send('api/traces')
    const headers = { 'If-None-Match': first.headers.get('etag') }

    const same = await ui.send('api/traces', { headers })
    await ui.driver.write(makeTrace({ failed: true }))
    const changed = await waitFor(
      () => ui.send('api/traces', { headers }),
      answer => answer.status === 200,
    )

    expect(same).toMatchObject({ status: 304, body: '' })
    expect(JSON.parse(changed.body).traces).toMatchObject([{ failed: true }, { failed: false }])
  })

  it('marks a trace that fails after it was first listed', async () => {
    const ui = await startUi()
    const records = makeTrace({ failed: true })
    await ui.driver.write(records.slice(0, 3))
    const before = JSON.parse((await ui.send('api/traces')).body)

    await ui.driver.write(records.slice(3))

    const read = async () => JSON.parse((await ui.send('api/traces')).body)
    const after = await waitFor(read, list => list.traces[0].records === records.length)
    expect([before.traces[0].failed, after.traces[0].failed]).toEqual([false, true])
  })

  it('shows the request of a trace once the trace was read, and the duration once the trace has ended', async () => {
    const ui = await startUi()
    const records = makeTrace({ queries: 3, queryMs: 10 })
    const read = async () => JSON.parse((await ui.send('api/traces')).body).traces[0]
    await ui.driver.write(records.slice(0, -1))

    const first = await read()
    const running = await waitFor(read, trace => trace.request !== '')
    await ui.driver.write(records.slice(-1))
    const ended = await waitFor(read, trace => trace.durationUs !== null)

    expect(first).toMatchObject({ request: '', status: null, durationUs: null, points: null, reading: 'waiting' })
    expect(running).toMatchObject({
      request: 'GET /orders',
      status: null,
      durationUs: null,
      points: 4,
      reading: 'read',
    })
    expect(ended).toMatchObject({ request: 'GET /orders', status: 200, durationUs: 32_000, points: 4 })
  })

  it("measures a duration by the first service's clock if another clock is ahead", async () => {
    const ui = await startUi()
    const [root, call] = ['6ba7b810-9dad-41d1-80b4-00c04fd430c8', '6ba7b811-9dad-41d1-80b4-00c04fd430c8']
    const point = (name: string, service: string, id: string, parent: string, fromMs: number, toMs: number) =>
      (['start', 'stop'] as const).map(kind => ({
        name: `${name}-${kind}`,
        base_id: 'skewed',
        parent_id: parent,
        trace_id: id,
        timestamp: new Date(Date.UTC(2026, 10, 22) + (kind === 'start' ? fromMs : toMs))
          .toISOString()
          .replace('Z', '000'),
        info: { host: service, requests: { status_code: 200 }, ...(name === 'wsgi' && { request: { path: '/' } }) },
        project: 'shop',
        service,
      }))
    await ui.driver.write([
      ...point('wsgi', 'web', root, 'skewed', 0, 727),
      ...point('http', 'web', call, root, 1, 726),
      ...point('wsgi', 'db', '6ba7b812-9dad-41d1-80b4-00c04fd430c8', call, 30_002, 30_729),
    ])

    const read = async () => JSON.parse((await ui.send('api/traces')).body).traces[0]
    const listed = await waitFor(read, trace => trace.durationUs !== null)

    expect(listed.durationUs).toBe(727_000)
  })

  it('can be limited to failed traces, including older ones', async () => {
    const ui = await startUi()
    const at = Date.now() - 3_600_000
    await ui.driver.write(makeTrace({ baseId: 'failed', failed: true, at }))
    for (let trace = 0; trace < 201; trace++) await ui.driver.write(makeTrace({ queries: 0, at: at + 1_000 + trace }))

    const all = JSON.parse((await ui.send('api/traces')).body)
    const failed = JSON.parse((await ui.send('api/traces?failed=1')).body)
    const longer = JSON.parse((await ui.send('api/traces?length=1000')).body)

    expect([all.traces.length, all.more]).toEqual([200, true])
    expect(failed).toMatchObject({ more: false, traces: [{ id: 'failed' }] })
    expect([longer.traces.length, longer.more]).toEqual([202, false])
  })

  it.each(['0', '-1', '201', '1e9', 'x', 'Infinity', 'NaN', ''])('rejects the length "%s"', async length => {
    const ui = await startUi()

    const answer = await ui.send(`api/traces?length=${length}`)

    expect(answer.status).toBe(400)
  })

  it('is read from the store once for any number of pages', async () => {
    const store = openStore()
    let reads = 0
    const driver: Driver = {
      ...store,
      async listTraces(query) {
        reads++
        // During this time, all pages request the list before the first read ends.
        await new Promise(resolve => setTimeout(resolve, 1_000))
        return (await store.listTraces?.(query)) ?? []
      },
    }
    const ui = await startUi({ driver })

    const answers = await Promise.all(Array.from({ length: 60 }, () => ui.send('api/traces')))

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(reads).toBe(1)
  })

  it('escapes control characters in records, and sends ids unchanged', async () => {
    const ui = await startUi()
    const baseId = '</script>\u202e\u0007<b>'
    await ui.driver.write(makeTrace({ baseId, name: 'x\u001b[31m', service: 'y'.repeat(1_000_000) }))

    const { traces } = JSON.parse((await ui.send('api/traces')).body)

    expect(traces[0]).toMatchObject({ ref: `id:${baseId}`, id: '</script>\\u202e\\u0007<b>', name: 'x\\u001b[31m' })
    expect(traces[0].service.length).toBeLessThan(300)
  })
})

describe('a trace in the ui', () => {
  const ODD_IDS = [
    '*',
    '../../x',
    '..',
    '%2e%2e',
    '%00',
    'a/b',
    'a b',
    '?#&=+',
    'é🙂',
    "'; DROP TABLE data; --",
    '~'.repeat(2_000),
  ]

  it.each(ODD_IDS)('is found only by its id: %s', async baseId => {
    const ui = await startUi()
    await ui.driver.write(makeTrace({ baseId, queries: 1 }))
    await ui.driver.write(makeTrace({ baseId: 'another' }))

    const answer = await ui.send(`api/trace?ref=${encodeURIComponent(`id:${baseId}`)}`)

    const ids = new Set(JSON.parse(answer.body).map((record: TraceRecord) => record.base_id))
    expect([answer.status, [...ids]]).toEqual([200, [baseId]])
  })

  it.each(['*', '%', '_', '../../etc/passwd', '%252e%252e', '%00', 'another%00', 'ANOTHER', '~'.repeat(1_999)])(
    'is not found by an id that resembles a path or pattern: %s',
    async id => {
      const ui = await startUi()
      await ui.driver.write(makeTrace({ baseId: 'another' }))

      const answers = await Promise.all(
        [`api/trace?ref=id:${id}`, `trace?ref=id:${id}`, `download?format=json&ref=id:${id}`].map(path =>
          ui.send(path),
        ),
      )

      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404])
      expect(answers[0]?.body).toBe('The store does not have this trace.\n')
    },
  )

  it.each([
    ['id:gone', 'The store does not have this trace.', '>gone<'],
    ['file:7', 'This file is no longer open. Open it again.', '>7<'],
    [
      'id:"><img src=x onerror=alert(1)>',
      'The store does not have this trace.',
      '&#60;img src=x onerror=alert(1)&#62;',
    ],
  ])('has a page with a link to the list if it does not exist: %s', async (ref, reason, shown) => {
    const ui = await startUi()

    const { status, headers, body } = await ui.send(`trace?ref=${encodeURIComponent(ref)}`)

    expect(status).toBe(404)
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(body).toContain('<meta name="viewport"')
    expect(body).toContain('<link rel="stylesheet" href="list.css">')
    expect(body).toContain(reason)
    expect(body).toContain(shown)
    expect(body).toContain(`<a href="${ui.folder}">All traces</a>`)
    expect(body).not.toContain('<img')
  })

  it.each(['', 'another', 'id:', 'file:', 'path:/etc/passwd', 'ID:another', `id:${'x'.repeat(2_001)}`])(
    'is not found at an invalid address: "%s"',
    async ref => {
      const ui = await startUi()

      const paths = ['api/trace', 'trace', 'download', 'api/events'].map(path => `${path}?format=json&ref=${ref}`)
      const answers = await Promise.all(paths.map(path => ui.send(path)))

      expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400])
    },
  )

  it('can be downloaded as a report, as records and as a page, with a safe file name', async () => {
    const ui = await startUi()
    const baseId = '../../evil"; x=\r\n.exe'
    const records = makeTrace({ baseId })
    await ui.driver.write(records)
    const ref = encodeURIComponent(`id:${baseId}`)

    const [json, lines, html] = await Promise.all(
      ['json', 'jsonl', 'html'].map(format => ui.send(`download?ref=${ref}&format=${format}`)),
    )

    expect(json?.headers.get('content-disposition')).toBe('attachment; filename="_evil_x_exe.json"')
    expect(readReport(json?.body ?? '').points).toHaveLength(3)
    expect(
      lines?.body
        .trim()
        .split('\n')
        .map(line => JSON.parse(line)),
    ).toEqual(records)
    expect(html?.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(html?.body).toMatch(/^<!doctype html>/)
  })

  it.each(['', 'xml', '../json', 'JSON'])('cannot be downloaded in the format "%s"', async format => {
    const ui = await startUi()
    await ui.driver.write(makeTrace({ baseId: 'known' }))

    const answer = await ui.send(`download?ref=id:known&format=${format}`)

    expect(answer.status).toBe(400)
  })

  it('has a page that may load only itself and its records', async () => {
    const ui = await startUi()
    await ui.driver.write(makeTrace({ baseId: '</script><script>alert(1)</script>' }))

    const answer = await ui.send(`trace?ref=${encodeURIComponent('id:</script><script>alert(1)</script>')}`)

    expect(answer.status).toBe(200)
    expect(answer.body).not.toContain('<script>alert(1)')
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[^']+'; style-src/)
    expect(policy).toMatch(/connect-src 'self'; frame-ancestors 'none'$/)
  })

  it('is sent to its page while it grows, until the page is closed', async () => {
    const ui = await startUi()
    const records = makeTrace({ baseId: 'live' })
    await ui.driver.write(records.slice(0, 2))
    const page = new AbortController()
    const response = await fetch(`http://127.0.0.1:${ui.port}${ui.folder}api/events?ref=id:live&known=2`, {
      headers: { Cookie: ui.cookie },
      signal: page.signal,
    })
    const stream = response.body?.getReader()

    await ui.driver.write(records.slice(2))
    const { value } = (await stream?.read()) ?? {}
    page.abort()

    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(new TextDecoder().decode(value)).toBe(`data: ${records.length}\n\n`)
  })

  it('is no longer sent to its page if it is not among the newest', async () => {
    const ui = await startUi()

    const answer = await ui.send('api/events?ref=id:unknown')

    expect(answer.body).toContain('event: complete')
  })

  it('is sent to only a limited number of pages while it grows', async () => {
    const ui = await startUi()
    const records = makeTrace({ baseId: 'live' })
    await ui.driver.write(records)
    const address = `http://127.0.0.1:${ui.port}${ui.folder}api/events?ref=id:live&known=${records.length}`
    const pages = new AbortController()

    const ask = (signal = pages.signal) => fetch(address, { headers: { Cookie: ui.cookie }, signal })
    const statuses = (await Promise.all(Array.from({ length: 40 }, () => ask()))).map(({ status }) => status)
    pages.abort()
    const later = await waitFor(
      () => ask(AbortSignal.timeout(10_000)),
      ({ status }) => status === 200,
    )
    await later.body?.cancel()

    expect(statuses.filter(status => status === 200)).toHaveLength(16)
    expect(statuses.filter(status => status === 204)).toHaveLength(24)
  })
})

describe('a file that is opened in the ui', () => {
  it.each(['json', 'jsonl'])('is shown like a trace in the store if its name ends in .%s', async format => {
    const ui = await startUi()
    await ui.driver.write(makeTrace({ baseId: 'saved', failed: true }))
    const { body } = await ui.send(`download?ref=id:saved&format=${format}`)

    const opened = await openFile(ui, body, '../<b>x.json')

    const { ref } = JSON.parse(opened.body)
    const records = await ui.send(`api/trace?ref=${ref}`)
    const read = async () => JSON.parse((await ui.send('api/traces')).body)
    const list = await waitFor(read, ({ traces }) => traces.length === 2)
    expect(ref).toBe('file:1')
    expect(JSON.parse(records.body)).toHaveLength(6)
    expect(list.traces[0]).toMatchObject({ ref, name: '../<b>x.json', failed: true, isFile: true, records: 6 })
  })

  it.each([
    ['nothing', ''],
    ['JSON that is not a trace', '{"a": 1}'],
    ['text that is not JSON', '<html>'],
    ['a report without points', '{"children": []}'],
    ['bytes that are not text', Buffer.from([0xff, 0xfe, 0x00])],
    ['JSON that is nested too deeply', '['.repeat(200_000)],
  ])('is rejected if it contains %s', async (_, body) => {
    const ui = await startUi()

    const answer = await openFile(ui, body)

    expect([400, 422]).toContain(answer.status)
    expect(ui.errors).toEqual([])
  })

  it('is rejected before it is read if it is larger than the limit', async () => {
    const ui = await startUi({ largestFile: 1_000 })
    const body = makeTrace({ queries: 20 })
      .map(record => JSON.stringify(record))
      .join('\n')

    const announced = await openFile(ui, body)
    const endless = await ui.send('api/files', {
      method: 'POST',
      headers: { ...createOwnHeaders(ui), 'Transfer-Encoding': 'chunked' },
    })

    expect([announced.status, endless.status]).toEqual([413, 411])
    expect(announced.headers.get('connection')).toBe('close')
  })

  it('is forgotten if it is the oldest of too many files', async () => {
    const ui = await startUi()

    const answer = await ui.send('api/trace?ref=file:1')

    expect([answer.status, answer.body]).toEqual([404, 'This file is no longer open. Open it again.\n'])
  })
})

describe('a store that fails', () => {
  const SECRET = 'mysql://root:hunter2@db/osprofiler at /var/lib/secret.db'
  const PATHS = [
    'api/traces',
    'api/traces?failed=1',
    'api/trace?ref=id:x',
    'trace?ref=id:x',
    'download?ref=id:x&format=html',
  ]

  it('is reported only to the user who started the ui', async () => {
    const failure = new Error(SECRET)
    const fail = () => Promise.reject(failure)
    const driver: Driver = {
      name: 'broken',
      write: fail,
      listTraces: fail,
      listErrorTraces: fail,
      readRecords: () => ({ [Symbol.asyncIterator]: () => ({ next: fail }) }),
      close: async () => undefined,
    }
    const ui = await startUi({ driver })

    const answers = await Promise.all(PATHS.map(path => ui.send(path)))

    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 500, body: 'The store could not be read.\n' })
    }
    expect(ui.errors).toEqual(PATHS.map(() => failure))
  })

  it('aborts a download if it fails in the middle', async () => {
    const records = makeTrace({ queries: 1_000 })
    const driver: Driver = {
      ...openStore(),
      async *readRecords() {
        yield records
        throw new Error(SECRET)
      },
    }
    const ui = await startUi({ driver })
    const address = `http://127.0.0.1:${ui.port}${ui.folder}download?ref=id:x&format=jsonl`

    const download = fetch(address, { headers: { Cookie: ui.cookie } }).then(response => response.text())

    await expect(download).rejects.toThrow()
    expect(ui.errors).toHaveLength(1)
  })

  it('is reported if it can never be read', async () => {
    const ui = await startUi({ driver: { name: 'otlp', write: async () => undefined, close: async () => undefined } })

    const answers = await Promise.all(PATHS.map(path => ui.send(path)))

    expect(answers.map(({ status, body }) => `${status} ${body}`)).toEqual(
      PATHS.map(() => '501 This store cannot be read. Choose another store.\n'),
    )
  })
})

describe('a large trace', () => {
  it('waits while two other large traces are read, and is refused if too many wait', async () => {
    const records = makeTrace()
    let reading = 0
    let most = 0
    let release = () => {}
    const released = new Promise<void>(resolve => {
      release = resolve
    })
    const driver: Driver = {
      ...openStore(),
      async *readRecords() {
        most = Math.max(most, ++reading)
        await released
        yield records
        reading--
      },
    }
    const ui = await startUi({ driver })

    const refused: Answer[] = []
    const downloads = Array.from({ length: 15 }, async () => {
      const answer = await ui.send('download?ref=id:x&format=json')
      if (answer.status !== 200) refused.push(answer)
      return answer.status
    })
    await waitFor(
      async () => refused.length,
      length => length === 5,
    )
    release()
    const statuses = await Promise.all(downloads)

    expect(refused.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual(
      Array.from({ length: 5 }, () => [503, '1']),
    )
    expect(statuses.filter(status => status === 200)).toHaveLength(10)
    expect(most).toBe(2)
  })

  it('is sent as fast as the browser reads, until the browser disconnects', async () => {
    const batch = makeTrace({ queries: 500 })
    let given = 0
    let ended = false
    const driver: Driver = {
      ...openStore(),
      async *readRecords() {
        try {
          for (; given < 1_000_000; given += batch.length) yield batch
        } finally {
          ended = true
        }
      },
    }
    const ui = await startUi({ driver })
    const page = new AbortController()

    const response = await fetch(`http://127.0.0.1:${ui.port}${ui.folder}api/trace?ref=id:x`, {
      headers: { Cookie: ui.cookie },
      signal: page.signal,
    })
    await response.body?.getReader().read()
    page.abort()
    await waitFor(async () => ended, Boolean)

    expect(given).toBeLessThan(1_000_000)
    expect(ui.errors).toEqual([])
  })
})

async function openFile(ui: Ui, body: string | Buffer, name = 'trace.json') {
  const path = `api/files?name=${encodeURIComponent(name)}`
  return await ui.send(path, { method: 'POST', headers: createOwnHeaders(ui), body })
}

/** Repeats a lookup until `isThere` accepts the result. */
async function waitFor<Found>(look: () => Promise<Found>, isThere: (found: Found) => boolean): Promise<Found> {
  for (let attempt = 1; ; attempt++) {
    const found = await look()
    if (isThere(found)) return found
    if (attempt === 300) throw new Error('The lookup found nothing within 30 s.')
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}
