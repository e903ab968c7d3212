import { startWorker } from '../../shared/start-worker.js'

/** Tests strings with a regular expression in a worker, which is terminated if the expression takes too long. */
export interface PatternSearch {
  /** Resolves to the indexes of the strings that match. */
  test(texts: readonly string[]): Promise<number[]>
  close(): void
}

const MAX_SEARCH_MS = 2000

const WORKER_SCRIPT = `onmessage = ({ data: { pattern, texts } }) => {
  const expression = new RegExp(pattern, 'im')
  const hits = []
  texts.forEach((text, index) => { if (expression.test(text)) hits.push(index) })
  postMessage(hits)
}`

/**
 * Creates a search for a user's regular expression. If the expression is invalid, throws an Error whose message can be
 * shown to the user.
 */
export function createPatternSearch(pattern: string): PatternSearch {
  checkPattern(pattern)
  const worker = startWorker(WORKER_SCRIPT)
  return {
    test: texts =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          worker.terminate()
          reject(new Error('This expression takes too long'))
        }, MAX_SEARCH_MS)
        worker.onmessage = ({ data }: MessageEvent<number[]>) => {
          clearTimeout(timer)
          resolve(data)
        }
        worker.onerror = () => {
          clearTimeout(timer)
          reject(new Error('This browser cannot search with a regular expression here'))
        }
        worker.postMessage({ pattern, texts })
      }),
    close: () => worker.terminate(),
  }
}

function checkPattern(pattern: string): void {
  try {
    new RegExp(pattern, 'im')
  } catch (cause) {
    throw new Error('This is not a valid regular expression', { cause })
  }
}
