import { IncomingMessage, ServerResponse } from 'node:http'
import { Duplex } from 'node:stream'

/** Node's own request and response over a stream that takes everything: no network, and no event loop to wait for. */
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
