import { IncomingMessage, ServerResponse } from 'node:http'
import { Duplex } from 'node:stream'

/** Creates a Node request and response over a stream that accepts everything, without a network or an event loop. */
export function createExchange(headers) {
  const socket = new Duplex({
    read() {},
    write: (_chunk, _encoding, done) => done(),
  })
  const req = Object.assign(new IncomingMessage(socket), { method: 'GET', url: '/orders/7?full=1', headers })
  const res = new ServerResponse(req)
  res.assignSocket(socket)
  return { req, res }
}
