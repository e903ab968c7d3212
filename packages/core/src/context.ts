import { AsyncLocalStorage } from 'node:async_hooks'
import { dateNow, Number, process, Reflect, setTimeout } from './platform.js'
import type { Profiler } from './profiler.js'
import { shared } from './shared-state.js'

interface Context {
  readonly storage: AsyncLocalStorage<Profiler | undefined>
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
  const profiler = storage.getStore()
  return profiler === undefined || profiler.current ? profiler : undefined
}

/** Runs `fn`, and all that it starts, in the context of a profiler. */
export function runWith<T>(profiler: Profiler, fn: () => T): T {
  return storage.run(profiler, fn)
}

/** Makes a profiler, or none, that of the rest of the current asynchronous context. */
export function enterWith(profiler: Profiler | undefined): void {
  if (profiler !== storage.getStore()) storage.enterWith(profiler)
}

/** Runs `fn` untraced, and all that it starts. */
export function suppress<T>(fn: () => T): T {
  // Where nothing is traced the context is not touched: it may never have been used, and stays free.
  return storage.getStore() === undefined ? fn() : storage.run(undefined, fn)
}

/** A function that runs in today's context, whoever calls it: for callbacks that come from elsewhere. */
export function bind<This, Args extends unknown[], Result>(
  fn: (this: This, ...args: Args) => Result,
): (this: This, ...args: Args) => Result {
  const bound = storage.getStore()
  return function (this: This, ...args: Args): Result {
    if (storage.getStore() === bound) return Reflect.apply(fn, this, args)
    return storage.run(bound, () => Reflect.apply(fn, this, args))
  }
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
  const remaining = context.restAt - dateNow()
  if (remaining > 0) {
    context.timer = setTimeout(rest, remaining).unref()
  } else {
    storage.disable()
  }
}
