/** The system calls that Node makes for an open connection. */
const SOCKET_SYSCALLS = ['read', 'write', 'writev', 'shutdown']

/** Returns whether an error is a system error, such as `ECONNRESET` or `EPIPE`, on an open connection. */
export function isNetworkError(error: unknown): boolean {
  const { syscall } = (error ?? {}) as { syscall?: unknown }
  return typeof syscall === 'string' && SOCKET_SYSCALLS.includes(syscall) && !isCanceled(error)
}

/**
 * Returns whether an error is `ECANCELED`. From Node 22 on, pending writes fail with this error if this side destroys
 * the socket.
 */
export function isCanceled(error: unknown): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === 'ECANCELED'
}
