import { AsyncLocalStorage } from 'node:async_hooks'
import { runForCaller } from '../call-sites/caller.js'
import { dateNow, Number, process, setTimeout } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import type { Profiler } from './profiler.js'

/** One run of a function with a profiler. Each run has its own scope, even if several runs share a profiler. */
export interface Scope {
  readonly profiler: Profiler
  /** Whether `init` or `clean` has replaced the context for the rest of the run. */
  isLeft: boolean
}

interface Context {
  readonly storage: AsyncLocalStorage<Scope | undefined>
  liveTraces: number
  /** The earliest time at which the context may be disabled after the last trace, in milliseconds since the epoch. */
  disableAt: number
  timer: NodeJS.Timeout | undefined
}

const context = shared<Context>('context', () => ({
  storage: new AsyncLocalStorage(),
  liveTraces: 0,
  disableAt: 0,
  timer: undefined,
}))
const { storage } = context

// In Node 22 and earlier, an AsyncLocalStorage slows down every `await` in the process from its first use until it is
// disabled. The delay after the last trace allows recording of work that outlives its request.
const DISABLE_AFTER_MS = 10_000
const disablesWhenIdle = Number.parseInt(process.versions.node, 10) < 24

/** Returns the profiler of the current asynchronous context, or `undefined` in untraced code. */
export function currentProfiler(): Profiler | undefined {
  const profiler = storage.getStore()?.profiler
  return profiler === undefined || profiler.current ? profiler : undefined
}

/** Returns the scope of the current asynchronous context, or `undefined` in untraced code. */
export function currentScope(): Scope | undefined {
  return storage.getStore()
}

/** Creates the scope of one run. Scopes are compared by identity, so each run needs a new one. */
export function createScope(profiler: Profiler): Scope {
  return { profiler, isLeft: false }
}

/**
 * Observes when code enters a scope. `async_hooks` do not report this for code without an asynchronous resource of its
 * own.
 */
export interface ScopeWatcher {
  /**
   * Called when a function is bound to the current scope. `run` receives the result as `bound` when that function is
   * called.
   */
  bind(): object | undefined
  run<T>(scope: Scope | undefined, bound: object | undefined, fn: () => T): T
}

let watcher: ScopeWatcher | undefined

/** Sets the watcher, of which a process has at most one. Returns a function that removes the watcher. */
export function watchScopes(newWatcher: ScopeWatcher): () => void {
  watcher = newWatcher
  return () => {
    if (watcher === newWatcher) watcher = undefined
  }
}

function enterScope<T>(scope: Scope | undefined, bound: object | undefined, fn: () => T): T {
  return watcher === undefined ? storage.run(scope, fn) : watcher.run(scope, bound, () => storage.run(scope, fn))
}

/** Runs `fn`, and everything that `fn` starts, in a scope. */
export function runInScope<T>(scope: Scope, fn: () => T): T {
  return enterScope(scope, undefined, fn)
}

/** Runs `fn`, and everything that `fn` starts, in the context of a profiler. */
export function runWithProfiler<T>(profiler: Profiler, fn: () => T): T {
  return enterScope(createScope(profiler), undefined, fn)
}

/** Sets the profiler for the rest of the current asynchronous context. With `undefined`, the rest is not traced. */
export function enterWith(profiler: Profiler | undefined): void {
  const scope = storage.getStore()
  if (profiler === scope?.profiler) return
  if (scope !== undefined) scope.isLeft = true
  storage.enterWith(profiler && createScope(profiler))
}

/** Runs `fn`, and everything that `fn` starts, untraced. */
export function suppress<T>(fn: () => T): T {
  // An AsyncLocalStorage costs nothing before its first `run`, so `run` is not called in an untraced context.
  return storage.getStore() === undefined ? fn() : storage.run(undefined, fn)
}

/** Captures the current context. Returns a function that runs other functions in the captured context. */
export function takeContext(): <T>(fn: () => T) => T {
  const captured = storage.getStore()
  const bound = watcher?.bind()
  return fn => (storage.getStore() === captured ? fn() : enterScope(captured, bound, fn))
}

/**
 * Works like `takeContext`, but also keeps the call site of the current call to a library. Points that the library
 * makes synchronously in the returned function get this call site, because the stack of a callback does not show the
 * call.
 */
export function takeCaller(): <T>(fn: () => T) => T {
  const inContext = takeContext()
  const caller = currentProfiler()?.callSites?.findCaller()
  return caller === undefined ? inContext : fn => inContext(() => runForCaller(caller, fn))
}

/**
 * Keeps the call site of the current call to a library. Returns a function that runs other functions, whose points get
 * this call site. Unlike `takeCaller`, does not change the context. Returns `undefined` if call sites are not recorded.
 */
export function takeCallSite(): (<T>(fn: () => T) => T) | undefined {
  const caller = currentProfiler()?.callSites?.findCaller()
  return caller && (fn => runForCaller(caller, fn))
}

/**
 * Runs `fn`, which does the work of a `then` method. Points that `fn` makes synchronously get the call site of the code
 * that awaits the result. `resolve` is the first argument of `then`.
 */
export function runForAwaiting<T>(resolve: unknown, fn: () => T): T {
  const caller = currentProfiler()?.callSites?.findAwaitingCaller(resolve)
  return caller === undefined ? fn() : runForCaller(caller, fn)
}

const needs: (() => boolean)[] = []

/** Keeps the context enabled while `isNeeded` returns true, even if no trace is live. */
export function keepContextWhile(isNeeded: () => boolean): void {
  needs.push(isNeeded)
}

/** Returns whether this process has a trace that has begun and not ended. */
export function isTraceLive(): boolean {
  return context.liveTraces > 0
}

/** Counts a trace as live until the returned function is called. Further calls of the returned function do nothing. */
export function keepContext(): () => void {
  context.liveTraces++
  let isLive = true
  return () => {
    if (!isLive) return
    isLive = false
    context.liveTraces--
    if (disablesWhenIdle && context.liveTraces === 0) scheduleDisable()
  }
}

function scheduleDisable(): void {
  context.disableAt = dateNow() + DISABLE_AFTER_MS
  context.timer ??= setTimeout(disableIfIdle, DISABLE_AFTER_MS).unref()
}

function disableIfIdle(): void {
  context.timer = undefined
  if (context.liveTraces > 0) return
  const remainingMs = needs.some(isNeeded => isNeeded()) ? DISABLE_AFTER_MS : context.disableAt - dateNow()
  if (remainingMs > 0) {
    context.timer = setTimeout(disableIfIdle, remainingMs).unref()
  } else {
    storage.disable()
  }
}
