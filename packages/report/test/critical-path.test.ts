import { buildReport, type CriticalSegment, correctSkew, criticalPath } from '@osprofiler/report'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeTrace, type Point, sent, served } from './make-trace.js'

/**
 * Returns a string such as `a 0-40` for each segment. The string begins with `?` if the segment has no point, and ends
 * with `?` if the segment is assumed.
 */
function pathOf(...points: readonly Point[]): string[] {
  return criticalPath(buildReport(makeTrace(...points))).map(show)
}

function show({ point, fromUs, toUs, assumed }: CriticalSegment): string {
  return `${point?.traceId ?? '?'} ${fromUs}-${toUs}${assumed ? '?' : ''}`
}

const root = { id: 'root', from: 0, to: 100 }

describe('criticalPath', () => {
  it('returns the only point in a trace', () => {
    expect(pathOf(root)).toEqual(['root 0-100'])
  })

  it('follows sequential steps, and assigns the time between them to their parent', () => {
    expect(
      pathOf(root, { id: 'a', parent: 'root', from: 10, to: 40 }, { id: 'b', parent: 'root', from: 50, to: 90 }),
    ).toEqual(['root 0-10', 'a 10-40', 'root 40-50', 'b 50-90', 'root 90-100'])
  })

  it('follows the parallel step that finished last', () => {
    expect(
      pathOf(
        root,
        { id: 'a', parent: 'root', from: 10, to: 60 },
        { id: 'b', parent: 'root', from: 10, to: 90 },
        { id: 'c', parent: 'root', from: 11, to: 70 },
      ),
    ).toEqual(['root 0-10', 'b 10-90', 'root 90-100'])
  })

  it('returns the path shown in the docs', () => {
    expect(
      pathOf(
        root,
        { id: 'a', parent: 'root', from: 10, to: 45 },
        { id: 'b', parent: 'root', from: 10, to: 60 },
        { id: 'c', parent: 'root', from: 70, to: 95 },
      ),
    ).toEqual(['root 0-10', 'b 10-60', 'root 60-70', 'c 70-95', 'root 95-100'])
  })

  it('follows two groups of parallel steps', () => {
    expect(
      pathOf(
        root,
        { id: 'a', parent: 'root', from: 0, to: 30 },
        { id: 'b', parent: 'root', from: 0, to: 40 },
        { id: 'c', parent: 'root', from: 40, to: 100 },
        { id: 'd', parent: 'root', from: 40, to: 50 },
      ),
    ).toEqual(['b 0-40', 'c 40-100'])
  })

  it('skips a step that was still running when the decisive step began, because nothing waited for it', () => {
    expect(
      pathOf(root, { id: 'a', parent: 'root', from: 0, to: 60 }, { id: 'b', parent: 'root', from: 50, to: 100 }),
    ).toEqual(['root 0-50', 'b 50-100'])
  })

  it('descends to the deepest point for which another point waited', () => {
    expect(
      pathOf(
        root,
        { id: 'a', parent: 'root', from: 10, to: 90 },
        { id: 'b', parent: 'a', from: 20, to: 80 },
        { id: 'c', parent: 'b', from: 30, to: 70 },
      ),
    ).toEqual(['root 0-10', 'a 10-20', 'b 20-30', 'c 30-70', 'b 70-80', 'a 80-90', 'root 90-100'])
  })

  it('skips background work while other work runs', () => {
    expect(
      pathOf(
        root,
        { id: 'a', parent: 'root', from: 0, to: 40 },
        { id: 'background', parent: 'a', from: 30, to: 70 },
        { id: 'b', parent: 'root', from: 80, to: 100 },
      ),
    ).toEqual(['a 0-40', 'root 40-80', 'b 80-100'])
  })

  it('ends with work that ended after the request, and assigns idle time to no point', () => {
    expect(
      pathOf(
        root,
        { id: 'a', parent: 'root', from: 0, to: 50 },
        { id: 'background', parent: 'root', from: 40, to: 130 },
        { id: 'later', parent: 'root', from: 150, to: 160 },
      ),
    ).toEqual(['root 0-40', 'background 40-130', '? 130-150', 'later 150-160'])
  })

  it('counts a callee up to the end of its call, even if the callee ended later', () => {
    expect(
      pathOf(
        { ...root, ...served('/') },
        { id: 'call', parent: 'root', ...sent('b', 1, '/'), from: 10, to: 50 },
        { id: 'callee', parent: 'call', ...served('/'), from: 12, to: 52 },
        { id: 'next', parent: 'root', from: 51, to: 100 },
      ),
    ).toEqual(['root 0-10', 'call 10-12', 'callee 12-50', 'root 50-51', 'next 51-100'])
  })

  it('counts a step of a callee up to the time when its caller gave up the call', () => {
    expect(
      pathOf(
        { ...root, ...served('/') },
        { id: 'call', parent: 'root', ...sent('b', 1, '/'), from: 10, to: 50 },
        { id: 'callee', parent: 'call', ...served('/'), from: 12, to: 60 },
        { id: 'step', parent: 'callee', from: 20, to: 60 },
        { id: 'next', parent: 'root', from: 51, to: 100 },
      ),
    ).toEqual(['root 0-10', 'call 10-12', 'callee 12-20', 'step 20-50', 'root 50-51', 'next 51-100'])
  })

  it("stays within the caller if the callee's clock shows an earlier start", () => {
    expect(
      pathOf(
        { id: 'root', from: 5, to: 105 },
        { id: 'call', parent: 'root', ...sent('b', 1, '/'), from: 10, to: 50 },
        { id: 'callee', parent: 'call', ...served('/'), from: 0, to: 40 },
      ),
    ).toEqual(['? 0-5', 'root 5-10', 'callee 10-40', 'call 40-50', 'root 50-105'])
  })

  it('uses one clock after the skew is corrected', () => {
    const records = makeTrace(
      { ...root, to: 100_000, host: 'a' },
      { id: 'call', parent: 'root', host: 'a', ...sent('b', 1, '/'), from: 10_000, to: 90_000 },
      { id: 'callee', parent: 'call', host: 'b', ...served('/'), from: 5_020_000, to: 5_080_000 },
    )

    expect(criticalPath(correctSkew(buildReport(records))).map(show)).toEqual([
      'root 0-10000',
      'call 10000-20000',
      'callee 20000-80000',
      'call 80000-90000',
      'root 90000-100000',
    ])
  })

  it('assigns time to an unfinished point only if no other point is known to have run then', () => {
    expect(
      pathOf(root, { id: 'open', parent: 'root', from: 20 }, { id: 'a', parent: 'root', from: 30, to: 60 }),
    ).toEqual(['root 0-20', 'open 20-30?', 'a 30-60', 'open 60-100?'])
  })

  it('reaches the last known time of a request that never finished', () => {
    expect(
      pathOf(
        { id: 'root', from: 0 },
        { id: 'call', parent: 'root', from: 10 },
        { id: 'query', parent: 'call', from: 20, to: 70 },
      ),
    ).toEqual(['root 0-10', 'call 10-20', 'query 20-70'])
  })

  it('includes an orphan that is at the top, next to the point to which it belongs', () => {
    expect(
      pathOf(
        root,
        { id: 'a', parent: 'root', from: 0, to: 90 },
        { id: 'inside', parent: 'gone', from: 20, to: 60 },
        { id: 'late', parent: 'gone', from: 80, to: 130 },
      ),
    ).toEqual(['root 0-80', 'late 80-130'])
  })

  it('returns an empty path for an empty report', () => {
    expect(criticalPath(buildReport([]))).toEqual([])
  })

  it('matches the expected path for random programs of sequential and parallel steps', () => {
    fc.assert(
      fc.property(anyProgram, program => {
        const { points, path } = run(program)

        expect(pathOf(...points)).toEqual(path)
      }),
      { numRuns: 500 },
    )
  })

  it('covers the whole duration in order for any trace', () => {
    fc.assert(
      fc.property(anyTrace, points => {
        const report = buildReport(makeTrace(...points))
        const path = criticalPath(report)

        let reached = 0
        for (const { point, fromUs, toUs } of path) {
          expect(fromUs).toBe(reached)
          expect(toUs).toBeGreaterThan(fromUs)
          if (point?.startedUs !== undefined) expect(fromUs).toBeGreaterThanOrEqual(point.startedUs)
          if (point?.finishedUs !== undefined) expect(toUs).toBeLessThanOrEqual(point.finishedUs)
          reached = toUs
        }
        expect(reached).toBe(report.durationUs ?? 0)
      }),
      { numRuns: 500 },
    )
  })
})

/** Points with any parents, including cycles, and any times. Some stop before they start, and some never stop. */
const anyTrace = fc
  .array(
    fc.record({
      parent: fc.nat(12),
      from: fc.nat(100),
      to: fc.option(fc.nat(100), { nil: undefined }),
      isCall: fc.boolean(),
    }),
    { maxLength: 12 },
  )
  .map(points =>
    points.map(({ parent, from, to, isCall }, index): Point => {
      const kind = isCall ? (index % 2 === 0 ? sent('b', 1, '/') : served('/')) : {}
      return { id: `p${index}`, parent: `p${parent}`, ...kind, from, ...(to === undefined ? {} : { to }) }
    }),
  )

/**
 * A step that works before and after each of its groups of steps. The steps in a group run sequentially or in parallel.
 */
interface Program {
  readonly worksUs: number
  readonly groups: readonly { readonly atOnce: boolean; readonly steps: readonly Program[] }[]
}

const anyProgram = fc.letrec<{ program: Program; leaf: Program }>(tie => ({
  leaf: fc.record({ worksUs: fc.integer({ min: 1, max: 50 }), groups: fc.constant([]) }),
  program: fc.record({
    worksUs: fc.integer({ min: 1, max: 50 }),
    groups: fc.array(
      fc.record({
        atOnce: fc.boolean(),
        steps: fc.array(fc.oneof({ maxDepth: 4 }, tie('leaf'), tie('program')), { minLength: 1, maxLength: 4 }),
      }),
      { maxLength: 3 },
    ),
  }),
})).program

/**
 * Simulates a program. Returns its points and its critical path, which contains only the slowest of several parallel
 * steps.
 */
function run(program: Program): { points: Point[]; path: string[] } {
  const points: Point[] = []
  const runStep = (step: Program, parent: string | undefined, from: number): { to: number; path: string[] } => {
    const id = `p${points.length}`
    const place = points.push({ id, from }) - 1
    const path: string[] = []
    let now = from
    const work = (): void => {
      path.push(`${id} ${now}-${now + step.worksUs}`)
      now += step.worksUs
    }
    work()
    for (const { atOnce, steps } of step.groups) {
      let slowest = { to: now, path: [] as string[] }
      for (const inner of steps) {
        const done = runStep(inner, id, atOnce ? now : slowest.to)
        if (!atOnce) slowest = { to: done.to, path: [...slowest.path, ...done.path] }
        else if (done.to > slowest.to) slowest = done
      }
      path.push(...slowest.path)
      now = slowest.to
      work()
    }
    points[place] = { id, from, to: now, ...(parent !== undefined && { parent }) }
    return { to: now, path }
  }
  const { path } = runStep(program, undefined, 0)
  return { points, path }
}
