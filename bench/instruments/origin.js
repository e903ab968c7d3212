// A server that answers every request with two bytes, in a process of its own: its time is nobody's here.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { answer } from '../answer.js'

const server = createServer((_req, res) => res.end('ok')).listen(0, '127.0.0.1')
server.keepAliveTimeout = 0
await once(server, 'listening')
await answer(() => ({ port: server.address().port }))
