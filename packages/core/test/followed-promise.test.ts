import { describe, expect, it } from 'vitest'
import { createScope, runInScope } from '../src/points/context.js'
import type { Profiler } from '../src/points/profiler.js'
import { type FollowedPromise, hasWaitingChild, noteChild, noteEvent } from '../src/promises/followed-promise.js'

/** Creates the state of a followed promise: a promise of a traced function, which is observed until it settles. */
function follow(changes: Partial<FollowedPromise> = {}): FollowedPromise {
  return {
    promise: new Promise(() => {}),
    outcomes: [],
    isPlain: true,
    bodyScope: undefined,
    isAsync: false,
    mayHaveSettled: true,
    children: [],
    followedAt: 0,
    settledAt: undefined,
    ...changes,
  }
}

describe('a promise that is created from a followed promise', () => {
  it('may belong to an await in the traced function while the followed promise is pending', () => {
    const entry = follow()

    const isHandler = noteChild(entry, new Promise(() => {}))

    expect([isHandler, hasWaitingChild(entry)]).toEqual([false, true])
  })

  it('belongs to a handler after the followed promise has settled', () => {
    expect(noteChild(follow({ settledAt: 5 }), new Promise(() => {}))).toBe(true)
    expect(noteChild(follow({ promise: Promise.resolve() }), new Promise(() => {}))).toBe(true)
  })

  it('belongs to a handler if the async function has ended, unless it is created in the scope of that function', () => {
    const scope = createScope({} as Profiler)
    const over = { promise: Promise.resolve(), isAsync: true }
    const child = new Promise(() => {})

    const inside = runInScope(scope, () => noteChild(follow({ ...over, bodyScope: scope }), child))
    const outside = noteChild(follow({ ...over, bodyScope: scope }), child)
    const unknown = noteChild(follow(over), child)
    scope.isLeft = true
    const left = noteChild(follow({ ...over, bodyScope: scope }), child)

    expect({ inside, outside, unknown, left }).toEqual({ inside: false, outside: true, unknown: true, left: true })
  })

  it('is treated as an await of a plain value if no other promise event occurs before it settles', () => {
    const entry = follow()
    const child = Promise.resolve()
    noteChild(entry, child)

    noteEvent(child)

    expect(hasWaitingChild(entry)).toBe(false)
    expect(entry.children).toEqual([])
  })

  it('is not tracked if 16 such promises are already tracked', () => {
    const entry = follow()

    for (let made = 0; made < 100; made++) noteChild(entry, new Promise(() => {}))

    expect(entry.children).toHaveLength(16)
  })
})
