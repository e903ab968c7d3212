// A server that answers every request with two bytes, in a process of its own: its time is nobody's here.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { answer } from '../answer.js'

/** Longer than a client takes to send what it sends at a time. */
const NAP_MS = 10
const blocked = new Int32Array(new SharedArrayBuffer(4))

const server = createServer((req, res) => {
  // The first of those that are sent at a time. A write that wakes a waiting server costs its client several
  // microseconds more than one to a server that is busy, so that a slower client would pay for being slower.
  if (req.url.startsWith('/first')) Atomics.wait(blocked, 0, 0, NAP_MS)
  res.end('ok')
}).listen(0, '127.0.0.1')
server.keepAliveTimeout = 0
await once(server, 'listening')
await answer(() => ({ port: server.address().port }))
