import type { CallSite } from '@osprofiler/core/record'
import type { Cause } from '../tree/account.js'
import { formatSite } from '../words/call-sites.js'
import { formatCounted } from '../words/format-duration.js'

const WAIT_WORDS: ReadonlyMap<string, string> = new Map([
  ['network', 'the network'],
  ['request body', 'the body of the request'],
  ['timer', 'a timer'],
  ['child process', 'a child process'],
  ['worker', 'a worker thread'],
  ['promise', 'a promise that other work settles'],
  ['end of response', 'the end of the response'],
  ['unknown', 'something that the recorder does not know'],
])

/** A cause as parts of a sentence, such as `is` and `CPU in sumPrices (src/orders.ts:38)`. Not escaped. */
export interface CauseWords {
  /** `is` for work, and `waited` for a wait. */
  readonly verb: 'is' | 'waited'
  readonly words: string
}

/** Describes a cause. Names only code that the account names. `service` is a phrase such as ` in orders`, or empty. */
export function describeCause(cause: Cause, service = ''): CauseWords {
  const { kind, what, by, place, hotLine } = cause
  const asker = describeAsker(cause)
  switch (kind) {
    case 'cpu':
      return { verb: 'is', words: `CPU${locate(hotLine ?? place, ' in ')}${describeLibrary(cause)}${service}` }
    case 'sync':
      return { verb: 'is', words: `synchronous ${what ?? 'I/O'}${locate(place, ', called by ')}${service}` }
    case 'gc':
      return { verb: 'is', words: `garbage collection${locate(place, ', mostly in ')}${service}` }
    case 'short':
      return {
        verb: 'is',
        words: `${formatCounted(cause.times, 'short section')} of code${locate(place, ', resumed in ')}${service}`,
      }
    case 'native':
      return { verb: 'is', words: `native code${service}` }
    case 'osprofiler':
      return { verb: 'is', words: `the work of OSProfiler${service}` }
    case 'unknown':
      return { verb: 'is', words: `time that the account does not explain${service}` }
    case 'wait':
      return { verb: 'waited', words: `for ${nameWait(what)}${asker}${service}` }
    case 'pool': {
      const busy = by === undefined ? '' : `, all busy with ${by}`
      return { verb: 'waited', words: `for a thread of the pool${busy}${asker}${service}` }
    }
    case 'held':
      return { verb: 'waited', words: `while others held the event loop${service}${describeHolder(cause)}` }
    case 'either':
      return {
        verb: 'waited',
        words: `for ${nameWait(what)}${asker}, or for the event loop${service}, which others held${describeHolder(cause)}`,
      }
  }
}

/** Describes a cause in a phrase, such as `waited for a timer, asked for by politeRetry (src/orders.ts:67)`. */
export function toPhrase(cause: Cause): string {
  const { verb, words } = describeCause(cause)
  return verb === 'is' ? words : `${verb} ${words}`
}

function nameWait(what = 'unknown'): string {
  return WAIT_WORDS.get(what) ?? what
}

/**
 * Names the code that started a wait. For a promise, only the line is named, because the function that created the
 * promise did not start the work that settles it.
 */
function describeAsker({ kind, what, place }: Cause): string {
  if (place === undefined) return ''
  return kind === 'wait' && what === 'promise'
    ? `, asked for at ${formatSite(place)}`
    : locate(place, ', asked for by ')
}

function describeHolder({ by, byPlace }: Cause): string {
  if (byPlace !== undefined) return locate(byPlace, ': ')
  return by === undefined ? '' : `: ${by}`
}

function describeLibrary({ via }: Cause): string {
  return via === undefined ? '' : ` via ${via}`
}

function locate(place: CallSite | undefined, lead: string): string {
  if (place === undefined) return ''
  return `${lead}${place.function === undefined ? formatSite(place) : `${place.function} (${formatSite(place)})`}`
}
