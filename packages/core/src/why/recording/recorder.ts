import { isMainThread } from 'node:worker_threads'
import type { StackBudget } from '../../call-sites/stack-budget.js'
import type { WhyLevel } from '../../options/why-options.js'
import {
  clearTimeout,
  Error,
  Number,
  Promise,
  performance,
  process,
  setImmediate,
  setTimeout,
} from '../../platform/platform.js'
import { type Scope, suppress } from '../../points/context.js'
import { waitAtMost } from '../../promises/wait-at-most.js'
import { connectInspector, type InspectorSession, SAMPLE_MS } from './inspector.js'
import type { Collection, CpuProfile, PoolEvent, Recording } from './recording.js'
import { createSectionRecorder } from './section-recorder.js'
import { watchCollections } from './watch-collections.js'

/** A recording ends after this time, even if the request goes on. */
const MAX_RECORDING_MS = 10_000
/** Events of the thread pool that do not arrive within this time are not used. */
const POOL_EVENTS_TIMEOUT_MS = 200

const { now } = performance

/** Records what happens during one request, for its account. */
export interface Recorder {
  /** Whether Node denies access to the inspector. If so, there are no events of the thread pool and no samples. */
  readonly isDenied: boolean
  /** The time at which the recording began, in milliseconds of `performance.now()`. */
  readonly startedAt: number
  /** Ends the recording. `agoMs`: how many milliseconds ago the request ended. */
  stop(agoMs: number): void
  /** Resolves to the recording, some turns of the event loop after `stop`. Rejects if recording has failed. */
  collect(): Promise<Recording>
}

/**
 * Starts to record where the time of a request goes, from the current call on. With the level `cpu`, the start of V8's
 * profiler blocks the process. Returns `undefined` if this runtime has no async hooks.
 *
 * @param isOwn whether a scope belongs to the request
 * @param onCut called when the recording ends before the request
 */
export function startRecorder(
  level: WhyLevel,
  isOwn: (scope: Scope) => boolean,
  budget: StackBudget,
  onCut: (recorder: Recorder) => unknown,
): Recorder | undefined {
  const costs: Record<string, number> = {}
  let isOpen = true
  let isCut = false
  let endedAt = 0
  let profile: CpuProfile | undefined
  let poolEvents: Promise<readonly PoolEvent[]> = Promise.resolve([])

  // These two lines throw if the runtime lacks a part of Node. So they precede everything that would have to be undone.
  const monotonicOffset = Number(process.hrtime.bigint()) / 1e6 - now()
  const running = createSectionRecorder(isOwn, budget)
  const session = measure('startMs', () => openSession(level))
  const collections: Collection[] = []
  const stopCollections = watchCollections(list => collections.push(...list))
  if (!measure('hookMs', running.enable)) {
    stopCollections()
    session?.close()
    return undefined
  }
  const timer = suppress(() => setTimeout(cut, MAX_RECORDING_MS)).unref()
  const startedAt = running.begin()

  function measure<T>(name: string, fn: () => T): T {
    const before = now()
    const result = fn()
    costs[name] = now() - before
    return result
  }

  function cut(): void {
    if (!isOpen) return
    isCut = true
    stop(0)
    onCut(recorder)
  }

  function stop(agoMs: number): void {
    if (!isOpen) return
    isOpen = false
    endedAt = now() - agoMs
    running.end()
    clearTimeout(timer)
    measure('stopMs', () => {
      try {
        if (session !== undefined && level === 'cpu') profile = session.stopProfiler()
        if (session !== undefined && isMainThread) poolEvents = session.stopPoolEvents()
      } catch {
        // Other code may have stopped the profiler.
      }
    })
  }

  const recorder: Recorder = {
    isDenied: session === undefined,
    startedAt,
    stop,
    async collect() {
      stop(0)
      // Garbage collections are reported up to two turns late.
      await nextTurn()
      await nextTurn()
      stopCollections()
      const events = await waitAtMost(poolEvents, POOL_EVENTS_TIMEOUT_MS)
      session?.close()
      if (running.hasFailed) throw new Error('The recorder has failed')
      const { sections, turnEnds, pollEnds, counts } = running
      const times = { startedAt, endedAt, monotonicOffset, sections, turnEnds, pollEnds }
      return { ...times, collections, profile, counts, poolEvents: events ?? [], sampleMs: SAMPLE_MS, isCut, costs }
    },
  }
  return recorder
}

/** Starts to collect what only the inspector knows. Returns `undefined` if Node denies the inspector. */
function openSession(level: WhyLevel): InspectorSession | undefined {
  let opened: InspectorSession | undefined
  try {
    opened = connectInspector()
    if (isMainThread) opened.startPoolEvents()
    if (level === 'cpu') opened.startProfiler()
    return opened
  } catch {
    // Node denies the inspector with `--permission`.
    opened?.close()
    return undefined
  }
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => void setImmediate(resolve))
}
