import { parentPort, workerData } from 'node:worker_threads'

/** The thread's input: the source of the user's regular expression, and the texts to test. */
export interface FilterTask {
  readonly source: string
  readonly texts: readonly string[]
}

// A user's regular expression runs in this thread, because only a thread can be stopped from outside.

const { source, texts } = workerData as FilterTask
const pattern = new RegExp(source, 'imu')
parentPort?.postMessage(texts.map(text => pattern.test(text)))
