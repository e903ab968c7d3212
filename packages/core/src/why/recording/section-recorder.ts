import { executionAsyncId, executionAsyncResource } from 'node:async_hooks'
import { replaceErrorMember } from '../../call-sites/read-stack.js'
import type { StackBudget } from '../../call-sites/stack-budget.js'
import {
  Error,
  Map,
  Number,
  Promise,
  performance,
  process,
  Reflect,
  setImmediate,
  types,
} from '../../platform/platform.js'
import { currentScope, type Scope, type ScopeWatcher, suppress, watchScopes } from '../../points/context.js'
import { createGuardedHook, type GuardedHook, type HookHandlers } from './guarded-hook.js'
import type { Entry, Section } from './recording.js'

const MAX_PENDING = 20_000
/** The maximum number of functions in the stack of a promise. The limit is low, because there are many promises. */
const PROMISE_FRAMES = 12
/** The maximum number of functions in the stack of any other resource. The stack of a `fetch` has 40 functions. */
const RESOURCE_FRAMES = 50
/** Sections of microtasks that follow one another within this time count as one section. */
const SAME_SECTION_MS = 0.02

const NO_ENTRY = { stack: undefined, maker: undefined, awaited: undefined, delayMs: undefined, settledAt: undefined }

const { captureStackTrace } = Error
const { now } = performance

/**
 * Records in which sections code of one request runs, and what each section waited for. All times are in milliseconds of
 * `performance.now()`.
 */
export interface SectionRecorder {
  /** In the order in which the sections ended. */
  readonly sections: readonly Section[]
  /** The time at which each turn of the event loop ended. */
  readonly turnEnds: readonly number[]
  /** The times at which the event loop returned from waiting, for the turns that ran a callback of the poll phase. */
  readonly pollEnds: readonly number[]
  /** The numbers of the request's resources, and of the stacks that were read for them. */
  readonly counts: { readonly resources: number; readonly stacks: number }
  /** Whether a hook has thrown an error. If so, sections are missing, and an account would name wrong causes. */
  readonly hasFailed: boolean
  /** Turns the hooks on. Returns `false` if this runtime has no async hooks. */
  enable(): boolean
  /** Begins the first section, which is the code that runs now. Returns its time. */
  begin(): number
  /** Ends the last section, and turns the hooks off. */
  end(): void
}

/**
 * Creates a recorder whose hooks are off.
 *
 * @param isOwn whether a scope belongs to the request
 */
export function createSectionRecorder(isOwn: (scope: Scope) => boolean, budget: StackBudget): SectionRecorder {
  const pending = new Map<number, Entry>()
  const sections: Section[] = []
  const turnEnds: number[] = []
  const pollEnds: number[] = []
  const nested: { readonly id: number; readonly entry: Entry | undefined }[] = []
  let current: { from: number; readonly entry: Entry; readonly readyAt: number | undefined } | undefined
  let awaitsPoll = true
  let isOpen = true
  let hasFailed = false
  let hookCalls = 0
  let resources = 0
  let stacks = 0
  let unwatch = (): void => undefined

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

  const handlers: HookHandlers = {
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
  }
  const hook = createGuardedHook(handlers, () => {
    hasFailed = true
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

  function endScript(): void {
    if (nested[0]?.entry === root) nested.shift()
    if (current?.entry === root) suspend()
  }

  return {
    sections,
    turnEnds,
    pollEnds,
    get counts() {
      return { resources, stacks }
    },
    get hasFailed() {
      return hasFailed
    },
    enable() {
      hook.enable()
      void new Promise(() => undefined)
      if (hookCalls === 0) hook.disable()
      return hookCalls > 0
    },
    begin() {
      suppress(() => setImmediate(countTurn)).unref()
      unwatch = watchScopes(watcher)
      const startedAt = now()
      const firstId = executionAsyncId()
      pending.set(firstId, root)
      nested.push({ id: firstId, entry: root })
      current = { from: startedAt, entry: root, readyAt: undefined }
      // Hooks do not report the end of a script or module. The next tick runs directly after that end.
      suppress(() => process.nextTick(endScript))
      return startedAt
    },
    end() {
      isOpen = false
      suspend()
      hook.disable()
      unwatch()
    },
  }
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
function captureStack(frames: number, below: GuardedHook['init']): { readonly stack?: unknown } {
  const holder = {}
  const restoreLimit = replaceErrorMember('stackTraceLimit', frames)
  try {
    captureStackTrace(holder, below)
  } finally {
    restoreLimit()
  }
  return holder
}
