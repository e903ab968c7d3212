import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { configure } from '../src/options/configuration.js'
import type { WhyOption } from '../src/options/why-options.js'
import { shared } from '../src/platform/shared-state.js'
import { KnownTrace } from '../src/points/known-traces.js'
import { LocalTrace } from '../src/points/local-trace.js'
import { createTraceId } from '../src/points/profiler.js'
import type { TraceRecord } from '../src/record/trace-record.js'
import { setNotifier } from '../src/recording/notifier.js'
import { settleAccounts, startOwnAccount, startWishedAccount } from '../src/why/request-account.js'

let records: TraceRecord[]
let undoSettings: () => void
const traces: LocalTrace[] = []

beforeEach(() => {
  records = []
  setNotifier(record => records.push(record))
  set({ level: 'waits' })
  forgetLastAccount()
})
afterEach(async () => {
  vi.restoreAllMocks()
  for (const trace of traces.splice(0)) trace.end()
  await settleAccounts(2_000)
  setNotifier(undefined)
  undoSettings()
  forgetLastAccount()
})

/** Sets what tickets may ask for. The heap of a process that runs many test files is large, so any pause is allowed. */
function set(why: WhyOption): void {
  undoSettings?.()
  undoSettings = configure({ why: { maxPauseMs: 600_000, ...(typeof why === 'string' ? { level: why } : why) } })
}

/** Allows an account of the level `cpu` again, of which a process makes only one in ten seconds. */
function forgetLastAccount(): void {
  shared('why', () => ({ lastCpuAt: 0 })).lastCpuAt = Number.NEGATIVE_INFINITY
}

function openTrace(wants: readonly string[] = [], known = new KnownTrace()): LocalTrace {
  const id = createTraceId()
  const trace = new LocalTrace('KEY', id, id, known, 100, { points: 100, wants })
  traces.push(trace)
  return trace
}

const readAccounts = (): unknown[] => records.flatMap(({ name, info }) => (name === 'why-start' ? [info.why] : []))

/** Ends the trace, and returns its account. */
async function finish(trace: LocalTrace): Promise<unknown> {
  trace.end()
  await settleAccounts(2_000)
  const record = records.find(({ name, base_id }) => name === 'why-start' && base_id === trace.baseId)
  return record?.info.why
}

describe('an account of a trace', () => {
  it('is recorded as a point of its own after the trace has ended', async () => {
    const trace = openTrace()
    startOwnAccount(trace, 'waits')
    const before = readAccounts()

    const account = await finish(trace)

    expect(before).toEqual([])
    expect(records.map(({ name }) => name)).toEqual(['why-start', 'why-stop'])
    expect(account).toMatchObject({
      version: 1,
      level: 'waits',
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/),
      wallMs: expect.any(Number),
      costs: { foldMs: expect.any(Number) },
    })
    expect(account).not.toHaveProperty('asked')
    expect(account).not.toHaveProperty('because')
  })

  it('is made if the ticket has a wish for it', async () => {
    const trace = openTrace(['why=waits'])
    startWishedAccount(trace)

    expect(await finish(trace)).toMatchObject({ level: 'waits' })
  })

  it.each([[], ['code', 'answer'], ['why'], ['why=all'], ['why=waits@other-service']].map(wants => [wants]))(
    'is not made with the wishes %j',
    async wants => {
      const trace = openTrace(wants)
      startWishedAccount(trace)

      expect(trace.account).toBeUndefined()
      expect(await finish(trace)).toBeUndefined()
    },
  )

  it('is made only once, even if several requests of the process belong to the trace', async () => {
    const known = new KnownTrace()
    const [first, second] = [openTrace([], known), openTrace([], known)]
    startOwnAccount(first, 'waits')
    startOwnAccount(second, 'waits')
    await finish(first)
    await finish(second)

    expect(readAccounts()).toHaveLength(1)
  })
})

describe('the level of an account', () => {
  it('is the level of the setting if the ticket wishes for more', async () => {
    const trace = openTrace(['why=cpu'])
    startWishedAccount(trace)

    expect(await finish(trace)).toMatchObject({ level: 'waits', asked: 'cpu', because: 'setting' })
  })

  it('is cpu if the program itself asks for it, even if tickets may not', async () => {
    const trace = openTrace()
    startOwnAccount(trace, 'cpu')

    expect(await finish(trace)).toMatchObject({ level: 'cpu' })
  })

  it('is waits if the profiler might pause the process for longer than maxPauseMs', async () => {
    set({ level: 'cpu', maxPauseMs: 1 })
    const trace = openTrace(['why=cpu'])
    startWishedAccount(trace)

    expect(await finish(trace)).toMatchObject({ level: 'waits', asked: 'cpu', because: 'heap' })
  })

  it('is waits if an account of the level cpu began less than ten seconds ago', async () => {
    set({ level: 'cpu', maxPauseMs: 60_000 })
    const start = performance.now()
    const now = vi.spyOn(performance, 'now').mockReturnValue(start)
    const levels: unknown[] = []
    for (const seconds of [0, 9.9, 10]) {
      now.mockReturnValue(start + seconds * 1_000)
      const trace = openTrace(['why=cpu'])
      startWishedAccount(trace)
      levels.push(await finish(trace))
    }

    expect(levels).toMatchObject([
      { level: 'cpu' },
      { level: 'waits', asked: 'cpu', because: 'interval' },
      { level: 'cpu' },
    ])
  })

  it('is waits if Node denies the inspector, and a later account may have the level cpu', async () => {
    const denied = vi.spyOn(process, 'getBuiltinModule').mockImplementation(() => {
      throw new Error('Access to this API has been restricted')
    })
    const [first, second] = [openTrace(), openTrace()]
    startOwnAccount(first, 'cpu')
    denied.mockRestore()
    const without = await finish(first)
    startOwnAccount(second, 'cpu')

    expect(without).toMatchObject({ level: 'waits', asked: 'cpu', because: 'permission' })
    expect(await finish(second)).toMatchObject({ level: 'cpu' })
  })
})

describe('an account is refused', () => {
  it('if the settings allow no accounts, even to the program itself', async () => {
    set('off')
    const trace = openTrace()
    startOwnAccount(trace, 'cpu')

    expect(await finish(trace)).toEqual({ version: 1, refused: 'off', asked: 'cpu' })
  })

  it('if another account of the process is under way, but not later', async () => {
    const [first, second, third] = [openTrace(), openTrace(), openTrace()]
    startOwnAccount(first, 'waits')
    startOwnAccount(second, 'waits')
    const refused = await finish(second)
    const account = await finish(first)
    startOwnAccount(third, 'waits')

    expect(refused).toEqual({ version: 1, refused: 'busy', asked: 'waits' })
    expect(account).toMatchObject({ level: 'waits' })
    expect(await finish(third)).toMatchObject({ level: 'waits' })
  })

  it('if the runtime lacks what the recorder needs, and nothing is thrown', async () => {
    const clock = vi.spyOn(process.hrtime, 'bigint').mockImplementation(() => {
      throw new Error('Not implemented')
    })
    const [first, second] = [openTrace(), openTrace()]
    startOwnAccount(first, 'waits')
    clock.mockRestore()
    const refused = await finish(first)
    startOwnAccount(second, 'waits')

    expect(refused).toEqual({ version: 1, refused: 'runtime', asked: 'waits' })
    expect(await finish(second)).toMatchObject({ level: 'waits' })
  })
})

describe('settleAccounts', () => {
  it('resolves at once if no trace with an account has ended', async () => {
    await settleAccounts(60_000)
    startOwnAccount(openTrace(), 'waits')
    await settleAccounts(60_000)

    expect(readAccounts()).toEqual([])
  })

  it('resolves for each caller when the account is recorded', async () => {
    const trace = openTrace()
    startOwnAccount(trace, 'waits')
    trace.end()

    const counts = await Promise.all([1, 2].map(() => settleAccounts(60_000).then(() => readAccounts().length)))

    expect(counts).toEqual([1, 1])
  })
})
