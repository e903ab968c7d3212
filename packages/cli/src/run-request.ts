import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { OsprofilerError } from '@osprofiler/core'
import { buildReport, escapeControl } from '@osprofiler/report'
import type { RunOptions } from './commands/run-options.js'
import { type DescribedRequest, describeRequest } from './describe-request.js'
import { explainMissing } from './explain-missing.js'
import { type Store, withStore } from './open-store.js'
import { readSigningKey } from './read-keys.js'
import { type SentRequest, sendRequest } from './send-request.js'
import { showReport } from './show-report.js'
import { waitForTrace } from './wait-for-trace.js'

/** Half of what a service takes by default, so that it does not refuse a trace for coming too soon. */
const SHORTEST_ROUND_MS = 20

/**
 * Signs a request as the caller, sends it, waits for its trace and shows it; of several, that of the slowest.
 *
 * @returns whether the trace came complete
 * @throws OsprofilerError where nothing could be sent
 */
export async function runRequest(target: string, options: RunOptions): Promise<boolean> {
  const request = describeRequest(target, options)
  const key = readSigningKey(options)
  return await withStore(options, async store => {
    const sent = await sendSlowest(request, key, options)
    return await showAwaited(sent, store, options)
  })
}

async function sendSlowest(request: DescribedRequest, key: string, options: RunOptions): Promise<SentRequest> {
  const { times, timeout } = options
  let slowest: SentRequest | undefined
  for (let round = 1; round <= times; round++) {
    const sent = await sendRequest(request, key, timeout * 1_000)
    if (!sent.delivered) {
      throw new OsprofilerError('ERR_CONFIGURATION', `Cannot send a request to ${request.url.origin}: ${sent.failure}.`)
    }
    tell(`${times > 1 ? `${String(round).padStart(String(times).length)}  ` : ''}${describeSent(request, sent)}`)
    if (slowest === undefined || sent.durationMs > slowest.durationMs) slowest = sent
    if (round < times) await delay(Math.max(0, SHORTEST_ROUND_MS - sent.durationMs))
  }
  if (slowest === undefined) throw new TypeError('times is 1 or more')
  if (times > 1) tell(`The slowest took ${formatMs(slowest.durationMs)}: trace ${slowest.baseId}`)
  return slowest
}

async function showAwaited(sent: SentRequest, store: Store, options: RunOptions): Promise<boolean> {
  const { timeout, idleTimeout = 1 } = options
  const deadline = performance.now() - sent.durationMs + timeout * 1_000
  const { records, missing } = await waitForTrace(store.driver, sent.baseId, {
    idleMs: idleTimeout * 1_000,
    deadline,
    onPatience: () => tell(`No record of it has come yet; waiting for up to ${timeout} s.`),
  })
  if (records.length === 0) {
    tell(explainMissing(sent, store.shownAs, timeout).trimEnd())
    return false
  }
  tell('')
  await showReport(buildReport(records), options)
  if (missing !== undefined) tell(`The trace is incomplete after ${timeout} s: ${missing}.`)
  return missing === undefined && sent.failure === undefined
}

function describeSent({ method, url }: DescribedRequest, sent: SentRequest): string {
  const { status, failure, durationMs, notFollowed } = sent
  const outcome = [status, failure].filter(part => part !== undefined).join(', ')
  // Not the query, in which there may be a secret.
  const line = `${method} ${url.origin}${url.pathname}  ${outcome}  ${formatMs(durationMs)}`
  if (notFollowed === undefined) return line
  if (notFollowed.origin === url.origin) return `${line}\nIt redirects in circles.`
  return `${line}\nThe redirect to ${notFollowed.origin} is not followed: the signed headers are not for others.`
}

function formatMs(ms: number): string {
  return ms < 1_000 ? `${ms.toFixed(1)} ms` : `${(ms / 1_000).toFixed(2)} s`
}

/** Everything but the trace itself, so that this alone goes into a pipe. */
function tell(text: string): void {
  for (const line of text.split('\n')) process.stderr.write(`${escapeControl(line)}\n`)
}
