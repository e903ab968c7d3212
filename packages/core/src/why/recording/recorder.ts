import { createHook, executionAsyncId, executionAsyncResource } from 'node:async_hooks'
import { isMainThread } from 'node:worker_threads'
import { replaceErrorMember } from '../../call-sites/read-stack.js'
import type { StackBudget } from '../../call-sites/stack-budget.js'
import type { WhyLevel } from '../../options/why-options.js'
import {
  clearTimeout,
  Error,
  Map,
  Number,
  Promise,
  performance,
  process,
  Reflect,
  setImmediate,
  setTimeout,
  types,
} from '../../platform/platform.js'
import { currentScope, type Scope, type ScopeWatcher, suppress, watchScopes } from '../../points/context.js'
import { waitAtMost } from '../../promises/wait-at-most.js'
import { connectInspector, type InspectorSession, SAMPLE_MS } from './inspector.js'
import type { Collection, CpuProfile, Entry, PoolEvent, Recording, Section } from './recording.js'

/** A recording ends after this time, even if the request goes on. */
const MAX_RECORDING_MS = 10_000
const MAX_PENDING = 20_000
/** The maximum number of functions in the stack of a promise. The limit is low, because there are many promises. */
const PROMISE_FRAMES = 12
/** The maximum number of functions in the stack of any other resource. The stack of a `fetch` has 40 functions. */
const RESOURCE_FRAMES = 50
/** Sections of microtasks that follow one another within this time count as one section. */
const SAME_SECTION_MS = 0.02
/** Events of the thread pool that do not arrive within this time are not used. */
const POOL_EVENTS_TIMEOUT_MS = 200

const NO_ENTRY = { stack: undefined, maker: undefined, awaited: undefined, delayMs: undefined, settledAt: undefined }

const { captureStackTrace } = Error

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
  const { now } = performance
  const costs: Record<string, number> = {}
  const pending = new Map<number, Entry>()
  const sections: Section[] = []
  const turnEnds: number[] = []
  const pollEnds: number[] = []
  const nested: { readonly id: number; readonly entry: Entry | undefined }[] = []
  let current: { from: number; readonly entry: Entry; readonly readyAt: number | undefined } | undefined
  let awaitsPoll = true
  let isOpen = true
  let isCut = false
  let hasFailed = false
  let hookCalls = 0
  let resources = 0
  let stacks = 0
  let endedAt = 0
  let profile: CpuProfile | undefined

  const session = measure('startMs', openSession)

  function openSession(): InspectorSession | undefined {
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

  function measure<T>(name: string, fn: () => T): T {
    const startedAt = now()
    const result = fn()
    costs[name] = now() - startedAt
    return result
  }

  function readStack(type: string): Entry['stack'] {
    if (!budget.hasTime()) return undefined
    stacks++
    return budget.spend(() => captureStack(type === 'PROMISE' ? PROMISE_FRAMES : RESOURCE_FRAMES, hook.init))
  }

  function createEntry(type: string, trigger?: number, resource?: object): Entry {
    const maker = pending.get(executionAsyncId()) ?? current?.entry
    const hasMaker = maker?.stack !== undefined
    resources++
    return {
      type,
      initAt: now(),
      stack: type === 'TickObject' && hasMaker ? undefined : readStack(type),
      maker: hasMaker ? maker : maker?.maker,
      awaited: type === 'PROMISE' && trigger !== undefined ? pending.get(trigger) : undefined,
      delayMs: type === 'Timeout' ? Number(Reflect.get(resource ?? {}, '_idleTimeout')) : undefined,
      settledAt: undefined,
    }
  }

  /** Ends the current section. Microtasks and ticks that follow one another count as one section. */
  function suspend(): void {
    if (current === undefined) return
    const { from, entry, readyAt } = current
    const to = now()
    const last = sections.at(-1)
    const isSame = entry.type === 'PROMISE' || entry.type === 'TickObject' || last?.entry === entry
    if (last !== undefined && isSame && from - last.to < SAME_SECTION_MS) last.to = to
    else sections.push({ from, to, entry, readyAt })
    current = undefined
  }

  function enter(id: number, entry: Entry | undefined): void {
    suspend()
    nested.push({ id, entry })
    if (entry === undefined) return
    current = { from: now(), entry, readyAt: entry.awaited?.settledAt }
    entry.awaited = undefined
  }

  function leave(): Entry | undefined {
    const left = nested.pop()
    suspend()
    const outer = nested.at(-1)?.entry
    if (outer !== undefined) current = { from: now(), entry: outer, readyAt: undefined }
    return left?.entry
  }

  // After a failure, sections are missing, so an account would name wrong causes.
  const onFailure = (): void => {
    hasFailed = true
  }

  const hook = createGuardedHook(onFailure, {
    init(id, type, trigger, resource) {
      hookCalls++
      const scope = currentScope()
      if (scope === undefined || !isOwn(scope) || pending.size >= MAX_PENDING) return
      pending.set(id, createEntry(type, trigger, resource))
    },
    before(id) {
      const entry = pending.get(id)
      // When a turn runs its first callback that is not a timer, a tick or a promise, the event loop has returned from
      // waiting.
      if (awaitsPoll && nested.length === 0 && isPolled(executionAsyncResource())) {
        awaitsPoll = false
        pollEnds.push(now())
      }
      if (entry !== undefined || nested.length > 0) enter(id, entry)
    },
    after(id) {
      if (nested.at(-1)?.id !== id) return
      const entry = leave()
      if (entry?.settledAt !== undefined || entry?.type === 'TickObject') pending.delete(id)
    },
    promiseResolve(id) {
      const entry = pending.get(id)
      if (entry === undefined) return
      entry.settledAt = now()
      if (current?.entry !== entry) pending.delete(id)
    },
  })

  /**
   * The entry of the request itself. It is also used for code of the request that a library calls in the context of
   * other code.
   */
  const root: Entry = { ...NO_ENTRY, type: 'HTTPINCOMINGMESSAGE', initAt: now() }
  const watcher: ScopeWatcher = {
    bind: () => {
      const scope = currentScope()
      return scope !== undefined && isOwn(scope) ? createEntry('CALLBACK') : undefined
    },
    run(scope, bound, fn) {
      const entry =
        scope !== undefined && isOwn(scope) ? (current?.entry ?? (bound as Entry | undefined) ?? root) : undefined
      if (!isOpen || entry === current?.entry) return fn()
      enter(-1, entry)
      try {
        return fn()
      } finally {
        leave()
      }
    },
  }

  const collections: Collection[] = []
  const stopCollections = watchSafely(list => collections.push(...list))

  function countTurn(): void {
    if (!isOpen) return
    // If the program catches an error as `uncaughtException`, the hook does not report the end of the callback that
    // threw the error.
    suspend()
    nested.length = 0
    turnEnds.push(now())
    awaitsPoll = true
    suppress(() => setImmediate(countTurn)).unref()
  }

  const monotonicOffset = Number(process.hrtime.bigint()) / 1e6 - now()
  measure('hookMs', () => {
    hook.enable()
    void new Promise(() => undefined)
  })
  if (hookCalls === 0) {
    hook.disable()
    stopCollections()
    session?.close()
    return undefined
  }
  suppress(() => setImmediate(countTurn)).unref()
  const unwatch = watchScopes(watcher)
  const timer = suppress(() => setTimeout(cut, MAX_RECORDING_MS)).unref()
  const startedAt = now()
  const firstId = executionAsyncId()
  pending.set(firstId, root)
  nested.push({ id: firstId, entry: root })
  current = { from: startedAt, entry: root, readyAt: undefined }
  // Hooks do not report the end of a script or module. The next tick runs directly after that end.
  suppress(() => process.nextTick(endScript))

  function endScript(): void {
    if (nested[0]?.entry === root) nested.shift()
    if (current?.entry === root) suspend()
  }

  function cut(): void {
    if (!isOpen) return
    isCut = true
    stop(0)
    onCut(recorder)
  }

  let poolEvents: Promise<readonly PoolEvent[]> = Promise.resolve([])

  function stop(agoMs: number): void {
    if (!isOpen) return
    isOpen = false
    endedAt = now() - agoMs
    suspend()
    hook.disable()
    unwatch()
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
      if (hasFailed) throw new Error('The recorder has failed')
      const counts = { resources, stacks }
      const recorded = {
        startedAt,
        endedAt,
        monotonicOffset,
        sections,
        turnEnds,
        pollEnds,
        collections,
        profile,
        counts,
      }
      return { ...recorded, poolEvents: events ?? [], sampleMs: SAMPLE_MS, isCut, costs }
    },
  }
  return recorder
}

interface GuardedHook {
  /** The function that Node calls for a new resource. It is on the stack above the code that created the resource. */
  readonly init: AnyFunction
  enable(): void
  disable(): void
}

type AnyFunction = (...args: never[]) => unknown

/** Creates a hook that turns itself off if a handler throws an error, because such an error would end the process. */
function createGuardedHook(
  onFailure: () => void,
  handlers: {
    init(id: number, type: string, trigger: number, resource: object): void
    before(id: number): void
    after(id: number): void
    promiseResolve(id: number): void
  },
): GuardedHook {
  const fail = (): void => {
    hook.disable()
    onFailure()
  }
  // These functions repeat code, because every promise of the process calls them. A shared function would need a
  // closure for each call, which would cost more.
  const init = (id: number, type: string, trigger: number, resource: object): void => {
    try {
      handlers.init(id, type, trigger, resource)
    } catch {
      fail()
    }
  }
  const hook = createHook({
    init,
    before(id) {
      try {
        handlers.before(id)
      } catch {
        fail()
      }
    },
    after(id) {
      try {
        handlers.after(id)
      } catch {
        fail()
      }
    },
    promiseResolve(id) {
      try {
        handlers.promiseResolve(id)
      } catch {
        fail()
      }
    },
  })
  return { init, enable: () => void hook.enable(), disable: () => void hook.disable() }
}

/**
 * Returns whether the poll phase of the event loop runs a resource. The poll phase runs all resources except promises,
 * timers, immediates and ticks.
 */
function isPolled(resource: object): boolean {
  if (types.isPromise(resource)) return false
  const isTick = 'callback' in resource && 'args' in resource
  return !isTick && !('_idleStart' in resource) && !('_onImmediate' in resource)
}

/**
 * Captures the stack below the function `below`. Does not format the stack, because formatting takes longer than
 * capturing.
 */
function captureStack(frames: number, below: AnyFunction): { readonly stack?: unknown } {
  const holder = {}
  const restoreLimit = replaceErrorMember('stackTraceLimit', frames)
  try {
    captureStackTrace(holder, below)
  } finally {
    restoreLimit()
  }
  return holder
}

/** Works like `watchCollections`, but reports nothing if the runtime does not report collections. */
function watchSafely(onCollections: (list: readonly Collection[]) => void): () => void {
  try {
    return watchCollections(onCollections)
  } catch {
    return () => undefined
  }
}

/** Reports garbage collections until the returned function is called. */
function watchCollections(onCollections: (list: readonly Collection[]) => void): () => void {
  const perfHooks = process.getBuiltinModule('node:perf_hooks')
  const report = (entries: readonly { startTime: number; duration: number }[]): void =>
    onCollections(
      entries.map(entry => {
        const { kind = 0 } = (entry as { detail?: { kind?: number } }).detail ?? {}
        return { from: entry.startTime, to: entry.startTime + entry.duration, kind }
      }),
    )
  const observer = new perfHooks.PerformanceObserver(list => report(list.getEntries()))
  observer.observe({ entryTypes: ['gc'] })
  return () => {
    report(observer.takeRecords())
    observer.disconnect()
  }
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => void setImmediate(resolve))
}
