import { startWorker } from '../../shared/start-worker.js'

/** Tests texts with a regular expression in a worker: a pattern that runs away is stopped with its worker. */
export interface PatternSearch {
  /** Which of the texts match. */
  test(texts: readonly string[]): Promise<number[]>
  close(): void
}

const MAX_MS = 2000

const WORKER = `onmessage = ({ data: { pattern, texts } }) => {
  const expression = new RegExp(pattern, 'im')
  const hits = []
  texts.forEach((text, index) => { if (expression.test(text)) hits.push(index) })
  postMessage(hits)
}`

/** @throws Error in words for the user when the pattern cannot be read */
export function createPatternSearch(pattern: string): PatternSearch {
  checkPattern(pattern)
  const worker = startWorker(WORKER)
  return {
    test: texts =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          worker.terminate()
          reject(new Error('Stopped: this expression takes too long'))
        }, MAX_MS)
        worker.onmessage = ({ data }: MessageEvent<number[]>) => {
          clearTimeout(timer)
          resolve(data)
        }
        worker.onerror = () => {
          clearTimeout(timer)
          reject(new Error('This browser cannot search by expression here'))
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
    throw new Error('This is no regular expression', { cause })
  }
}
