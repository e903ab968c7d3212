import { describe, expect, it } from 'vitest'
import { createNonceStore } from '../src/tickets/nonce-store.js'

/** Returns whether a ticket is over at a given time. Each ticket is accepted until the end of its last second. */
function at(now: number): (exp: number) => boolean {
  return exp => exp < now
}

describe('a nonce store', () => {
  it('accepts each nonce once, even if the nonce returns with another expiry time', () => {
    const store = createNonceStore(9)

    const outcomes = [store.add('a', 60, at(0)), store.add('b', 60, at(0)), store.add('a', 60, at(60))]
    const later = store.add('b', 300, at(60))

    expect([...outcomes, later]).toEqual(['new', 'new', 'replayed', 'replayed'])
  })

  it('refuses new nonces while it is full, and still recognizes the known ones', () => {
    const store = createNonceStore(2)
    store.add('a', 60, at(0))
    store.add('b', 70, at(0))

    expect(['c', 'a', 'b', 'c'].map(nonce => store.add(nonce, 80, at(0)))).toEqual([
      'busy',
      'replayed',
      'replayed',
      'busy',
    ])
  })

  it('forgets the nonces of all tickets that are over, and keeps the others', () => {
    const store = createNonceStore(4)
    for (const [nonce, exp] of [
      ['a', 60],
      ['b', 80],
      ['c', 70],
      ['d', 60],
    ] as const)
      store.add(nonce, exp, at(0))

    const outcomes = ['a', 'b', 'c', 'd'].map(nonce => store.add(nonce, 300, at(71)))

    expect(outcomes).toEqual(['new', 'replayed', 'new', 'new'])
  })

  it('makes room several times, as one ticket after the other ends', () => {
    const store = createNonceStore(1)

    const outcomes = [0, 61, 61, 122].map(now => store.add(`nonce at ${now}`, now + 60, at(now)))

    expect(outcomes).toEqual(['new', 'new', 'replayed', 'new'])
  })

  it('refuses tickets whose expiry time was forgotten, even if the clock is set back', () => {
    const store = createNonceStore(9)
    store.add('a', 60, at(0))
    store.add('b', 70, at(61))

    const outcomes = [store.add('a', 60, at(0)), store.add('never seen', 60, at(0)), store.add('c', 61, at(0))]

    expect(outcomes).toEqual(['replayed', 'replayed', 'new'])
  })

  it('takes no room for a nonce that it refuses', () => {
    const store = createNonceStore(2)
    store.add('a', 60, at(0))
    store.add('a', 60, at(0))

    expect(store.add('b', 60, at(0))).toBe('new')
  })

  it.each([0, -1, Number.NaN])('refuses every nonce if its capacity is %d', capacity => {
    expect(createNonceStore(capacity).add('a', 60, at(0))).toBe('busy')
  })
})
