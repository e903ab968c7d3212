import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { parentPort, threadId } from 'node:worker_threads'
import { setNotifier, withTrace } from '@osprofiler/core'
import { osprofilerMiddleware } from '@osprofiler/express'

// This application runs in a worker thread, so it has its own profiler, and sets its own notifier.
setNotifier(record => parentPort?.postMessage({ record }))

const middleware = osprofilerMiddleware()
const server = createServer((req, res) => {
  middleware(req, res, async () => {
    await withTrace('work', () => pause(2))
    res.end(String(threadId))
  })
})
server.listen(0, '127.0.0.1', () => parentPort?.postMessage({ port: server.address().port }))
