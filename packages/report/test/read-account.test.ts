import { buildReport, correctSkew, type Report } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import type { Account, Cause } from '../src/tree/account.js'
import { type Accounts, holdsAccount, readAccounts } from '../src/tree/read-account.js'
import { account, SUM_PRICES, TIMER, why } from './make-account.js'
import { explain, makeCause } from './make-cause.js'
import { call, request as remote } from './make-clocks.js'
import { makeTrace, type Point, served, timestamp } from './make-trace.js'

const request: Point = { id: 'request', service: 'orders', ...served('/'), from: 0, to: 100_000 }

function read(info: unknown): Accounts {
  return readAccounts(explain(request, info))
}

function readOne(info: unknown): Account | undefined {
  return read(info).accounts[0]
}

function readCause(more: Record<string, unknown>): Cause | undefined {
  return readOne(why([{ kind: 'cpu', ...more }], [[0, 100, 0]]))?.causes[0]
}

function readStretches(timeline: unknown, more: Record<string, unknown> = {}): unknown[] | undefined {
  const info = why([SUM_PRICES], [[0, 100, 0]], { timeline, ...more })
  return readOne(info)?.timeline.map(({ startUs, endUs, cause }) => [startUs, endUs, cause?.kind])
}

/** Reads the accounts of one request, in the order of `infos`. */
function readSeveral(...infos: readonly unknown[]): Accounts {
  const accounts = infos.map((info, index) => {
    return { id: `account-${index}`, parent: 'request', name: 'why', info: { why: info }, from: 100_000, to: 100_000 }
  })
  return readAccounts(buildReport(makeTrace(request, ...accounts)))
}

describe('readAccounts', () => {
  it('reads all members of an account', () => {
    const more = { asked: 'cpu', because: 'heap', level: 'waits', rest: { ms: 2, causes: 3 }, costs: { startMs: 1.5 } }

    const { accounts, refusals } = read(why([TIMER], [[10, 60, 0]], more))

    const place = { file: 'src/orders.ts', line: 67, column: undefined, function: 'politeRetry' }
    const cause = makeCause('wait', { us: 50_000, what: 'timer', place })
    expect(refusals).toEqual([])
    expect(accounts).toEqual([
      {
        ...{ traceId: 'why-of-request', servedId: 'request', service: 'orders' },
        ...{ level: 'waits', asked: 'cpu', because: 'heap', wallUs: 60_000, isCut: false },
        ...{ causes: [cause], rest: { us: 2000, causes: 3 }, unrecordedUs: 0, startCostUs: 1500 },
        timeline: [{ startUs: 10_000, endUs: 60_000, cause }],
      } satisfies Partial<Account>,
    ])
  })

  it('returns empty lists for a report without accounts', () => {
    expect(readAccounts({})).toEqual({ accounts: [], refusals: [] })
  })

  it.each<[string, Record<string, unknown>]>([
    ['another version', { version: 2 }],
    ['an unknown level', { level: 'all' }],
    ['a negative duration', { wallMs: -1 }],
    ['a duration of more than a day', { wallMs: 24 * 3600 * 1000 + 1 }],
    ['a duration that is not a number', { wallMs: Number.NaN }],
  ])('leaves out an account with %s', (_, more) => {
    expect(read(why([TIMER], [[0, 9, 0]], more))).toEqual({ accounts: [], refusals: [] })
  })

  it('reads an account whose other members are missing or invalid', () => {
    const invalid = { causes: 7, rest: [], timeline: {}, costs: null, at: 1, because: 1, asked: 'all', cut: 'yes' }

    for (const more of [{}, invalid]) {
      expect(readOne({ version: 1, level: 'cpu', wallMs: 24 * 3600 * 1000, ...more })).toMatchObject({
        ...{ wallUs: 86_400_000_000, asked: undefined, because: undefined, isCut: false },
        ...{ causes: [], rest: { us: 0, causes: 0 }, unrecordedUs: 0, timeline: [], startCostUs: 0 },
      })
    }
  })

  it('reads the first valid account or refusal of each request', () => {
    const valid = why([TIMER], [[0, 9, 0]])
    const refused = { version: 1, refused: 'busy' }

    const found = [readSeveral({ ...valid, version: 0 }, valid, valid, refused), readSeveral(refused, valid)]

    expect(found.map(({ accounts, refusals }) => [accounts.map(({ traceId }) => traceId), refusals.length])).toEqual([
      [['account-1'], 0],
      [[], 1],
    ])
  })

  it('leaves out an account that belongs to no request', () => {
    const { accounts = [] } = explain(request, why([], []))

    expect(readAccounts({ accounts: accounts.map(node => ({ ...node, parentId: undefined })) }).accounts).toEqual([])
  })

  it("reads a service's reason for not making an account, and shortens a reason of more than 80 characters", () => {
    const reasons = ['busy', 'x'.repeat(80), 'x'.repeat(81)]

    const refusals = reasons.flatMap(refused => read({ version: 1, refused }).refusals)

    expect(refusals).toEqual(
      ['busy', 'x'.repeat(80), `${'x'.repeat(77)}...`].map(refused => {
        return { servedId: 'request', service: 'orders', refused }
      }),
    )
  })
})

describe('the causes of an account', () => {
  it('are at most twenty, sorted by time, without the invalid ones', () => {
    const causes = Array.from({ length: 25 }, (_, index) => ({ kind: 'cpu', ms: index, line: index }))
    const invalid = [null, { kind: 'fun', ms: 99 }, { kind: 'cpu' }, { kind: 'cpu', ms: -1 }]

    const found = readOne(why([], [], { causes: [...invalid, ...causes] }))

    expect(found?.causes.map(({ us }) => us / 1000)).toEqual(Array.from({ length: 16 }, (_, index) => 15 - index))
  })

  it('keep their positions in the timeline if an invalid cause is left out', () => {
    const causes = [{ kind: 'fun', ms: 9 }, { kind: 'gc', ms: 1 }, ...Array(19).fill({ kind: 'cpu', ms: 1 })]

    expect(readStretches('0,5,0 5,5,1 10,5,19 15,5,20', { causes })).toEqual([
      [0, 5, undefined],
      [5, 10, 'gc'],
      [10, 15, 'cpu'],
      [15, 20, undefined],
    ])
  })

  it.each([
    [0.49, 0],
    [0.5, 0.5],
    [1, 1],
    [1.01, 0],
    [Number.NaN, 0],
    ['1', 0],
  ])('have the hot line with a share of %o only if the share is from 0.5 to 1', (hotShare, expected) => {
    const cause = readCause({ ...SUM_PRICES, hotShare })

    expect(cause).toMatchObject({ hotShare: expected, place: { line: 33 } })
    expect(cause?.hotLine?.line).toBe(expected === 0 ? undefined : 38)
  })

  it('have a hot line in the file of the cause if the hot line has no file of its own, but not if its file is invalid', () => {
    const { hotFile, ...own } = SUM_PRICES

    const lines = [own, { ...own, hotFile: 'b.ts' }, { ...own, hotFile: 7 }].map(more => readCause(more)?.hotLine?.file)

    expect(lines).toEqual(['src/orders.ts', 'b.ts', undefined])
  })

  it.each([0, -1, 1.5, 1e300, '7', null])('count as one occurrence if the recorded number is %o', times => {
    expect(readCause({ times })?.times).toBe(1)
  })

  it('name a blocker without a line if its file or line is invalid', () => {
    const blockers = [{ byFile: 'b.ts', byLine: 2 }, { byFile: 'b.ts', byLine: 0 }, {}].map(more =>
      readCause({ by: 'block', ...more }),
    )

    expect(blockers.map(cause => [cause?.by, cause?.byPlace?.function, cause?.byPlace?.line])).toEqual([
      ['block', 'block', 2],
      ['block', undefined, undefined],
      ['block', undefined, undefined],
    ])
  })
})

describe('the rest of an account', () => {
  it.each<[string, Record<string, unknown>, number, number]>([
    ['was not cut', { kinds: { cpu: 100 } }, 3000, 0],
    ['was cut', { cut: true, kinds: { cpu: 100, gc: 1 } }, 1000, 2000],
    ['was cut, if the kinds are unknown', { cut: true, kinds: null }, 3000, 0],
    ['was cut, if the kinds took longer than the request', { cut: true, kinds: { cpu: 200 } }, 3000, 0],
    ['was cut, if the kinds took less time than the causes', { cut: true, kinds: { cpu: 9 } }, 0, 94_000],
  ])('excludes the time after the end of a recording that %s', (_, more, us, unrecordedUs) => {
    const info = why([SUM_PRICES], [[0, 100, 0]], { wallMs: 103, rest: { ms: 3, causes: 1 }, ...more })

    expect(readOne(info)).toMatchObject({ rest: { us, causes: 1 }, unrecordedUs })
  })
})

describe('the timeline of an account', () => {
  it.each<[string, string, unknown[]]>([
    [
      'begins later if it overlaps the previous one',
      '0,10,0 5,10,-1',
      [
        [0, 10, 'cpu'],
        [10, 15, undefined],
      ],
    ],
    ['is left out if the previous one covers it', '0,10,0 5,5,-1 2,1,0', [[0, 10, 'cpu']]],
    ['ends with the account', '99990,20,0 100000,5,0', [[99_990, 100_000, 'cpu']]],
    ['is left out if it is malformed', 'x 1,2 -1,5,0 0,0,0 0,1e3,0 1,2,-2  1,2,100 3,4,0', [[3, 7, 'cpu']]],
  ])('has an interval that %s', (_, timeline, expected) => {
    expect(readStretches(timeline)).toEqual(expected)
  })

  it('has at most 300 intervals', () => {
    const stretches = Array.from({ length: 301 }, (_, index) => `${index * 10},10,0`)

    expect(readStretches(stretches.join(' '))).toHaveLength(300)
  })

  it.each<[string, Record<string, unknown>]>([
    ['its text has more than 10,000 characters', { timeline: `0,10,0${' '.repeat(9995)}` }],
    ['it has no start', { at: undefined }],
    ['its start is not a time', { at: 'now' }],
  ])('is empty if %s', (_, more) => {
    expect(readStretches('0,10,0', more)).toEqual([])
  })

  it("is empty if the time of the account's point is unknown", () => {
    const { accounts = [] } = explain(request, why([SUM_PRICES], [[0, 100, 0]]))
    const timeless = accounts.map(node => ({ ...node, startedUs: undefined }))

    expect(readAccounts({ accounts: timeless }).accounts.map(({ timeline }) => timeline)).toEqual([[]])
  })

  it('follows the corrected clock of its host', () => {
    const [, caller, callee] = remote(...call('a', 20_000, 60_000, 5_000_000, ['web', 'db']))
    if (caller === undefined || callee === undefined) throw new Error('The trace has no call')
    const info = why([TIMER], [[0, 36, 0]], { at: timestamp(callee.from) })
    const points = remote(caller, callee)
    const report = buildReport([...makeTrace(...points), ...account(callee, info)])
    const begins = (shown: Report): unknown[] => [
      readAccounts(shown).accounts[0]?.timeline[0]?.startUs,
      shown.points.find(({ traceId }) => traceId === callee.id)?.startedUs,
    ]

    const corrected = begins(correctSkew(report))

    expect(begins(report)).toEqual([5_012_000, 5_012_000])
    expect(corrected).toEqual([12_000, 12_000])
  })
})

describe('holdsAccount', () => {
  it('is true only if info.why is an object', () => {
    const starts = [{ info: { why: {} } }, { info: { why: [] } }, { info: { why: 'busy' } }, { info: null }, undefined]

    expect(starts.map(holdsAccount)).toEqual([true, false, false, false, false])
  })
})
