// A server that answers every request with two bytes. It runs in its own process, so that the server's CPU time is not
// measured.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { answer } from '../answer.js'

/** The maximum time for which the server is blocked. A client sends all its parallel requests in less time. */
const NAP_MS = 10
const blocked = new Int32Array(new SharedArrayBuffer(4))

const server = createServer((req, res) => {
  // The first of the parallel requests blocks the server until the client has sent all of them. A write that wakes a
  // waiting server costs the client several microseconds, and a slower client would pay this cost more often.
  if (req.url.startsWith('/first')) Atomics.wait(blocked, 0, 0, NAP_MS)
  res.end('ok')
}).listen(0, '127.0.0.1')
server.keepAliveTimeout = 0
await once(server, 'listening')
await answer(() => ({ port: server.address().port }))
