import { startNodeAt } from '../child.js'
import { CONNECTION_COUNT, openLoad } from './load.js'
import { createParentedRequests, createPlainRequests, createSignedRequests } from './requests.js'

const WARM_UP_REQUESTS = 15_000
/** How long the client sleeps while a server answers sixty requests, in ms. Express needs more time than the others. */
const NAPS_MS = { express: 16, koa: 8, fastify: 8 }

export const BARE = 'bare'
export const BARE_AGAIN = 'bare, again (A/A)'
export const UNTRACED = 'adapter, no headers'
export const REFUSED = 'adapter, bad signature'
export const TRACED = 'adapter, traced'
export const SAMPLED_OFF = 'OpenTelemetry, always off'
export const SAMPLED_ON = 'OpenTelemetry, always on'

/** Each contender's server, its requests, and how many records or spans a request produces. */
const CONTENDERS = [
  [BARE, 'bare', createPlainRequests, 0],
  [BARE_AGAIN, 'bare', createPlainRequests, 0],
  [UNTRACED, 'adapter', createPlainRequests, 0],
  [REFUSED, 'adapter', sign('ANOTHER_KEY'), 0],
  [TRACED, 'adapter', sign('SECRET_KEY'), 2],
  [SAMPLED_OFF, 'otel-off', createPlainRequests, 0],
  [SAMPLED_ON, 'otel-on', createParentedRequests, 1],
]

function sign(key) {
  return count => createSignedRequests(count, key)
}

/**
 * Creates the servers of one framework on one version of Node: `{name, start}`. `start` resolves to a warm server:
 *
 * - `sendBurst()` sends a request over each connection, and awaits the responses.
 * - `settle()` awaits the delivery of the records or spans of all requests so far. It resolves to the requests' CPU
 *   time, in us per request.
 */
export function createServers(framework, node) {
  return CONTENDERS.map(([name, ...contender]) => ({ name, start: () => startServer(framework, node, ...contender) }))
}

async function startServer(framework, node, variant, makeRequests, made) {
  const child = startNodeAt(node.path, 'servers/serve.js', framework, variant)
  let { port, cpu } = await child.ask({ expected: 0 })
  const load = await openLoad(port, NAPS_MS[framework])
  let sent = 0

  async function send(count, options) {
    await load.send(makeRequests(count), options)
    sent += count
  }

  async function settle() {
    const before = cpu
    const count = sent
    sent = 0
    cpu = (await child.ask({ expected: count * made })).cpu
    return (cpu - before) / count
  }

  await send(WARM_UP_REQUESTS, { pause: false })
  await settle()
  return {
    sendBurst: () => send(CONNECTION_COUNT),
    settle,
    async stop() {
      load.close()
      await child.stop()
    },
  }
}
