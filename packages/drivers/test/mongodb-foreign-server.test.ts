import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { it } from 'vitest'
import type { OnTestFinished } from './child.js'
import { endBesideHang } from './end-beside-hang.js'

/** An empty message of MongoDB's protocol. */
const MESSAGE = Buffer.from([16, 0, 0, 0, ...Array(12).fill(0)])

async function sendForEver(bytes: Buffer, atOnce: number, onTestFinished: OnTestFinished): Promise<string> {
  const server = createServer((socket: Socket) => {
    let sent = 0
    const timer = setInterval(() => {
      const from = sent % bytes.length
      socket.write(bytes.subarray(from, from + atOnce))
      sent += atOnce
    }, 5)
    socket.on('error', () => undefined).on('close', () => clearInterval(timer))
    socket.resume()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `mongodb://127.0.0.1:${(server.address() as AddressInfo).port}`
}

// The tests run concurrently, because each waits for several seconds.
it.concurrent.for<readonly [string, Buffer, number]>([
  ['zeros', Buffer.alloc(1_024), 1_024],
  ['zeros, one byte at a time', Buffer.alloc(1_024), 1],
  ['a message and then zeros', Buffer.concat([MESSAGE, Buffer.alloc(1_024)]), 1_040],
  ['a negative length', Buffer.from([0, 0, 0, 0x80]), 4],
  ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 28],
])(
  'mongodb:// neither blocks the program nor delays its end if the server sends %s',
  async ([_, bytes, atOnce], { expect, onTestFinished }) => {
    const store = await sendForEver(bytes, atOnce, onTestFinished)

    const { code, stderr, endMs } = await endBesideHang([store], 'closes', { onFinished: onTestFinished })

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(endMs).toBeLessThan(10_000)
  },
)
