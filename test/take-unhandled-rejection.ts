/** Resolves to the next unhandled rejection, and hides it from the test runner. */
export function takeUnhandledRejection(): Promise<unknown> {
  const listeners = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  return new Promise(resolve => {
    process.once('unhandledRejection', reason => {
      for (const listener of listeners) process.on('unhandledRejection', listener)
      resolve(reason)
    })
  })
}
