import { connect } from 'node:net'

/** A header whose value is sent as Latin-1, one byte for each character. */
export type RawHeader = readonly [name: string, value: string]

/** A response, read until the server closed the connection. */
export interface RawResponse {
  readonly status: number
  /** The whole response without its `Date` header. */
  readonly text: string
  readonly body: string
}

/** Sends one GET request over a raw socket, so that no client changes the headers, and reads the whole response. */
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
