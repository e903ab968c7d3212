import type { TraceRecord } from '@osprofiler/core'
import { type Point, recordsOf, timestamp } from './make-trace.js'

/** An interval of an account's timeline, in milliseconds since the start of the trace, and the index of its cause. */
export type TestStretch = readonly [fromMs: number, toMs: number, cause: number]

/** A cause as it is recorded. */
export type RecordedCause = Readonly<Record<string, unknown>> & { readonly kind: string }

/** Returns `info.why` with the causes' times from the timeline. */
export function why(
  causes: readonly RecordedCause[],
  timeline: readonly TestStretch[],
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const sumOf = (cause: number): number =>
    timeline.reduce((sum, [from, to, index]) => sum + (index === cause ? to - from : 0), 0)
  const kinds = new Map<string, number>()
  causes.forEach(({ kind }, index) => {
    kinds.set(kind, (kinds.get(kind) ?? 0) + sumOf(index))
  })
  return {
    version: 1,
    level: 'cpu',
    at: timestamp(0),
    wallMs: Math.max(0, ...timeline.map(([, to]) => to)),
    kinds: Object.fromEntries(kinds),
    causes: causes.map((cause, index) => ({ ms: sumOf(index), times: 1, ...cause })),
    rest: { ms: 0, causes: 0 },
    timeline: timeline.map(([from, to, cause]) => `${from * 1000},${(to - from) * 1000},${cause}`).join(' '),
    costs: { startMs: 0, stopMs: 1, foldMs: 2, hookMs: 0.5, poolMs: 0 },
    seen: { samples: 100, sections: 10, turns: 5, resources: 3, stacks: 3 },
    ...more,
  }
}

/** Returns the records of an account. Their timestamps are the time at which the served point stops. */
export function account(served: Point, info: unknown): TraceRecord[] {
  const { id, service, host, to = 0 } = served
  return recordsOf({
    id: `why-of-${id}`,
    parent: id,
    name: 'why',
    ...(service === undefined ? {} : { service }),
    ...(host === undefined ? {} : { host }),
    from: to,
    to,
    info: { why: info },
  })
}

export const SUM_PRICES: RecordedCause = {
  kind: 'cpu',
  function: 'sumPrices',
  file: 'src/orders.ts',
  line: 33,
  hotFile: 'src/orders.ts',
  hotLine: 38,
  hotShare: 0.57,
}
export const READ_FILE: RecordedCause = {
  kind: 'sync',
  what: 'readFileSync',
  function: 'loadRates',
  file: 'src/orders.ts',
  line: 45,
}
export const TIMER: RecordedCause = {
  kind: 'wait',
  what: 'timer',
  function: 'politeRetry',
  file: 'src/orders.ts',
  line: 67,
}
export const HELD: RecordedCause = { kind: 'held', by: 'rebuildIndex', byFile: 'src/orders.ts', byLine: 93 }
