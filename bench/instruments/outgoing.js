// Sends requests to a server with `http.get` or `fetch`: `node outgoing.js CONTENDER http|fetch PORT IN_FLIGHT`.

import http from 'node:http'
import { createRequire } from 'node:module'
import { answerTimes } from '../answer.js'
import { createContender } from './contenders.js'

const [, , task, client, port, inFlight] = process.argv
const require = createRequire(import.meta.url)

const urls = Array.from(
  { length: Number(inFlight) },
  (_, index) => `http://127.0.0.1:${port}/${index === 0 ? 'first' : 'other'}/7?page=2`,
)
const agent = new http.Agent({ keepAlive: true, maxSockets: Number(inFlight) })

const CLIENTS = {
  http: url =>
    new Promise((resolve, reject) => {
      http.get(url, { agent }, response => response.resume().on('end', resolve)).on('error', reject)
    }),
  fetch: async url => (await fetch(url)).text(),
}

const inContext = await createContender(task, [['http', 'fetch']], () => {
  const { propagation } = require('@opentelemetry/api')
  const { W3CTraceContextPropagator } = require('@opentelemetry/core')
  const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
  const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici')
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  return [new HttpInstrumentation(), new UndiciInstrumentation()]
})
// OpenTelemetry hooks into `require()`, so `node:http` must be loaded by `require()`.
require('node:http')
const send = CLIENTS[client]

answerTimes({
  [task]: count =>
    inContext(count, async () => {
      for (let done = 0; done < count; done += Number(inFlight)) {
        await Promise.all(urls.map(send))
      }
    }),
})
