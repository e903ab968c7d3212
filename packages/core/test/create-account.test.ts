import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Account, createAccount } from '../src/why/account/create-account.js'
import type { CpuProfile, Recording, Section } from '../src/why/recording/recording.js'
import { entryOf, nodeOf, profileOf, recordingOf } from './fixtures/recordings.js'

const PROGRAM = '/srv/shop/orders.js'
const request = entryOf()

/** Returns sections of the request, each from and to a time in milliseconds since the start of the recording. */
const sectionsOf = (...times: readonly (readonly [from: number, to: number])[]): Section[] =>
  times.map(([from, to]) => ({ from: 1_000 + from, to: 1_000 + to, entry: request, readyAt: undefined }))

const create = (changes: Partial<Recording>, showsOthers = true): Promise<Account> =>
  createAccount(recordingOf(changes), showsOthers)

/** Returns a profile with samples of `count` functions, each of which ran for 1 ms, one after the other. */
function profileFunctions(count: number, nameOf = (at: number) => `compute${at}`): CpuProfile {
  const nodes = Array.from({ length: count }, (_, at) => nodeOf(at, nameOf(at), PROGRAM))
  return profileOf(
    nodes,
    nodes.map((_, at) => [at + 0.5, at]),
  )
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)
const sumKinds = ({ kinds }: Account): number => sum(Object.values(kinds))
const readTimeline = ({ timeline }: Account): number[][] => timeline.split(' ').map(each => each.split(',').map(Number))

describe('an account of an empty recording', () => {
  it('has an unknown cause for the whole time', async () => {
    expect(await create({})).toEqual({
      wallMs: 100,
      kinds: { unknown: 100 },
      causes: [{ kind: 'unknown', ms: 100, times: 1 }],
      rest: { ms: 0, causes: 0 },
      timeline: '0,100000,0',
      costs: {},
      seen: { samples: 0, sections: 0, turns: 0, resources: 0, stacks: 0 },
    })
  })

  it('has no causes if the recording has no duration', async () => {
    const account = await create({ endedAt: 1_000 })

    expect(account).toMatchObject({ wallMs: 0, kinds: {}, causes: [], timeline: '' })
  })
})

describe('an account', () => {
  it('sums the periods of each cause, lists the longest cause first, and lists the periods in order of time', async () => {
    const profile = profileOf(
      [nodeOf(1, 'load', PROGRAM), nodeOf(2, 'sumPrices', PROGRAM)],
      [
        [5, 1],
        [15, 2],
        [35, 2],
        [45, 1],
      ],
    )

    const account = await create({ profile, sections: sectionsOf([0, 50]), endedAt: 1_050, sampleMs: 10 })

    expect(account.causes).toMatchObject([
      { kind: 'cpu', function: 'sumPrices', file: 'orders.js', line: 10, ms: 30, times: 2 },
      { kind: 'cpu', function: 'load', file: 'orders.js', line: 10, ms: 20, times: 2 },
    ])
    expect(account).toMatchObject({ kinds: { cpu: 50 }, timeline: '0,10000,1 10000,30000,0 40000,10000,1' })
  })

  it('contains the counts and the costs of the recording, rounded to microseconds', async () => {
    const account = await create({
      sections: sectionsOf([0, 1], [2, 3]),
      turnEnds: [1_001.5],
      counts: { resources: 7, stacks: 5 },
      costs: { hookMs: 0.123_456 },
      endedAt: 1_033.333_333,
    })

    expect(account).toMatchObject({
      wallMs: 33.333,
      costs: { hookMs: 0.123 },
      seen: { samples: 0, sections: 2, turns: 1, resources: 7, stacks: 5 },
    })
    expect(account.timeline).toMatch(/^(?:\d+,\d+,\d+ ?)+$/)
  })

  it('says that the recording was cut, and only then', async () => {
    expect(await create({ isCut: true })).toMatchObject({ cut: true })
    expect(await create({ isCut: false })).not.toHaveProperty('cut')
  })

  it('has one cause for each combination of kind, function and line', async () => {
    const url = PROGRAM
    const nodes = [
      nodeOf(1, 'a', url),
      nodeOf(2, 'a', url, { callFrame: { functionName: 'a', url, lineNumber: 20, columnNumber: 0 } }),
      nodeOf(3, 'a', '/srv/shop/prices.js'),
      nodeOf(4, 'a', url),
    ]
    const profile = profileOf(
      nodes,
      nodes.map(({ id }, at) => [at + 0.5, id]),
    )

    const { causes } = await create({ profile, sections: sectionsOf([0, 4]), endedAt: 1_004 })

    expect(causes.map(({ file, line, ms, times }) => [file, line, ms, times])).toEqual([
      ['orders.js', 10, 2, 2],
      ['orders.js', 21, 1, 1],
      ['prices.js', 10, 1, 1],
    ])
  })
})

describe('an account with many causes', () => {
  it('lists the twenty longest causes, and sums the others', async () => {
    const [profile, sections] = [profileFunctions(50), sectionsOf([0, 50])]

    const account = await create({ profile, sections, endedAt: 1_050 })

    expect(account.causes).toHaveLength(20)
    expect(account.rest).toEqual({ ms: 30, causes: 30 })
    expect(sumKinds(account)).toBeCloseTo(50, 2)
    const positions = readTimeline(account).map(([, , position]) => position)
    expect(positions.filter(position => position === -1)).toHaveLength(30)
    expect(Math.max(...positions.map(position => position ?? 0))).toBe(19)
  })

  it('lists the 300 longest periods in order of time, wherever they are', async () => {
    const times = Array.from({ length: 1_000 }, (_, at) => [2 * at, 2 * at + 0.5] as const)

    const account = await create({ sections: sectionsOf(...times, [2_000, 2_030]), endedAt: 3_030 })

    const periods = readTimeline(account)
    expect(periods).toHaveLength(300)
    expect(periods.toSorted(([one = 0], [other = 0]) => one - other)).toEqual(periods)
    expect(periods.map(([, us]) => us)).toEqual([...Array(299).fill(1_500), 30_000])
  })

  it('has at most 8,000 characters, even with long names, and still adds up to the whole time', async () => {
    const nameOf = (at: number): string => `${at}${'x'.repeat(1_000)}`
    const [profile, sections] = [profileFunctions(500, nameOf), sectionsOf([0, 500])]

    const account = await create({ profile, sections, endedAt: 1_500 })

    expect(JSON.stringify(account).length).toBeLessThanOrEqual(8_000)
    expect(account.causes.length).toBeGreaterThan(0)
    expect(sum(account.causes.map(({ ms }) => ms)) + account.rest.ms).toBeCloseTo(500, 2)
    expect(account.causes.length + account.rest.causes).toBe(500)
  })

  it('has at most 8,000 characters if evaluated code has a name of a megabyte', async () => {
    const profile = profileOf([nodeOf(1, 'x'.repeat(1_000_000))], [[1, 1]])

    const account = await create({ profile, sections: sectionsOf([0, 100]) })

    expect(JSON.stringify(account).length).toBeLessThanOrEqual(8_000)
    expect(account.kinds).toEqual({ native: 100 })
  })
})

describe('the line of a function that used the most CPU time', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'osprofiler-account-'))
    writeFileSync(join(folder, 'sum.js'), '\n'.repeat(20))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const readHotLine = async (ticks: readonly (readonly [line: number, ticks: number])[]) => {
    const positionTicks = ticks.map(([line, count]) => ({ line, ticks: count }))
    const node = nodeOf(1, 'sum', join(folder, 'sum.js'), { hitCount: 10, positionTicks })
    const profile = profileOf([node], [[1, 1]])
    const { causes } = await create({ profile, sections: sectionsOf([0, 100]) })
    return causes[0]
  }

  it('is shown with its share of the samples of the function', async () => {
    expect(
      await readHotLine([
        [12, 1],
        [14, 6],
        [15, 3],
      ]),
    ).toMatchObject({ function: 'sum', line: 10, hotFile: 'sum.js', hotLine: 14, hotShare: 0.6 })
  })

  it('is missing without samples of lines, or if the file has no such line', async () => {
    expect(await readHotLine([])).not.toHaveProperty('hotLine')
    expect(await readHotLine([[100_000, 1]])).not.toHaveProperty('hotLine')
  })
})

describe('code of other requests that held the event loop', () => {
  const timer = entryOf({ type: 'Timeout', initAt: 1_000, delayMs: 10 })
  const waiting = {
    sections: [...sectionsOf([0, 1]), { from: 1_090, to: 1_100, entry: timer, readyAt: undefined }],
    profile: profileOf(
      [nodeOf(1, 'serveOthers', PROGRAM), nodeOf(2, '(idle)')],
      [
        [5, 2],
        [20, 1],
        [40, 1],
        [80, 1],
      ],
    ),
    sampleMs: 20,
  }
  const findHeld = (account: Account) => account.causes.find(({ kind, by }) => kind === 'held' && by !== undefined)

  it('is named', async () => {
    expect(findHeld(await create(waiting, true))).toMatchObject({
      by: 'serveOthers',
      byFile: 'orders.js',
      byLine: 10,
    })
  })

  it('is called "others" if the settings hide it', async () => {
    const account = await create(waiting, false)

    expect(findHeld(account)).toMatchObject({ by: 'others' })
    expect(JSON.stringify(account)).not.toMatch(/serveOthers|byFile|byLine/)
  })
})
