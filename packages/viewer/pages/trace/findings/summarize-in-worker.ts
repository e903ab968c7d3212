import { parseJson } from '@osprofiler/core/json'
import { buildReport, correctSkew, type Finding, summarize } from '@osprofiler/report'
import { startWorker } from '../../shared/start-worker.js'

/** The application's own script: the worker runs it too, and finds that it has no document. */
const ownScript = typeof document === 'undefined' ? undefined : document.currentScript?.textContent

/** The JSON of records, and whether the page shows their times as they were recorded. */
interface Question {
  readonly json: string
  /** Of a statement in a sentence, in characters. */
  readonly longestQuote: number
  readonly asRecorded: boolean
}

/** In the worker: answers records with what stands out in them. */
export function answerFindings(): void {
  addEventListener('message', ({ data: { json, asRecorded, longestQuote } }: MessageEvent<Question>) => {
    const report = buildReport(parseJson(json) as Parameters<typeof buildReport>[0])
    postMessage(summarize(asRecorded ? report : correctSkew(report), { longestQuote }))
  })
}

/**
 * Looks for what stands out beside the page, which stays awake: in a hundred thousand points that takes a second.
 *
 * @throws Error where workers are refused
 */
export function summarizeInWorker(question: Question, signal: AbortSignal): Promise<readonly Finding[]> {
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
    worker.postMessage(question)
  })
}
