import { join } from 'node:path'
import type { TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { expect, it, onTestFinished } from 'vitest'
import { describeForEachPython } from '../../../test/python/each-python.js'
import { importOnce, runPython } from '../../../test/python/run-python.js'
import { fixture } from './child.js'
import { makeRecord, readAll } from './make-record.js'
import { temporaryDirectory } from './temporary-directory.js'

importOnce('sqlalchemy.dialects.sqlite')

describeForEachPython("sqlite:// together with Python's SQLAlchemy driver", () => {
  it('writes a trace that Python can report', async () => {
    const { driver, path } = openStore()
    const root = makeRecord({ base_id: 'trace', trace_id: 'root', timestamp: '2026-11-22T10:00:00.000001' })
    const query = {
      base_id: 'trace',
      parent_id: 'root',
      trace_id: 'query',
      info: { host: 'web-1', db: { statement: 'SELECT é' } },
    }
    await driver.write([
      root,
      makeRecord({ ...query, name: 'db-start', timestamp: '2026-11-22T10:00:00.002001' }),
      makeRecord({ ...query, name: 'db-stop', timestamp: '2026-11-22T10:00:00.005001', info: { host: 'web-1' } }),
      { ...root, name: 'wsgi-stop', timestamp: '2026-11-22T10:00:00.009001', info: { host: 'web-1', etype: 'Error' } },
    ])

    const report = JSON.parse(await python(path, ['read', path, 'trace']))
    const listed = JSON.parse(await python(path, ['list', path, '']))

    expect(report.stats).toEqual({ wsgi: { count: 1, duration: 9 }, db: { count: 1, duration: 3 } })
    expect(report.children).toMatchObject([
      {
        trace_id: 'root',
        info: { name: 'wsgi', project: 'shop', service: 'orders', host: 'web-1', exception: 'Error' },
        children: [
          {
            trace_id: 'query',
            parent_id: 'root',
            info: { started: 2, finished: 5, 'meta.raw_payload.db-start': { info: query.info } },
          },
        ],
      },
    ])
    expect(listed).toEqual([{ base_id: 'trace', timestamp: root.timestamp }])
  })

  it('reads all records of a trace that Python wrote, even without project, service or host', async () => {
    const { driver, path } = openStore()
    const records = [
      makeRecord({
        base_id: 'trace',
        name: 'rpc-start',
        info: { host: 'nova-1', text: 'é漢😀', deep: { list: [1, null] } },
      }),
      makeRecord({ base_id: 'trace', name: 'rpc-stop', info: { host: 'nova-1', etype: 'ValueError' } }),
    ]
    const bare = { ...makeRecord({ base_id: 'bare', info: {} }), project: null, service: null, host: 'nova-2' }

    await python(path, ['write', path, ''], [...records, bare])

    expect(await readAll(driver, 'trace')).toEqual(records)
    expect(await readAll(driver, 'bare')).toEqual(
      [makeRecord({ ...bare, project: '', service: '', info: { host: 'nova-2' } })].map(({ ...record }) =>
        omitHost(record),
      ),
    )
    expect(await driver.listTraces?.()).toMatchObject([
      { base_id: 'bare', project: '', service: '', records: 1 },
      { base_id: 'trace', name: 'rpc', records: 2 },
    ])
    expect(await driver.listErrorTraces?.()).toMatchObject([{ base_id: 'trace' }])
  })

  it('writes to a table that Python created, and leaves its indexes unchanged', async () => {
    const { driver, path } = openStore()
    await python(path, ['flood', path, '1'])

    const ours = makeRecord({ base_id: 'python-0', name: 'db-start' })
    await driver.write([ours])

    expect((await readAll(driver, 'python-0')).map(record => record.name)).toEqual([
      'rpc-start',
      'rpc-stop',
      'db-start',
    ])
  })

  it('writes to a file at the same time as Python without losing a record', async () => {
    const { driver, path } = openStore()
    await driver.write([makeRecord()])

    let running = true
    const flood = python(path, ['flood', path, '300']).finally(() => {
      running = false
    })
    let ours = 0
    while (running) {
      await driver.write([makeRecord({ base_id: 'ours' }), makeRecord({ base_id: 'ours' })])
      ours += 2
    }
    await flood

    expect(await readAll(driver, 'ours')).toHaveLength(ours)
    const traces = (await driver.listTraces?.({ limit: 1_000 })) ?? []
    const theirs = traces.filter(trace => trace.base_id.startsWith('python-'))
    expect(theirs).toHaveLength(300)
    expect(theirs.every(trace => trace.records === 2)).toBe(true)
  })
})

function openStore() {
  const path = join(temporaryDirectory(), 'traces.db')
  const driver = openDriver(`sqlite:///${path}`)
  onTestFinished(() => driver.close())
  return { driver, path }
}

/** Runs the fixture in Python and returns the printed text. */
async function python(path: string, args: readonly string[], input: readonly object[] = []): Promise<string> {
  const lines = input.map(record => `${JSON.stringify(record)}\n`).join('')
  const { code, stdout, stderr } = await runPython([fixture('python_trace.py'), ...args], { input: lines })
  expect([code, stderr], path).toEqual([0, ''])
  return stdout
}

function omitHost(record: TraceRecord & { host?: unknown }): TraceRecord {
  const { host: _, ...rest } = record
  return rest
}
