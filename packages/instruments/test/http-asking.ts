import type { ClientRequest, IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'

/** Sends a request with a response callback, and resolves to the body of the response. */
export function ask(send: (onAnswer: (response: IncomingMessage) => void) => ClientRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = send(response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', chunk => {
        text += chunk
      })
      response.on('end', () => resolve(text))
      response.on('error', reject)
    })
    request.on('error', reject)
    if (!request.writableEnded) request.end()
  })
}

/** A server that stores every byte that it receives, and responds with 200. */
export interface ByteServer extends AsyncDisposable {
  readonly port: number
  /** The text received on each connection. */
  readonly received: string[]
}

export async function openByteServer(host = '127.0.0.1'): Promise<ByteServer> {
  const received: string[] = []
  const server = createServer(socket => {
    const at = received.push('') - 1
    socket.setEncoding('latin1')
    socket.on('error', () => undefined)
    socket.on('data', chunk => {
      received[at] = `${received[at]}${chunk}`
      if (received[at]?.includes('\r\n\r\n')) {
        socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok')
      }
    })
  })
  await new Promise<void>(resolve => server.listen(0, host, resolve))
  return {
    port: (server.address() as AddressInfo).port,
    received,
    async [Symbol.asyncDispose]() {
      await new Promise(resolve => server.close(resolve))
    },
  }
}
