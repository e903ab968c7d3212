import { Math, shared, WeakMap } from '@osprofiler/core/toolkit'

/**
 * The number of each pool, stored for the pool and for each of its connections. Shared by all copies of this package.
 */
const numbers = shared('instruments.pools', () => new WeakMap<object, number>())

/**
 * Returns a number that identifies a pool in records. The number is random, because several processes of a service may
 * write to one trace.
 */
export function numberOfPool(pool: object): number {
  let number = numbers.get(pool)
  if (number === undefined) {
    number = Math.floor(Math.random() * 2 ** 32)
    numbers.set(pool, number)
  }
  return number
}

/** Notes the pool of a connection, so that queries on this connection can record it. */
export function notePool(connection: unknown, pool: object): void {
  if (typeof connection === 'object' && connection !== null) numbers.set(connection, numberOfPool(pool))
}

/** Returns the number of a connection's pool, or `undefined` if the connection is not known to belong to a pool. */
export function numberOfPoolOf(connection: unknown): number | undefined {
  return numbers.get(connection as object)
}
