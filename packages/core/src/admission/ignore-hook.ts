import { handleRejection } from '../platform/handle-rejection.js'
import { isThenable } from '../platform/is-thenable.js'
import { warnOnce } from '../platform/warn-once.js'

const FAULTS = {
  async: 'returned a promise',
  thrown: 'threw an error',
} as const

/**
 * Returns whether the `ignore` option excludes a request or message from tracing. Warns once if the `ignore` function
 * throws, and once if it returns a promise.
 */
export function isIgnored<Source>(source: Source, ignore: ((source: Source) => unknown) | undefined): boolean {
  if (ignore === undefined) return false
  try {
    const answer = ignore(source)
    if (!isThenable(answer)) return answer === true
    void handleRejection(answer)
    warn('async')
  } catch {
    warn('thrown')
  }
  // If the `ignore` function throws or returns a promise, the request is traced, because its caller asked for a trace
  // by signing the request.
  return false
}

function warn(fault: keyof typeof FAULTS): void {
  warnOnce(
    'OSPROFILER_IGNORE',
    `The "ignore" function ${FAULTS[fault]}, so the request or message is traced. It must return true or false synchronously.`,
    `ignore ${fault}`,
  )
}
