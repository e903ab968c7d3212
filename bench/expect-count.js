/**
 * Creates the check that ends each measurement. `expect(count)` delivers the waiting items, and throws unless exactly
 * `count` items have arrived since the last call. So the run fails if a queue drops items or a contender traces
 * nothing.
 */
export function createExpect(what, flush, readArrived) {
  let before = 0
  return async function expect(count) {
    await flush()
    const arrived = readArrived() - before
    before = readArrived()
    if (arrived !== count) throw new Error(`${arrived} ${what} arrived instead of ${count}`)
  }
}
