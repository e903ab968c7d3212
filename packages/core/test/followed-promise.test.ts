import { describe, expect, it } from 'vitest'
import { createScope, runIn } from '../src/points/context.js'
import type { Profiler } from '../src/points/profiler.js'
import { type FollowedPromise, hasWaitingChild, noteChild, noteEvent } from '../src/promises/followed-promise.js'

function follow(changes: Partial<FollowedPromise> = {}): FollowedPromise {
  return {
    promise: new Promise(() => {}),
    outcomes: [],
    plain: true,
    bodyScope: undefined,
    isAsync: false,
    mayBeOver: true,
    children: [],
    followedAt: 0,
    settledAt: undefined,
    ...changes,
  }
}

describe('a promise that is made from a followed one', () => {
  it('may be for an await of the own function, as long as the followed promise is pending', () => {
    const entry = follow()

    const isHandler = noteChild(entry, new Promise(() => {}))

    expect([isHandler, hasWaitingChild(entry)]).toEqual([false, true])
  })

  it('is for a handler once the followed promise has settled', () => {
    expect(noteChild(follow({ settledAt: 5 }), new Promise(() => {}))).toBe(true)
    expect(noteChild(follow({ promise: Promise.resolve() }), new Promise(() => {}))).toBe(true)
  })

  it('is for a handler of an async function that was over at once, but in the scope of the function for an await', () => {
    const scope = createScope({} as Profiler)
    const over = { promise: Promise.resolve(), isAsync: true }
    const child = new Promise(() => {})

    const inside = runIn(scope, () => noteChild(follow({ ...over, bodyScope: scope }), child))
    const outside = noteChild(follow({ ...over, bodyScope: scope }), child)
    const unknown = noteChild(follow(over), child)
    scope.left = true
    const left = noteChild(follow({ ...over, bodyScope: scope }), child)

    expect({ inside, outside, unknown, left }).toEqual({ inside: false, outside: true, unknown: true, left: true })
  })

  it('was an await of a value where it settles with the next event', () => {
    const entry = follow()
    const child = Promise.resolve()
    noteChild(entry, child)

    noteEvent(child)

    expect(hasWaitingChild(entry)).toBe(false)
    expect(entry.children).toEqual([])
  })

  it('is one of a bounded number', () => {
    const entry = follow()

    for (let made = 0; made < 100; made++) noteChild(entry, new Promise(() => {}))

    expect(entry.children).toHaveLength(16)
  })
})
