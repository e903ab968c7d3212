import { Worker } from 'node:worker_threads'
import { clearTimeout, Error, Map, Promise, setTimeout } from '../platform/platform.js'

/**
 * An entry of Node's `SourceMap`. Lines and columns count from 0. An empty object means that the map has no such
 * position.
 */
export interface MapEntry {
  readonly originalSource?: string
  readonly originalLine?: number
  readonly originalColumn?: number
}

/** A map that a worker has parsed. */
export interface WorkerMap {
  readonly sourceRoot: unknown
  findEntry(line: number, column: number): Promise<MapEntry>
}

interface Answer {
  readonly id: number
  readonly entry?: MapEntry
  readonly sourceRoot?: unknown
}

const MAX_HEAP_MB = 512
/** The maximum number of large maps. Further large maps are not used, because each needs a thread. */
const MAX_WORKERS = 4
let workerCount = 0
// The worker's program is a string, because a bundler would not copy a file for the worker.
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads')
const { SourceMap } = require('node:module')
const payload = JSON.parse(workerData)
const map = new SourceMap(payload)
parentPort.on('message', ({ id, line, column }) => parentPort.postMessage({ id, entry: map.findEntry(line, column) }))
parentPort.postMessage({ id: 0, sourceRoot: payload.sourceRoot })
`

/**
 * Parses the text of a source map in a worker, which keeps the map. Rejects if no worker can be started, if the map is
 * broken, or after `timeoutMs`. If a question gets no answer for `timeoutMs`, the worker is ended. The worker keeps the
 * process alive only while a caller waits for its answer.
 */
export function parseInWorker(text: string, timeoutMs: number): Promise<WorkerMap> {
  if (workerCount >= MAX_WORKERS) return Promise.reject(new Error('There are too many large source maps'))
  return new Promise((resolve, reject) => {
    const worker = new Worker(PROGRAM, {
      eval: true,
      workerData: text,
      // The worker does not get the application's command-line options and environment variables, because they could
      // load the application's modules into the worker.
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    })
    workerCount++
    const questions = new Map<number, (entry: MapEntry) => void>()
    let lastId = 0
    let hasEnded = false
    let timer: NodeJS.Timeout | undefined

    function findEntry(line: number, column: number): Promise<MapEntry> {
      return new Promise(onEntry => {
        if (hasEnded) return onEntry({})
        questions.set(++lastId, onEntry)
        expectAnswer()
        worker.postMessage({ id: lastId, line, column })
      })
    }

    function expectAnswer(): void {
      worker.ref()
      timer ??= setTimeout(() => void worker.terminate(), timeoutMs).unref()
    }

    function rest(): void {
      clearTimeout(timer)
      timer = undefined
      worker.unref()
    }

    function end(): void {
      hasEnded = true
      clearTimeout(timer)
      reject(new Error('The worker has ended'))
      for (const onEntry of questions.values()) onEntry({})
      questions.clear()
    }

    expectAnswer()
    worker.on('message', ({ id, entry = {}, sourceRoot }: Answer) => {
      if (id === 0) resolve({ sourceRoot, findEntry })
      questions.get(id)?.(entry)
      questions.delete(id)
      if (questions.size === 0) rest()
      // Each answer shows that the worker is not stuck, so the time for the next answer starts now.
      else timer?.refresh()
    })
    worker.on('error', end)
    worker.on('exit', () => {
      workerCount--
      end()
    })
  })
}
