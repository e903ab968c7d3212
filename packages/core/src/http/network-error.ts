/** What Node asks of the system for a connection that is open. */
const OWN_CALLS = ['read', 'write', 'writev', 'shutdown']

/** Whether the system reported an error of the connection: `ECONNRESET`, `EPIPE` and their like, but not that of a connect. */
export function isNetworkError(error: unknown): boolean {
  const { syscall } = (error ?? {}) as { syscall?: unknown }
  return typeof syscall === 'string' && OWN_CALLS.includes(syscall) && !isCanceled(error)
}

/** Whether an error tells only that this side has destroyed the connection, as that of a waiting write does from Node 22 on. */
export function isCanceled(error: unknown): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === 'ECANCELED'
}
