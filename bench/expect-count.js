/**
 * Makes the check at the end of each measurement: `expect(count)` delivers what still waits, and fails unless exactly
 * `count` more arrived since the last call. A queue that drops, or a contender that traces nothing, ends the run.
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
