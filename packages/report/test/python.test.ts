import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TraceRecord } from '@osprofiler/core'
import { buildReport, readReport, reportJson, reportJsonChunks } from '@osprofiler/report'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { BASE_ID, makeTrace, timestamp } from './make-trace.js'
import { withoutOwnKeys } from './without-own-keys.js'

const script = fileURLToPath(new URL('./python-report.py', import.meta.url))

/** A process that runs the code of the real drivers, from Debian's python3-osprofiler. */
const python = spawn('/usr/bin/python3', [script], { stdio: ['pipe', 'pipe', 'inherit'] })
const answers = createInterface({ input: python.stdout })[Symbol.asyncIterator]()

async function askPython(records: readonly TraceRecord[]): Promise<string> {
  python.stdin.write(`${JSON.stringify(records)}\n`)
  const { value, done } = await answers.next()
  if (done) throw new Error('Python ended. Is python3-osprofiler installed?')
  return value
}

afterAll(async () => {
  python.stdin.end()
  await once(python, 'exit')
})

const point = fc.record({
  name: fc.string({ minLength: 1, maxLength: 5 }).map(name => name.replaceAll('-', '_')),
  parent: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  place: fc.constantFrom('nested', 'nested', 'nested', 'top', 'orphan'),
  from: fc.nat(5_000_000),
  length: fc.nat(3_000_000),
  has: fc.constantFrom('both', 'both', 'both', 'start', 'stop'),
  project: fc.option(fc.string()),
  service: fc.option(fc.string()),
  info: fc.dictionary(fc.string(), fc.jsonValue()),
  etype: fc.option(fc.option(fc.string(), { nil: null }), { nil: undefined }),
})

/** Traces of correct services, with records in any order. A few records are missing. */
const trace = fc.array(point, { minLength: 1, maxLength: 25 }).chain(points => {
  const records = points.flatMap((made, index): TraceRecord[] => {
    const parent = Math.floor(made.parent * index)
    const place = index === 0 ? 'top' : made.place
    const common = {
      base_id: BASE_ID,
      parent_id: place === 'top' ? BASE_ID : place === 'orphan' ? 'elsewhere' : `point-${parent}`,
      trace_id: `point-${index}`,
      // Python's clients send null for a project or service that has no name.
      project: made.project as string,
      service: made.service as string,
    }
    const info = { ...made.info, host: 'vm' }
    const stopInfo = made.etype === undefined ? info : { ...info, etype: made.etype }
    const start = { ...common, name: `${made.name}-start`, timestamp: timestamp(made.from), info }
    const stop = { ...common, name: `${made.name}-stop`, timestamp: timestamp(made.from + made.length), info: stopInfo }
    // Python fails for a trace without any start.
    if (made.has === 'start' || (index === 0 && made.has === 'stop')) return [start]
    return made.has === 'stop' ? [stop] : [start, stop]
  })
  // The records are converted to JSON and back, as in a store, so that they contain no -0.
  const stored = JSON.parse(JSON.stringify(records)) as TraceRecord[]
  return fc.shuffledSubarray(stored, { minLength: stored.length, maxLength: stored.length })
})

describe("buildReport compared with Python's OSProfiler", () => {
  it('builds the same report from any well-formed trace', async () => {
    await fc.assert(
      fc.asyncProperty(trace, async records => {
        const theirs: unknown = JSON.parse(await askPython(records))
        const ours: unknown = JSON.parse([...reportJsonChunks(buildReport(records))].join(''))

        expect(withoutOwnKeys(ours)).toEqual(withoutOwnKeys(theirs))
      }),
      { numRuns: 300 },
    )
  })

  it('builds the same empty report from no records', async () => {
    expect(withoutOwnKeys(reportJson(buildReport([])))).toEqual(withoutOwnKeys(JSON.parse(await askPython([]))))
  })

  it('reads back all records from a report that Python wrote', async () => {
    await fc.assert(
      fc.asyncProperty(trace, async records => {
        // The reports are compared as JSON, because a number keeps Python's spelling, such as 1e-09.
        const readBack: unknown = JSON.parse([...reportJsonChunks(readReport(await askPython(records)))].join(''))

        expect(withoutOwnKeys(readBack)).toEqual(withoutOwnKeys(reportJson(buildReport(records))))
      }),
      { numRuns: 100 },
    )
  })

  it('removes only -start or -stop from a name, while Python cuts the name at the first dash', async () => {
    const records = makeTrace({ id: 'a', name: 'cache-get', from: 0, to: 5000 })

    expect(Object.keys(reportJson(buildReport(records)).stats)).toEqual(['cache-get'])
    expect(Object.keys(JSON.parse(await askPython(records)).stats)).toEqual(['cache'])
  })

  it('shows points that are their own ancestors, while Python only counts them', async () => {
    const records = makeTrace(
      { id: 'self', parent: 'self', from: 0, to: 10 },
      { id: 'a', parent: 'b', from: 0, to: 10 },
      { id: 'b', parent: 'a', from: 1, to: 9 },
    )

    const theirs = JSON.parse(await askPython(records))
    const ours = reportJson(buildReport(records))

    expect(theirs.children).toEqual([])
    expect(ours.children.map(child => child.trace_id)).toEqual(['self', 'a'])
    expect(ours.stats).toEqual(theirs.stats)
  })

  it('uses the earliest of several starts and the latest of several stops, while Python uses the last of each', async () => {
    const point = { id: 'a', name: 'work' }
    const records = makeTrace({ ...point, from: 0, to: 9_000 }, { ...point, from: 2_000, to: 7_000 })

    const interval = ({ children: [child] }: { children: readonly { info: Readonly<Record<string, unknown>> }[] }) => [
      child?.info.started,
      child?.info.finished,
    ]
    expect(interval(JSON.parse(await askPython(records)))).toEqual([2, 7])
    expect(interval(reportJson(buildReport(records)))).toEqual([0, 9])
  })
})
