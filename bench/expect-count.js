/**
 * Creates the check at the end of each measurement. `expect(count)` delivers the waiting items, and throws unless
 * exactly `count` more have arrived since the last call. A queue that drops, or a contender that traces nothing, ends
 * the run.
 */
export function createExpect(what, flush, readArrived) {
  let before = 0
  return async function expect(count) {
    await flush()
    const arrived = readArrived() - before
    before = readArrived()
    if (arrived !== count) throw new Error(`${arrived} ${what} arrived in place of ${count}`)
  }
}
