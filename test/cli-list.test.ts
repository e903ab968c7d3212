import { join } from 'node:path'
import type { TraceRecord } from '@osprofiler/core'
import { describe, expect, it } from 'vitest'
import { makeDirectory, type Outcome, osprofiler } from './cli-process.js'
import { storeRecords } from './cli-records.js'

/** A trace of a served request, by default with one query. */
interface TraceSpec {
  readonly id: string
  readonly ms?: number
  readonly status?: number
  readonly method?: string
  readonly path?: string
  readonly route?: string
  readonly name?: string
  readonly service?: string
  readonly failure?: Readonly<Record<string, string>>
  /** Start of the trace, in minutes after 11:00. */
  readonly at?: number
  readonly isOpen?: boolean
  readonly queries?: number
}

describe('a row of osprofiler trace list', () => {
  it('shows the method, route, status, duration, number of points and error', async () => {
    const store = await storeTraces(
      { id: 'good', route: '/orders/:id', ms: 250, at: 1 },
      { id: 'bad', method: 'POST', path: '/pay', status: 503, failure: { etype: 'Timeout', message: 'late' } },
    )

    const rows = readCells(await runList(store))

    expect(rows).toEqual([
      ['good', '2026-11-20T11:01:00.000000', 'GET /orders/:id', '200', '250 ms', '2', 'shop', ''],
      ['bad', '2026-11-20T11:00:00.000000', 'POST /pay', '503', '150 ms', '2', 'shop', 'Timeout: late'],
    ])
  })

  it('shows the path if there is no route, or the name of the first point if it is not a request', async () => {
    const store = await storeTraces({ id: 'path', path: '/orders/7', at: 1 }, { id: 'job', name: 'nightly', path: '' })

    expect(readCells(await runList(store)).map(row => row[2])).toEqual(['GET /orders/7', 'nightly'])
  })

  it('has no status or duration for an unfinished trace', async () => {
    const store = await storeTraces({ id: 'running', isOpen: true })

    expect(readCells(await runList(store))[0]?.slice(2)).toEqual(['GET /orders/7', '', '', '2', 'shop', ''])
  })

  it('marks a trace that is too large to be read; with --slowest, such a trace has only a warning', async () => {
    const store = await storeTraces({ id: 'large', queries: 5_001, at: 1 }, { id: 'small' })

    const [all, slow] = [await runList(store), await runList(store, '--slowest')]

    expect(readCells(all)[0]?.slice(0, 6)).toEqual([
      'large',
      '2026-11-20T11:01:00.000000',
      'GET /orders/7',
      '',
      'too large',
      '',
    ])
    expect(all.stderr).toBe('')
    expect(readIds(slow)).toEqual(['small'])
    expect(slow.stderr).toBe('A trace is too large to be read, and therefore left out: large\n')
  })

  it("in JSON, has the members that Python's command prints, and more", async () => {
    const store = await storeTraces({ id: 'one', route: '/orders/:id', status: 404, ms: 1.5 })

    const { stdout } = await runList(store, '--json')

    expect(JSON.parse(stdout)).toEqual([
      {
        base_id: 'one',
        timestamp: '2026-11-20T11:00:00.000000',
        name: 'wsgi',
        project: 'node',
        service: 'shop',
        records: 4,
        method: 'GET',
        path: '/orders/7',
        route: '/orders/:id',
        status: 404,
        duration_us: 1_500,
        points: 2,
        failed: false,
        error: null,
        too_large: false,
      },
    ])
  })
})

describe('osprofiler trace list', () => {
  const TRACES: readonly TraceSpec[] = [
    { id: 'quick', ms: 5, at: 1 },
    { id: 'slow', ms: 900, at: 2 },
    { id: 'missing', ms: 20, status: 404, at: 3 },
    { id: 'refused', ms: 30, status: 422, at: 4 },
    { id: 'broken', ms: 600, status: 500, at: 5 },
    { id: 'thrown', ms: 40, status: 200, failure: { etype: 'Error', message: 'no' }, at: 6 },
    { id: 'running', isOpen: true, at: 7 },
  ]

  it.each([
    [[], 'running thrown broken refused missing slow quick'],
    [['--slowest'], 'slow broken thrown refused missing quick running'],
    [['--slowest', '--limit', '2'], 'slow broken'],
    [['--status', '404'], 'missing'],
    [['--status', '4xx'], 'refused missing'],
    [['--status', '4XX'], 'refused missing'],
    [['--status', '5xx'], 'broken'],
    [['--status', '2xx'], 'thrown slow quick'],
    [['--status', '301'], ''],
    [['--status', 'error'], 'thrown broken'],
    [['--min-ms', '600'], 'broken slow'],
    [['--min-ms', '600.1'], 'slow'],
    [['--status', '4xx', '--min-ms', '25'], 'refused'],
    [['--slowest', '--status', 'error', '--limit', '1'], 'broken'],
    [['--name', 'request', '--limit', '1'], 'running'],
    [['--name', 'wsgi', '--limit', '1'], 'running'],
    [['--slowest', '--search', '3'], 'broken thrown running'],
  ])('lists the traces that the options select: %j', async (args, expected) => {
    const store = await storeTraces(...TRACES)

    const found = await runList(store, ...args)

    expect(found.code).toBe(0)
    expect(readIds(found).join(' ')).toBe(expected)
  })

  it.each([
    [['--limit', '2'], 'There are more traces than --limit 2, so only the newest are shown.\n'],
    [['--slowest', '--limit', '2'], 'There are more traces than --limit 2, so only the slowest are shown.\n'],
    [['--status', '2xx', '--limit', '2'], 'There are more traces than --limit 2, so only the newest are shown.\n'],
    [['--status', '404'], ''],
    [['--status', '3xx'], 'No trace matches. 7 traces were read.\n'],
    [['--status', '3xx', '--service', 'nobody'], 'No trace matches.\n'],
    [['--min-ms', '90000', '--json'], 'No trace matches. 7 traces were read.\n'],
    [
      ['--status', '301', '--search', '2'],
      'No trace matches. 2 traces were read.\nSearched only the newest 2 traces. Use --search to search more.\n',
    ],
    [['--service', 'nobody'], 'No trace matches.\n'],
    [['--since', '2027-01-01'], 'No trace matches.\n'],
    [['--slowest', '--search', '7'], ''],
  ])('says why it shows no traces, or not all of them, with %j', async (args, expected) => {
    const store = await storeTraces(...TRACES)

    expect((await runList(store, ...args)).stderr).toBe(expected)
  })

  it('reports an empty store', async () => {
    expect((await runList(await storeTraces())).stderr).toBe('The store has no traces.\n')
  })

  it.each(['99', '600', '4x', 'xx', '', 'failed', '404,500', '-1'])('rejects the status "%s"', async status => {
    const { code, stderr } = await runList('sqlite://', '--status', status)

    expect(code).not.toBe(0)
    expect(stderr).toContain('Give a status such as 404, a class such as 5xx, or error.')
  })

  it.each([
    [40, 25],
    [80, 19],
    [110, 19],
    [160, 12],
    [400, 12],
  ])('fits into %i columns without shortening ids', async (columns, count) => {
    const path = `/customers/${'x'.repeat(300)}`
    const store = await storeTraces({ id: '0199c0de-7000-7abc-8def-0123456789ab', path, status: 500 }, ...TRACES)

    const { stdout } = await osprofiler(['trace', 'list', '--connection-string', store], {
      env: { COLUMNS: String(columns), LANG: 'C.UTF-8' },
    })

    const lines = stdout.trimEnd().split('\n')
    expect(lines.filter(line => [...line].length > columns)).toEqual([])
    expect(stdout).toContain('0199c0de-7000-7abc-8def-0123456789ab')
    expect(lines.length).toBe(count)
  })

  it.each([60, 80, 100])('with %i columns, shows everything that the wide table shows', async columns => {
    const failure = { etype: 'ConnectionError', message: 'connect ECONNREFUSED 127.0.0.1:5432' }
    const id = '0199c0de-7000-7abc-8def-0123456789ab'
    const store = await storeTraces({ id, status: 500, failure, service: 'gateway', path: '/orders/7' })

    const { stdout } = await osprofiler(['trace', 'list', '--connection-string', store], {
      env: { COLUMNS: String(columns), LANG: 'C.UTF-8' },
    })

    const lines = stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(3)
    for (const text of ['GET /orders/7', ' 500 ', '150 ms', id, '2026-11-20 11:00:00', '2 points', 'gateway'])
      expect(stdout).toContain(text)
    expect(stdout).toContain('ConnectionError: connect ECONNREF')
    expect(lines.filter(line => [...line].length > columns)).toEqual([])
  })

  it('puts an error on its own line if the terminal is narrow', async () => {
    const failure = { etype: 'ConnectionError', message: 'connect ECONNREFUSED' }
    const store = await storeTraces({ id: '0199c0de-7000-7abc-8def-0123456789ab', status: 500, failure })

    const { stdout } = await osprofiler(['trace', 'list', '--connection-string', store], {
      env: { COLUMNS: '40', LANG: 'C.UTF-8' },
    })

    expect(stdout.split('\n').slice(2)).toEqual([
      '  2026-11-20 11:00:00, 2 points, shop',
      '  ConnectionError: connect ECONNREFUSED',
      '',
    ])
  })

  it('escapes control characters in records', async () => {
    const text = '\u001b[31mEVIL\u0007\r\n\u202e'
    const store = await storeTraces({ id: text, path: text, service: text, failure: { etype: text, message: text } })

    for (const columns of ['60', '400']) {
      const { stdout } = await osprofiler(['trace', 'list', '--connection-string', store], {
        env: { COLUMNS: columns, LANG: 'C.UTF-8' },
      })

      expect(stdout).toContain('EVIL')
      for (const line of stdout.split('\n')) expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    }
  })
})

async function storeTraces(...traces: readonly TraceSpec[]): Promise<string> {
  const store = `sqlite:///${join(makeDirectory(), 'traces.db')}`
  await storeRecords(store, traces.flatMap(makeTrace))
  return store
}

function makeTrace(made: TraceSpec): TraceRecord[] {
  const { id, ms = 150, status = 200, method = 'GET', path = '/orders/7', route, name = 'wsgi', at = 0 } = made
  const { service = 'shop', failure = {}, isOpen = false, queries = 1 } = made
  const record = (recordName: string, point: string, parent: string, us: number, info: object): TraceRecord => ({
    name: recordName,
    base_id: id,
    trace_id: `${id}-${point}`,
    parent_id: parent,
    timestamp: `2026-11-20T11:${String(at).padStart(2, '0')}:00.${String(us).padStart(6, '0')}`,
    info: { host: 'vm', ...info },
    project: 'node',
    service,
  })
  const request = path === '' ? {} : { request: { method, path, scheme: 'http', query: '' } }
  const stop = { response: { status_code: status }, ...(route && { request: { route } }), ...failure }
  return [
    record(`${name}-start`, 'top', id, 0, request),
    ...Array.from({ length: queries }, (_, index) => [
      record('db-start', `query-${index}`, `${id}-top`, 1, { db: { statement: 'SELECT 1', params: [] } }),
      record('db-stop', `query-${index}`, `${id}-top`, 2, {}),
    ]).flat(),
    ...(isOpen ? [] : [record(`${name}-stop`, 'top', id, ms * 1_000, stop)]),
  ]
}

async function runList(store: string, ...args: readonly string[]): Promise<Outcome> {
  return await osprofiler(['trace', 'list', '--connection-string', store, ...args])
}

/** Returns the cells of the table, row by row. */
function readCells({ stdout }: Outcome): string[][] {
  const rows = stdout.split('\n').filter(line => line.startsWith('|'))
  return rows.slice(1).map(row =>
    row
      .slice(1, -1)
      .split('|')
      .map(cell => cell.trim()),
  )
}

function readIds(found: Outcome): string[] {
  return readCells(found).map(([id = '']) => id)
}
