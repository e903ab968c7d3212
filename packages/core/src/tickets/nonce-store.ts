import { Map, Math, Number, Set } from '../platform/platform.js'

/** The outcome of adding a nonce, the random value that makes a ticket single-use. */
export type NonceOutcome = 'new' | 'replayed' | 'busy'

/** Remembers the nonces of accepted tickets until the tickets can no longer be accepted. */
export interface NonceStore {
  /**
   * Adds a nonce whose ticket expires at `exp`. `isOver` returns whether a ticket with a given expiry time can no
   * longer be accepted.
   */
  add(nonce: string, exp: number, isOver: (exp: number) => boolean): NonceOutcome
}

/** The default maximum number of nonces in a store. */
export const MAX_NONCES = 65_536

/**
 * Creates a store for at most `capacity` nonces. A full store refuses new nonces, and so does a store whose capacity is
 * NaN. The store never forgets a nonce whose ticket could still be accepted.
 */
export function createNonceStore(capacity: number): NonceStore {
  const known = new Set<string>()
  // At any time, there are at most a few hundred different expiry times, so a sweep visits few entries.
  const noncesByExp = new Map<number, string[]>()
  let nextExp = Number.POSITIVE_INFINITY
  /**
   * The latest expiry time whose nonces were removed. Even if the clock is set back, tickets up to this expiry time
   * stay refused.
   */
  let sweptExp = Number.NEGATIVE_INFINITY

  function sweep(isOver: (exp: number) => boolean): void {
    if (!isOver(nextExp)) return
    nextExp = Number.POSITIVE_INFINITY
    for (const [exp, nonces] of noncesByExp) {
      if (isOver(exp)) {
        noncesByExp.delete(exp)
        for (const nonce of nonces) known.delete(nonce)
        sweptExp = Math.max(sweptExp, exp)
      } else {
        nextExp = Math.min(nextExp, exp)
      }
    }
  }

  return {
    add(nonce, exp, isOver) {
      sweep(isOver)
      if (exp <= sweptExp || known.has(nonce)) return 'replayed'
      if (!(known.size < capacity)) return 'busy'
      known.add(nonce)
      const nonces = noncesByExp.get(exp)
      if (nonces === undefined) noncesByExp.set(exp, [nonce])
      else nonces.push(nonce)
      nextExp = Math.min(nextExp, exp)
      return 'new'
    },
  }
}
