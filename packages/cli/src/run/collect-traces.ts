import { performance } from 'node:perf_hooks'
import type { Driver } from '@osprofiler/core'
import { formatCount } from '@osprofiler/report'
import { showProgress } from '../output/progress.js'
import { computeGraceDeadline } from '../request/explain-untraced.js'
import { countTracedRequests, type SentRequest } from '../request/send-request.js'
import { readRecords } from '../store/read-trace.js'
import { type AwaitedTrace, findMissing, isWhole, waitForTrace } from '../store/wait-for-trace.js'

type CollectedRequest = Pick<SentRequest, 'baseId' | 'untracedReason' | 'answers' | 'failure'>

/**
 * Reads the traces of requests that were sent one after another. First waits until the last trace is complete. By then,
 * the earlier traces have had more time than the last one. So the function waits for an earlier trace only if a part of
 * it is missing.
 */
export async function collectTraces(
  driver: Driver,
  requests: readonly CollectedRequest[],
  { idleMs, timeoutMs }: { readonly idleMs: number; readonly timeoutMs: number },
): Promise<AwaitedTrace[]> {
  const wait = (request: CollectedRequest): Promise<AwaitedTrace> =>
    waitForTrace(driver, request.baseId, {
      ...{ idleMs, requests: countTracedRequests(request), deadline: performance.now() + timeoutMs },
      emptyDeadline: computeGraceDeadline(request.untracedReason),
      onLongWait: () => undefined,
      onRead: count => showProgress(`Waiting for the traces, ${formatCount(count)} records of one so far`),
    })
  const last = requests.at(-1)
  if (last === undefined) return []
  const newest = await wait(last)
  const traces: AwaitedTrace[] = []
  for (const [index, request] of requests.slice(0, -1).entries()) {
    showProgress(`Reading trace ${index + 1} of ${requests.length}`)
    const records = await readRecords(driver, request.baseId)
    const found = findMissing(records, request.baseId)
    const isSettled = newest.isWhole
      ? found.missing === undefined && isWhole(records, countTracedRequests(request))
      : found.missing === undefined || found.isLost
    traces.push(isSettled ? { records, ...found, isWhole: newest.isWhole } : await wait(request))
  }
  return [...traces, newest]
}
