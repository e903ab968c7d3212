import { connect } from 'node:net'

/** A header as its bytes are to be sent: text stands for Latin-1. */
export type RawHeader = readonly [name: string, value: string]

/** What came back until the server closed the connection. */
export interface RawResponse {
  readonly status: number
  /** All of it but the date. */
  readonly text: string
  readonly body: string
}

/** Sends one GET request over a socket, its headers untouched by any client, and reads to the end. */
export function sendRaw(port: number, headers: readonly RawHeader[]): Promise<RawResponse> {
  const lines = [['Host', 'localhost'], ['Connection', 'close'], ...headers].map(([name, value]) => `${name}: ${value}`)
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const chunks: Buffer[] = []
    socket.on('data', chunk => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => resolve(readResponse(Buffer.concat(chunks).toString('latin1'))))
    socket.write(Buffer.from(`GET / HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1'))
  })
}

function readResponse(response: string): RawResponse {
  const [head = ''] = response.split('\r\n\r\n')
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0),
    text: response.replace(/^Date: .*\r\n/im, ''),
    body: response.slice(head.length + 4),
  }
}
