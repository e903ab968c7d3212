import 'reflect-metadata'
import { AsyncLocalStorage } from 'node:async_hooks'
import { Readable, Transform, Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { types } from 'node:util'
import { createClock } from './clock.js'
import { describe } from './describe.js'
import { createLabels } from './labels.js'
import { foreign, Lazy, Own, Picky, Species } from './promise-classes.js'
import { THINGS } from './things.js'

// The name is computed, because the linter reports any object with a `then`.
const THEN = 'then'

/** Creates the names that one execution of a program can use, and the log of everything that the program observes. */
export function createWorld(ways) {
  const entries = []
  const clock = createClock()
  const { name, label } = createLabels()
  const things = []
  const memory = new Map()
  const state = { open: false, failures: [], storage: undefined }

  function log(what, ...values) {
    const store = state.storage?.getStore() ?? ''
    entries.push(`${clock.read()} ${store}${what} ${values.map(label).join(' ')}`)
  }

  function T(index) {
    if (!(index in things)) {
      const thing = THINGS[index](log)
      things[index] = thing
      if ((typeof thing === 'object' && thing !== null) || typeof thing === 'function') name(thing, `T${index}`)
    }
    return things[index]
  }

  /** Executes one step of the program, and passes its result to `use`. */
  function attempt(fn, use) {
    let result
    try {
      result = fn()
      log('returned', result)
    } catch (error) {
      return log('threw', error)
    }
    if (use === undefined) return
    try {
      const used = use(result)
      if (types.isPromise(used)) name(used, 'of a use')
    } catch (error) {
      log('use threw', error)
    }
  }

  const later = {
    async microtasks(count) {
      for (let i = 0; i < count; i++) await undefined
    },
    tick: () => new Promise(resolve => process.nextTick(resolve)),
    immediate: () => new Promise(resolve => clock.setImmediate(resolve)),
    long: () => new Promise(resolve => clock.rest(resolve)),
  }

  const members = {
    ...ways,
    log,
    T,
    attempt,
    later,
    setImmediate: clock.setImmediate,
    Own,
    Species,
    Picky,
    Lazy,
    foreign,
    Readable,
    Writable,
    Transform,
    pipeline,
    finished,
    describe: fn => describe(fn, log),
    isPromise: types.isPromise,
    show: value => log('shows', JSON.stringify(value)),
    failed(error) {
      log('failed', error)
      state.failures.push(error)
    },
    never() {
      state.open = true
      return new Promise(() => {})
    },
    leaveOpen() {
      state.open = true
    },
    memo(key, make) {
      if (!memory.has(key)) memory.set(key, make())
      return memory.get(key)
    },
    handled(promise) {
      promise.catch(error => log('handled inside', error))
      return promise
    },
    thenable: (way, value) => ({
      [THEN](resolve, reject) {
        log('then of a thenable')
        if (way === 'resolves') resolve(value)
        if (way === 'rejects') reject(value)
        if (way === 'throws') throw value
        if (way === 'stays') state.open = true
      },
    }),
    store(value, fn) {
      state.storage ??= new AsyncLocalStorage()
      return state.storage.run(value, fn)
    },
  }
  return { members, entries, clock, state, log }
}
