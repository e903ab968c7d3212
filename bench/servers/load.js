import { connect } from 'node:net'

export const CONNECTION_COUNT = 60
/** The end of every response that `serve.js` sends. */
const BODY_END = '"table"]}'

/**
 * Opens connections. The returned `send` writes one prepared request to each connection, sleeps, reads the responses,
 * and then continues with the next requests. The sleep makes servers comparable. A write that wakes a waiting client
 * costs a server several microseconds, and a slower server would pay this cost more often.
 *
 * @param napMs the duration of each sleep, which must be longer than a server takes for one request on each connection
 */
export async function openLoad(port, napMs = 10) {
  const sockets = await Promise.all(Array.from({ length: CONNECTION_COUNT }, () => openSocket(port)))
  return {
    /** Sends requests and awaits the responses. `pause: false` skips the sleeps, for phases that are not measured. */
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

/** Blocks the whole thread, so that no response wakes it. */
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
