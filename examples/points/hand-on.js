import { once } from 'node:events'
import { createServer } from 'node:http'
import * as profiler from '@osprofiler/core'
import { osprofilerMiddleware } from '@osprofiler/express'

const names = []
profiler.setNotifier(record => names.push(record.name))

const traced = osprofilerMiddleware('KEY')
const callee = createServer((req, res) => traced(req, res, () => res.end('served'))).listen(0, '127.0.0.1')
await once(callee, 'listening')

await profiler.run({ hmacKey: 'KEY' }, async () => {
  // setup() adds these headers to requests of fetch and node:http. For other clients, add the headers yourself:
  const headers = profiler.getTraceIdHeaders()
  await (await fetch(`http://127.0.0.1:${callee.address().port}`, { headers })).text()
})

callee.close()
callee.closeAllConnections()
await once(callee, 'close')
console.log(names.join(' '))
