import { parentPort, workerData } from 'node:worker_threads'

/** The thread's input: the source of the user's regular expression, and the texts to test. */
export interface FilterTask {
  readonly source: string
  readonly texts: readonly string[]
}

// The user's regular expression runs in its own thread, because only ending its thread can stop a slow match.

const { source, texts } = workerData as FilterTask
const pattern = new RegExp(source, 'imu')
parentPort?.postMessage(texts.map(text => pattern.test(text)))
