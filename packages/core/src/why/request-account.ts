import { getRecordSettings, getWhySettings } from '../options/configuration.js'
import type { WhyLevel } from '../options/why-options.js'
import { Math, Number, Promise, performance, process, Set } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import { suppress } from '../points/context.js'
import type { LocalTrace } from '../points/local-trace.js'
import { waitAtMost } from '../promises/wait-at-most.js'
import { roundMs, toUs } from '../recording/milliseconds.js'
import { formatTimestamp } from '../recording/timestamp.js'
import type { Account } from './account/create-account.js'
import { type Recorder, startRecorder } from './recording/recorder.js'
import { readWhyWish } from './why-level.js'

/** The minimum time between two recordings of level `cpu`, each of which stops the process for a while. */
const CPU_INTERVAL_MS = 10_000
/**
 * When V8's profiler starts, it stops the process for at most this time, plus `PAUSE_MS_PER_MB` for each megabyte of
 * heap.
 */
const PAUSE_MS = 20
const PAUSE_MS_PER_MB = 1.3
const BYTES_PER_MB = 1024 * 1024
/** A flush waits at most this long for accounts. */
const MAX_FLUSH_MS = 2_000

const state = shared('why', () => ({
  isBusy: false,
  lastCpuAt: Number.NEGATIVE_INFINITY,
  underWay: new Set<Promise<void>>(),
}))

/** The reason why a request gets no account. */
type Refusal = 'busy' | 'off' | 'runtime'
/** The reason why an account has a lower level than the caller asked for. */
type Reason = 'setting' | 'heap' | 'interval' | 'permission'

/**
 * Starts the account of a request if its ticket asks for one. Must be called before the request's point opens, because
 * starting may stop the process for a while. Each process creates at most one account for a trace.
 */
export function startWishedAccount(trace: LocalTrace): void {
  const level = readWhyWish(trace.wants, () => getRecordSettings().service)
  if (level !== undefined) startAccount(trace, level, false)
}

/**
 * Starts the account of a trace that this program began itself. For such a trace, only the setting `off` forbids the
 * level `cpu`.
 */
export function startOwnAccount(trace: LocalTrace, level: WhyLevel): void {
  startAccount(trace, level, true)
}

/** Resolves when all accounts that are still being created are recorded, or after `timeoutMs`. */
export async function settleAccounts(timeoutMs: number): Promise<void> {
  if (state.underWay.size === 0) return
  await waitAtMost(Promise.allSettled(state.underWay), Math.min(timeoutMs, MAX_FLUSH_MS))
}

function startAccount(trace: LocalTrace, asked: WhyLevel, isOwn: boolean): void {
  if (trace.known.hasAccount) return
  trace.known.hasAccount = true
  const settings = getWhySettings()
  const refuse = (refused: Refusal): void => {
    trace.account = { end: () => trace.recordAccount({ version: 1, refused, asked }) }
  }
  if (settings.level === 'off') return refuse('off')
  if (state.isBusy) return refuse('busy')
  const chosen = chooseLevel(asked, isOwn ? 'cpu' : settings.level, settings.maxPauseMs)
  let account: Promise<Account> | undefined
  const recorder = suppress(() => startSafely(trace, chosen.level, beginAccount))
  if (recorder === undefined) return refuse('runtime')
  const isDenied = recorder.isDenied && chosen.level === 'cpu'
  const level = isDenied ? 'waits' : chosen.level
  if (level === 'cpu') state.lastCpuAt = performance.now()
  const because: Reason | undefined = isDenied ? 'permission' : chosen.because
  const { startedAt } = recorder
  const head = {
    version: 1,
    level,
    ...(level !== asked && { asked, because }),
    at: formatTimestamp(trace.known.now() - toUs(performance.now() - startedAt)),
  }
  state.isBusy = true
  trace.account = {
    end(agoMs) {
      recorder.stop(agoMs)
      const endedAt = performance.now() - agoMs
      const underWay = record(trace, beginAccount(recorder), asked, head, endedAt - startedAt).finally(() =>
        state.underWay.delete(underWay),
      )
      state.underWay.add(underWay)
    },
  }

  /**
   * Creates the account as soon as the recording has ended, even if the request goes on. Until then, the raw data stays
   * in memory.
   */
  function beginAccount(ended: Recorder): Promise<Account> {
    if (account !== undefined) return account
    account = suppress(() => createFrom(ended, settings.others)).finally(() => {
      state.isBusy = false
    })
    // Avoids an unhandled rejection. A failure is recorded at the end of the request.
    account.catch(() => undefined)
    return account
  }
}

function startSafely(trace: LocalTrace, level: WhyLevel, onCut: (recorder: Recorder) => unknown): Recorder | undefined {
  try {
    return startRecorder(level, ({ profiler }) => profiler.isOf(trace), trace.stackBudget, onCut)
  } catch {
    // The runtime lacks a part of Node that the recorder needs.
    return undefined
  }
}

async function createFrom(recorder: Recorder, showsOthers: boolean): Promise<Account> {
  const foldedAt = performance.now()
  const recording = await recorder.collect()
  // The module is loaded when it is first needed, because most processes never need it.
  const { createAccount } = await import('./account/create-account.js')
  const account = await createAccount(recording, showsOthers)
  return { ...account, costs: { ...account.costs, foldMs: Math.round(performance.now() - foldedAt) } }
}

async function record(
  trace: LocalTrace,
  account: Promise<Account>,
  asked: WhyLevel,
  head: object,
  wallMs: number,
): Promise<void> {
  try {
    trace.recordAccount({ ...head, ...addUnrecorded(await account, wallMs) })
  } catch {
    trace.recordAccount({ version: 1, refused: 'runtime', asked })
  }
}

/** Adds the time from the end of a recording that was cut to the end of the request. */
function addUnrecorded(account: Account, wallMs: number): Account {
  const unrecordedMs = wallMs - account.wallMs
  if (!account.cut || unrecordedMs <= 0) return account
  const rest = { ...account.rest, ms: roundMs(account.rest.ms + unrecordedMs) }
  return { ...account, wallMs: roundMs(wallMs), rest }
}

function chooseLevel(
  asked: WhyLevel,
  allowed: WhyLevel,
  maxPauseMs: number,
): { readonly level: WhyLevel; readonly because?: Reason } {
  if (asked === 'waits') return { level: 'waits' }
  if (allowed === 'waits') return { level: 'waits', because: 'setting' }
  if (performance.now() - state.lastCpuAt < CPU_INTERVAL_MS) return { level: 'waits', because: 'interval' }
  const pauseMs = PAUSE_MS + (PAUSE_MS_PER_MB * process.memoryUsage().heapUsed) / BYTES_PER_MB
  return pauseMs > maxPauseMs ? { level: 'waits', because: 'heap' } : { level: 'cpu' }
}
