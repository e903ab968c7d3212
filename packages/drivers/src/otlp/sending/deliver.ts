import { OsprofilerError } from '@osprofiler/core'
import { Math } from '@osprofiler/core/toolkit'
import type { OtlpPoint } from '../points/open-points.js'
import type { ReadySpan } from '../points/readable-span.js'
import type { OtlpSettings } from '../settings/settings.js'
import { isTooLarge } from './answer.js'
import type { OtlpSender } from './sender.js'
import { estimateRequestBytes, splitIntoRequests } from './split-requests.js'

/**
 * The outcome for a point: `sent` if the collector accepted it, `rejected` if the collector rejected it without a
 * reason, or the error of a refused or unanswered request.
 */
export type Fate = 'sent' | 'rejected' | OsprofilerError

/** Maximum size of a request. By default, a proxy accepts up to 1 MiB, and a collector accepts up to 20 MiB. */
const MAX_REQUEST_BYTES = 1_000_000
const MIN_REQUEST_BYTES = 10_000

/**
 * Returns a function that sends points and reports the outcome for each point. A refused request is halved until the
 * refused point is the only point in its request.
 *
 * @throws OsprofilerError `ERR_STORE`: points without a reported outcome may be sent again
 */
export function createPointSender(
  sender: OtlpSender,
  protocol: OtlpSettings['protocol'],
  toSpans: (points: readonly OtlpPoint[]) => ReadySpan[],
): (points: readonly OtlpPoint[], onFate: (point: OtlpPoint, fate: Fate) => void) => Promise<void> {
  let maxBytes = MAX_REQUEST_BYTES

  /** Splits a refused request, because the collector may accept some of its spans. */
  function splitRefused(request: readonly ReadySpan[], error: OsprofilerError): ReadySpan[][] {
    const middle = Math.ceil(request.length / 2)
    if (!isTooLarge(error)) return [request.slice(0, middle), request.slice(middle)]
    // From now on, requests are split into parts of at most this size before they are sent.
    maxBytes = Math.max(MIN_REQUEST_BYTES, Math.floor(Math.min(maxBytes, estimateRequestBytes(request, protocol)) / 2))
    const smaller = splitIntoRequests(request, protocol, maxBytes)
    return smaller.length > 1 ? smaller : [request.slice(0, middle), request.slice(middle)]
  }

  return async (points, onFate) => {
    const waiting = splitIntoRequests(toSpans(points), protocol, maxBytes)
    let isConfirmed = false
    for (let request = waiting.shift(); request !== undefined; request = waiting.shift()) {
      try {
        const rejected = await sender.send(request.map(({ span }) => span))
        // A collector reports only how many spans it rejected, not which spans. The last spans of the request count as
        // rejected.
        const taken = request.length - rejected
        for (const [index, { point }] of request.entries()) onFate(point, index < taken ? 'sent' : 'rejected')
      } catch (error) {
        if (!(error instanceof OsprofilerError) || error.code === 'ERR_STORE') throw error
        if (error.code === 'ERR_WRITE_REFUSED' && !isConfirmed && !isTooLarge(error)) {
          await sender.confirm()
          isConfirmed = true
          // The check has shown that the collector accepts requests now, so the same request is tried again.
          waiting.unshift(request)
          continue
        }
        if (error.code === 'ERR_WRITE_REFUSED' && request.length > 1) waiting.unshift(...splitRefused(request, error))
        else for (const { point } of request) onFate(point, error)
      }
    }
  }
}
