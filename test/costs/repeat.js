/** Returns a function that calls `fn` `count` times, with 0, 1, 2, ... */
export function callOften(fn) {
  return count => {
    for (let i = 0; i < count; i++) fn(i)
  }
}

/** Like `callOften`, but awaits each promise before the next call. */
export function awaitOften(fn) {
  return async count => {
    for (let i = 0; i < count; i++) await fn(i)
  }
}
