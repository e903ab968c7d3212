import { handleRejection } from '../platform/handle-rejection.js'
import { isThenable } from '../platform/is-thenable.js'
import { emitWarning, Set } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'

const FAULTS = {
  async: 'returned a promise, whose answer would come too late',
  thrown: 'threw',
} as const

const told = shared('ignore-hook', () => new Set<keyof typeof FAULTS>())

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
  if (told.has(fault)) return
  told.add(fault)
  emitWarning(
    `The option "ignore" ${FAULTS[fault]}. What it was asked about is traced. It has to return true or false at once.`,
    { code: 'OSPROFILER_IGNORE' },
  )
}
