import { handleRejection } from '../platform/handle-rejection.js'
import { isThenable } from '../platform/is-thenable.js'
import { warnOnce } from '../platform/warn-once.js'

const FAULTS = {
  async: 'returned a promise, whose answer would come too late',
  thrown: 'threw',
} as const

/**
 * Whether the option `ignore` wants a request, or a message, left out. A hook that fails, or that answers with a promise,
 * leaves out nothing: the caller has signed for a trace. Each of the two faults is one warning in a process.
 */
export function isIgnored<Source>(source: Source, ignore: ((source: Source) => unknown) | undefined): boolean {
  if (ignore === undefined) return false
  try {
    const answer = ignore(source)
    if (!isThenable(answer)) return answer === true
    // The rejection of the promise must not end the program.
    void handleRejection(answer)
    warn('async')
  } catch {
    warn('thrown')
  }
  return false
}

function warn(fault: keyof typeof FAULTS): void {
  warnOnce(
    'OSPROFILER_IGNORE',
    `The option "ignore" ${FAULTS[fault]}. What it was asked about is traced. It has to return true or false at once.`,
    `ignore ${fault}`,
  )
}
