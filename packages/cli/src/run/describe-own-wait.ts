import { formatDuration, type Report } from '@osprofiler/report'
import { readAccounts } from '@osprofiler/report/toolkit'
import type { SentRequest } from '../request/send-request.js'

/** Shorter times and smaller shares are noise, such as a slow start of this command. */
const MIN_MS = 50
const MIN_SHARE = 0.2

/**
 * Describes how much of the command's wait for the answer is not in any service's records, if this time is long. The
 * time that a service needs to start the profiler for `--why` does not count, because the command itself caused this
 * time.
 */
export function describeOwnWait({ durationMs, failure }: SentRequest, report: Report): string[] {
  const { baseId, roots } = report
  const served = roots.filter(({ parentId }) => parentId === baseId)
  const recordedMs = served.reduce((sum, { durationUs = Number.NaN }) => sum + durationUs / 1_000, 0)
  const ids = new Set(served.map(({ traceId }) => traceId))
  const ownAccounts = readAccounts(report).accounts.filter(({ servedId }) => ids.has(servedId))
  const startMs = ownAccounts.reduce((sum, { startCostUs }) => sum + startCostUs / 1_000, 0)
  const outsideMs = durationMs - recordedMs - startMs
  // If a duration is unknown, `outsideMs` is `NaN`, so `isMuch` is false.
  const isMuch = outsideMs >= MIN_MS && outsideMs >= MIN_SHARE * durationMs
  if (failure !== undefined || served.length === 0 || !isMuch) return []
  const [waited, recorded, outside] = [durationMs, recordedMs, outsideMs].map(ms => formatDuration(1_000 * ms))
  return [
    `The command waited ${waited} for the answer, and the trace has ${recorded}: ${outside} are outside the services' records. Perhaps the request waited in the network, in a proxy, or in the service before its middleware ran (a busy event loop).`,
  ]
}

/** Describes how long opening the connection took, if this time is long. */
export function describeConnecting({ connectTimes }: SentRequest): string[] {
  if (connectTimes === undefined) return []
  const { dns = 0, tcp, tls = 0 } = connectTimes
  const total = dns + tcp + tls
  if (total < MIN_MS) return []
  const parts = Object.entries({ DNS: dns, TCP: tcp, TLS: tls }).filter(([, ms]) => ms > 0)
  const shown = parts.map(([name, ms]) => `${name} ${formatDuration(1_000 * ms)}`).join(', ')
  return [`Before that, opening the connection took ${formatDuration(1_000 * total)}: ${shown}.`]
}
