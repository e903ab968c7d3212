import { parentPort, workerData } from 'node:worker_threads'

/** What the thread is given: the source of a regular expression, and texts to look through. */
export interface FilterTask {
  readonly source: string
  readonly texts: readonly string[]
}

// The thread in which a user's regular expression runs: it can be stopped from outside, and nothing else could.

const { source, texts } = workerData as FilterTask
const pattern = new RegExp(source, 'imu')
parentPort?.postMessage(texts.map(text => pattern.test(text)))
