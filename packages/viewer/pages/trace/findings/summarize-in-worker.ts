import { parseJson } from '@osprofiler/core/json'
import { buildReport, correctSkew, type Finding, summarize } from '@osprofiler/report'
import { startWorker } from '../../shared/start-worker.js'

/** The application's script. The worker runs the same script, which detects the worker by the missing `document`. */
const ownScript = typeof document === 'undefined' ? undefined : document.currentScript?.textContent

interface SummaryRequest {
  readonly json: string
  /** Maximum number of characters that a sentence quotes. */
  readonly longestQuote: number
  readonly asRecorded: boolean
}

/** Runs in the worker: receives records, and answers with their findings. */
export function listenForSummaryRequests(): void {
  addEventListener('message', ({ data: { json, asRecorded, longestQuote } }: MessageEvent<SummaryRequest>) => {
    const report = buildReport(parseJson(json) as Parameters<typeof buildReport>[0])
    postMessage(summarize(asRecorded ? report : correctSkew(report), { longestQuote }))
  })
}

/**
 * Computes the findings in a worker, because this takes a second for 100,000 points. Rejects if the browser refuses
 * workers.
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
