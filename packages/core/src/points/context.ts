import { AsyncLocalStorage } from 'node:async_hooks'
import { dateNow, Number, process, setTimeout } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import type { Profiler } from './profiler.js'

/** One run of a function in the context of a profiler. Two runs can be told apart, also with the same profiler. */
export interface Scope {
  readonly profiler: Profiler
  /** Whether the rest of the run has been given another context, by `init` or `clean`. */
  left: boolean
}

interface Context {
  readonly storage: AsyncLocalStorage<Scope | undefined>
  /** Traces that have begun here and not ended. */
  live: number
  /** Until when the context is kept working after the last trace ended, in milliseconds since the epoch. */
  restAt: number
  timer: NodeJS.Timeout | undefined
}

const context = shared<Context>('context', () => ({
  storage: new AsyncLocalStorage(),
  live: 0,
  restAt: 0,
  timer: undefined,
}))
const { storage } = context

// Up to Node 22 the first use of a context makes every later `await` in the process dearer, until it is switched
// off. It is, when no trace has been live for a while: work that a request left behind has that long to be recorded.
const REST_AFTER_MS = 10_000
const restsWhenIdle = Number.parseInt(process.versions.node, 10) < 24

/** The profiler of the current asynchronous context, or `undefined` where nothing is traced. */
export function currentProfiler(): Profiler | undefined {
  const profiler = storage.getStore()?.profiler
  return profiler === undefined || profiler.current ? profiler : undefined
}

/** The scope of the current asynchronous context, or `undefined` where nothing is traced. */
export function currentScope(): Scope | undefined {
  return storage.getStore()
}

/** A scope for one run with a profiler. */
export function createScope(profiler: Profiler): Scope {
  return { profiler, left: false }
}

/** Runs `fn`, and all that it starts, in a scope. */
export function runIn<T>(scope: Scope, fn: () => T): T {
  return storage.run(scope, fn)
}

/** Runs `fn`, and all that it starts, in the context of a profiler. */
export function runWith<T>(profiler: Profiler, fn: () => T): T {
  return storage.run(createScope(profiler), fn)
}

/** Makes a profiler, or none, that of the rest of the current asynchronous context. */
export function enterWith(profiler: Profiler | undefined): void {
  const scope = storage.getStore()
  if (profiler === scope?.profiler) return
  if (scope !== undefined) scope.left = true
  storage.enterWith(profiler && createScope(profiler))
}

/** Runs `fn` untraced, and all that it starts. */
export function suppress<T>(fn: () => T): T {
  // Where nothing is traced the context is not touched: it may never have been used, and stays free.
  return storage.getStore() === undefined ? fn() : storage.run(undefined, fn)
}

/** Takes today's context: the function that it returns runs others in that, whoever calls it. */
export function takeContext(): <T>(fn: () => T) => T {
  const taken = storage.getStore()
  return fn => (storage.getStore() === taken ? fn() : storage.run(taken, fn))
}

const keepers: (() => boolean)[] = []

/** Has the context go on working, though no trace is live, for as long as `isNeeded` says so. */
export function keepWorking(isNeeded: () => boolean): void {
  keepers.push(isNeeded)
}

/** Whether a trace has begun here and not ended. */
export function isTraceLive(): boolean {
  return context.live > 0
}

/** Counts a trace that begins; the function that it returns, called once or more, counts its end. */
export function keepContext(): () => void {
  context.live++
  let live = true
  return () => {
    if (!live) return
    live = false
    context.live--
    if (restsWhenIdle && context.live === 0) restLater()
  }
}

function restLater(): void {
  context.restAt = dateNow() + REST_AFTER_MS
  context.timer ??= setTimeout(rest, REST_AFTER_MS).unref()
}

function rest(): void {
  context.timer = undefined
  if (context.live > 0) return
  const remaining = keepers.some(isNeeded => isNeeded()) ? REST_AFTER_MS : context.restAt - dateNow()
  if (remaining > 0) {
    context.timer = setTimeout(rest, remaining).unref()
  } else {
    storage.disable()
  }
}
