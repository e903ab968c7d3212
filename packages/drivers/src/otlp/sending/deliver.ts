import { OsprofilerError } from '@osprofiler/core'
import { Math } from '@osprofiler/core/toolkit'
import type { OtlpPoint } from '../points/open-points.js'
import type { ReadySpan } from '../points/readable-span.js'
import type { OtlpSettings } from '../settings/settings.js'
import { isTooLarge } from './answer.js'
import type { OtlpSender } from './sender.js'
import { requestBytes, splitIntoRequests } from './split-requests.js'

/**
 * What became of a point: the collector took it, or rejected it without saying why, or refused it or did not answer, as
 * the error says.
 */
export type Fate = 'sent' | 'rejected' | OsprofilerError

/** A proxy before a collector takes 1 MiB by default, and a collector itself 20 MiB. */
const MAX_BYTES = 1_000_000
const MIN_BYTES = 10_000

/**
 * Makes a function that sends points and tells what became of each.
 *
 * A request that the collector refuses is sent again in halves, until the point that it refuses stands alone.
 *
 * @throws OsprofilerError `ERR_STORE`: the points of which nothing was told may be tried again
 */
export function createDeliver(
  sender: OtlpSender,
  protocol: OtlpSettings['protocol'],
  toSpans: (points: readonly OtlpPoint[]) => ReadySpan[],
): (points: readonly OtlpPoint[], tell: (point: OtlpPoint, fate: Fate) => void) => Promise<void> {
  let maxBytes = MAX_BYTES

  /** The same spans in several requests, of which one may be taken. */
  function divide(request: readonly ReadySpan[], error: OsprofilerError): ReadySpan[][] {
    const middle = Math.ceil(request.length / 2)
    if (!isTooLarge(error)) return [request.slice(0, middle), request.slice(middle)]
    // Later requests are to fit at once.
    maxBytes = Math.max(MIN_BYTES, Math.floor(Math.min(maxBytes, requestBytes(request, protocol)) / 2))
    const smaller = splitIntoRequests(request, protocol, maxBytes)
    return smaller.length > 1 ? smaller : [request.slice(0, middle), request.slice(middle)]
  }

  return async (points, tell) => {
    const waiting = splitIntoRequests(toSpans(points), protocol, maxBytes)
    let isConfirmed = false
    for (let request = waiting.shift(); request !== undefined; request = waiting.shift()) {
      try {
        const rejected = await sender.send(request.map(({ span }) => span))
        // Which of the spans these were, no collector tells.
        const taken = request.length - rejected
        for (const [index, { point }] of request.entries()) tell(point, index < taken ? 'sent' : 'rejected')
      } catch (error) {
        if (!(error instanceof OsprofilerError) || error.code === 'ERR_STORE') throw error
        if (error.code === 'ERR_WRITE_REFUSED' && !isConfirmed && !isTooLarge(error)) {
          await sender.confirm()
          isConfirmed = true
          // The collector may have begun to take requests just now.
          waiting.unshift(request)
          continue
        }
        if (error.code === 'ERR_WRITE_REFUSED' && request.length > 1) waiting.unshift(...divide(request, error))
        else for (const { point } of request) tell(point, error)
      }
    }
  }
}
