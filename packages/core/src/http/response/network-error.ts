/** The system calls that Node makes for an open connection. */
const SOCKET_SYSCALLS = ['read', 'write', 'writev', 'shutdown']

/** Returns whether the system reported an error, such as `ECONNRESET` or `EPIPE`, of a connection that was open. */
export function isNetworkError(error: unknown): boolean {
  const { syscall } = (error ?? {}) as { syscall?: unknown }
  return typeof syscall === 'string' && SOCKET_SYSCALLS.includes(syscall) && !isCanceled(error)
}

/** Returns whether an error means that this side destroyed the connection, as in waiting writes from Node 22 on. */
export function isCanceled(error: unknown): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === 'ECANCELED'
}
