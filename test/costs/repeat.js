/** Calls `fn` with 0, 1, 2, ... so many times. */
export function callOften(fn) {
  return count => {
    for (let i = 0; i < count; i++) fn(i)
  }
}

/** As `callOften`, waiting for each promise before the next call. */
export function awaitOften(fn) {
  return async count => {
    for (let i = 0; i < count; i++) await fn(i)
  }
}
