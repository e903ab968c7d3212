import { keepCodeMember } from '../call-sites/code-member.js'
import { getRecordSettings } from '../options/configuration.js'
import { handleRejection } from '../platform/handle-rejection.js'
import { isThenable } from '../platform/is-thenable.js'
import { TypeError } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import { warnOnce } from '../platform/warn-once.js'
import type { TraceRecord } from '../record/trace-record.js'
import { describeException } from './describe-exception.js'
import { recordableAgain } from './recordable.js'
import { markRoot } from './root-record.js'

/** A function that receives records. Its errors and rejections never reach the application. */
export type Notifier = (record: TraceRecord) => unknown

const state = shared<{ notifier: Notifier | undefined }>('notifier', () => ({ notifier: undefined }))

/** Sets the function that receives every record of this process. `undefined` removes the function. */
export function setNotifier(notifier: Notifier | undefined): void {
  if (notifier !== undefined && typeof notifier !== 'function') {
    throw new TypeError(`A notifier must be a function, not ${typeof notifier}. See createNotifier(driver).`)
  }
  state.notifier = notifier
}

/** Returns the function that receives every record of this process. */
export function getNotifier(): Notifier | undefined {
  return state.notifier
}

/**
 * Sends a record to the notifier. `isRoot`: whether the trace began in this process with this point. Never throws.
 * Returns false if the option `redact` hides the record, or if there is no notifier.
 */
export function notify(record: TraceRecord, isRoot = false): boolean {
  const { notifier } = state
  if (notifier === undefined) {
    warnOfMissingNotifier()
    return false
  }
  const shown = applyRedactHook(record)
  if (shown === undefined) return false
  if (isRoot) markRoot(shown)
  try {
    const result = notifier(shown)
    if (isThenable(result)) handleRejection(result, warnOfFailedNotifier)
  } catch (error) {
    warnOfFailedNotifier(error)
  }
  return true
}

function applyRedactHook(record: TraceRecord): TraceRecord | undefined {
  const hook = getRecordSettings().redact
  if (hook === undefined) return record
  // If the hook `redact` fails, we cannot know what it would have hidden, so only the timing is sent. This record is
  // created before the hook runs, because the hook may change the original.
  const { code } = record.info
  const withheld = { ...record, info: { host: record.info.host, redact_failed: true } }
  try {
    const shown: unknown = hook(record)
    if (shown === undefined) return undefined
    // The copy limits the size of the info that the hook returned, and the application cannot change the copy later.
    if (isRecord(shown)) {
      const info = recordableAgain(shown.info)
      keepCodeMember(info, code)
      return { ...shown, info }
    }
    if (isThenable(shown)) handleRejection(shown)
    return withheld
  } catch {
    return withheld
  }
}

function isRecord(value: unknown): value is TraceRecord {
  if (typeof value !== 'object' || value === null) return false
  const { name, info } = value as Partial<TraceRecord>
  return typeof name === 'string' && typeof info === 'object' && info !== null
}

function warnOfMissingNotifier(): void {
  warnOnce(
    'OSPROFILER_NO_NOTIFIER',
    'A request is traced, but its records go nowhere. Call setup() of @osprofiler/node, or setNotifier().',
  )
}

function warnOfFailedNotifier(error: unknown): void {
  warnOnce(
    'OSPROFILER_NOTIFIER_FAILED',
    `The notifier failed (${describeException(error).etype}), and its records are lost. Further failures are not reported.`,
  )
}
