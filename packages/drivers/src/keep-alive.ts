import { clearTimeout, setTimeout } from '@osprofiler/core/toolkit'
/**
 * Keeps the process alive until something is done, for at most so many milliseconds: what waits for a store is not cut
 * off by the end of the process, and a store that hangs does not hold that up. Sockets themselves never keep it alive.
 */
export async function keepAlive<Result>(milliseconds: number, work: () => Promise<Result>): Promise<Result> {
  const timer = setTimeout(() => undefined, milliseconds)
  try {
    return await work()
  } finally {
    clearTimeout(timer)
  }
}
