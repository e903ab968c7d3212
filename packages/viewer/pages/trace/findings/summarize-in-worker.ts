import { parseJson } from '@osprofiler/core/json'
import { buildReport, correctSkew, type Finding, summarize } from '@osprofiler/report'
import { startWorker } from '../../shared/start-worker.js'

/** The application's own script. The worker runs the same script, and notices that there is no document. */
const ownScript = typeof document === 'undefined' ? undefined : document.currentScript?.textContent

interface SummaryRequest {
  readonly json: string
  /** The longest quoted part of a statement, in characters. */
  readonly longestQuote: number
  readonly asRecorded: boolean
}

/** Answers records with their findings, inside the worker. */
export function listenForSummaryRequests(): void {
  addEventListener('message', ({ data: { json, asRecorded, longestQuote } }: MessageEvent<SummaryRequest>) => {
    const report = buildReport(parseJson(json) as Parameters<typeof buildReport>[0])
    postMessage(summarize(asRecorded ? report : correctSkew(report), { longestQuote }))
  })
}

/**
 * Looks for findings in a worker, because the search takes a second for 100,000 points. Rejects if workers are refused.
 */
export function summarizeInWorker(request: SummaryRequest, signal: AbortSignal): Promise<readonly Finding[]> {
  return new Promise((resolve, reject) => {
    const worker = startWorker(ownScript ?? '')
    const end = (): void => worker.terminate()
    signal.addEventListener('abort', end)
    worker.onmessage = ({ data }: MessageEvent<readonly Finding[]>) => {
      end()
      resolve(data)
    }
    worker.onerror = () => {
      end()
      reject(new Error('No worker'))
    }
    worker.postMessage(request)
  })
}
