import { pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { connectInspector, type InspectorSession } from '../src/why/recording/inspector.js'
import type { CpuProfile } from '../src/why/recording/recording.js'

const open: InspectorSession[] = []
afterEach(() => {
  vi.restoreAllMocks()
  for (const session of open.splice(0)) session.close()
})

function connect(): InspectorSession {
  const session = connectInspector()
  open.push(session)
  return session
}

/** The maximum number of profiles. A busy machine may take no samples in a short profile. */
const MAX_PROFILES = 20

function sumPrices(): number {
  const startedAt = performance.now()
  let sum = 0
  while (performance.now() - startedAt < 50) sum += Math.sqrt(sum + 1)
  return sum
}

/** Returns the names of the functions in the samples of a profile. */
function listNames({ nodes, samples = [] }: CpuProfile): readonly (string | undefined)[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]))
  return samples.map(id => names.get(id))
}

function takeProfile(session: InspectorSession): CpuProfile {
  session.startProfiler()
  sumPrices()
  return session.stopProfiler()
}

describe('a CPU profile', () => {
  it('shows the functions that ran', () => {
    const session = connect()

    let profile = takeProfile(session)
    for (let count = 1; count < MAX_PROFILES && !listNames(profile).includes('sumPrices'); count++) {
      profile = takeProfile(session)
    }

    expect(listNames(profile)).toContain('sumPrices')
  })

  it('has the times of its samples, in microseconds of the monotonic clock', () => {
    const session = connect()

    const before = Number(process.hrtime.bigint()) / 1_000
    const profile = takeProfile(session)
    const after = Number(process.hrtime.bigint()) / 1_000

    expect(profile.timeDeltas).toHaveLength(profile.samples?.length ?? -1)
    expect(profile.startTime).toBeGreaterThanOrEqual(Math.floor(before))
    expect(profile.startTime).toBeLessThanOrEqual(after)
  })

  it('ends with its session, after which another session can take a profile', () => {
    const first = connect()
    first.startProfiler()

    first.close()
    const profile = takeProfile(connect())

    expect(profile.nodes[0]?.callFrame.functionName).toBe('(root)')
  })

  it('cannot be stopped if it was not started', () => {
    const session = connect()

    expect(() => session.stopProfiler()).toThrow()
  })
})

describe('the events of the thread pool', () => {
  it('show when a task is queued, begins, ends and returns its result', async () => {
    const session = connect()
    session.startPoolEvents()
    await promisify(pbkdf2)('a', 'b', 1_000, 64, 'sha512')

    const events = await session.stopPoolEvents()

    const phases = events.filter(({ name }) => name === 'crypto').map(({ ph }) => ph)
    expect(phases.toSorted()).toEqual(['B', 'E', 'b', 'e'])
    expect(events.map(({ ph }) => ph)).not.toContain('M')
  })

  it('are missing if no task ran', async () => {
    const session = connect()
    session.startPoolEvents()

    expect((await session.stopPoolEvents()).filter(({ name }) => name === 'crypto')).toEqual([])
  })
})

describe('connectInspector', () => {
  it('opens no port', async () => {
    connect()
    const { url } = await import('node:inspector')

    expect(url()).toBeUndefined()
  })

  it('throws if Node has no inspector', () => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never)

    expect(() => connectInspector()).toThrow(TypeError)
  })
})
