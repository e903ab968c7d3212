import { parentPort, threadId } from 'node:worker_threads'
import { run, setNotifier, signedUnpack, withTrace } from '@osprofiler/core'

// A request sends work to this thread. The message contains the trace as signed headers.
setNotifier(record => parentPort?.postMessage({ record }))

parentPort?.on('message', async ({ headers, number }) => {
  const compute = () => withTrace('compute', { number }, async () => number * 2)
  const trace = signedUnpack(headers['X-Trace-Info'], headers['X-Trace-HMAC'], process.env.OSPROFILER_HMAC_KEYS ?? '')
  const result = await (trace === undefined ? compute() : run(trace, compute))
  parentPort?.postMessage({ number, result, threadId })
})
