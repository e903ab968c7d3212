import { connect } from 'node:net'

export const CONNECTION_COUNT = 60
/** What every answer of `serve.js` ends with. */
const BODY_END = '"table"]}'

/**
 * Sends requests, each a finished text: one on each of many connections that are kept open, then a nap, then the
 * next ones. The nap is what makes servers comparable: a write that wakes a waiting client costs a server several
 * microseconds more than one to a client that is busy, so that a slower server would pay for being slower.
 *
 * @param napMs longer than a server takes for a request on each connection
 */
export async function openLoad(port, napMs = 10) {
  const sockets = await Promise.all(Array.from({ length: CONNECTION_COUNT }, () => openSocket(port)))
  return {
    /** Without naps, `pause: false`, where nothing is measured. */
    async send(requests, { pause = true } = {}) {
      for (let start = 0; start < requests.length; start += CONNECTION_COUNT) {
        const answers = requests
          .slice(start, start + CONNECTION_COUNT)
          .map((request, i) => sockets[i].exchange(request))
        if (pause) nap(napMs)
        await Promise.all(answers)
      }
    },
    close() {
      for (const socket of sockets) socket.close()
    },
  }
}

/** Blocks the whole thread: while it does, no answer wakes it. */
function nap(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

function openSocket(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let received = ''
    let turn
    socket.setEncoding('latin1')
    socket.on('data', chunk => {
      received += chunk
      if (!received.endsWith(BODY_END)) return
      if (!received.startsWith('HTTP/1.1 200 ')) turn.reject(new Error(`Unexpected answer: ${received.slice(0, 200)}`))
      received = ''
      turn.resolve()
    })
    socket.on('error', reject)
    socket.on('close', () => turn?.reject(new Error('The server closed a connection')))
    socket.on('connect', () =>
      resolve({
        exchange(request) {
          socket.write(request, 'latin1')
          return new Promise((resolve, reject) => {
            turn = { resolve, reject }
          })
        },
        close: () => socket.destroy(),
      }),
    )
  })
}
