import { alternate } from '../alternate.js'
import { startNode } from '../child.js'
import { quantile, summarise } from '../statistics.js'
import { printTable, show, verdict } from '../table.js'
import { readCpuTime } from './cpu-time.js'
import { openLoad } from './load.js'
import { parentedRequests, plainRequests, signedRequests } from './requests.js'

const WARM_UP_REQUESTS = 6_000
const ROUND_REQUESTS = 3_600

/** Each contender: the kind of server, the requests that it gets, and what shows that it did what it is here for. */
const CONTENDERS = [
  ['bare', 'bare', plainRequests, none],
  ['bare, once more (A/A)', 'bare', plainRequests, none],
  ['bare, sent the traced requests', 'bare', sign('SECRET_KEY'), none],
  ['adapter, no headers', 'adapter', plainRequests, none],
  ['adapter, bad signature', 'adapter', sign('ANOTHER_KEY'), none],
  ['adapter, traced', 'adapter', sign('SECRET_KEY'), ({ records }, requests) => records === 2 * requests],
  ['OpenTelemetry, always off', 'otel-off', plainRequests, none],
  ['OpenTelemetry, always on', 'otel-on', parentedRequests, ({ spans }, requests) => spans > requests * 0.9],
]

function none({ records, spans }) {
  return records === 0 && spans === 0
}

function sign(key) {
  return count => signedRequests(count, key)
}

/** Measures the servers of one framework: `express`, `koa` or `fastify`. */
export async function runServers(framework, effort) {
  const samples = await alternate(
    CONTENDERS.map(contender => createServer(framework, ...contender)),
    effort,
  )
  // A figure is the CPU time of all the rounds of one process: the kernel's ticks of 10 ms are small against it.
  const perRequest = new Map([...samples].map(([name, generations]) => [name, generations.map(mean)]))
  const added = name => perRequest.get(name).map((cpu, generation) => cpu - perRequest.get('bare')[generation])
  const noise = quantile(added('bare, once more (A/A)').map(Math.abs), 0.75)
  const openTelemetry = summarise(added('OpenTelemetry, always on')).median
  printTable(
    `${framework}: CPU time of the server, in us a request`,
    ['', 'us', 'added to bare', 'of OpenTelemetry on', 'aim'],
    CONTENDERS.map(([name]) => {
      const more = summarise(added(name))
      const share = more.median / openTelemetry
      return [
        name,
        show(summarise(perRequest.get(name)), 1),
        name === 'bare' ? '' : show(more, 1),
        name === 'bare' ? '' : share.toFixed(2),
        describeAim(name, more.median, noise, share),
      ]
    }),
  )
}

function describeAim(name, added, noise, share) {
  if (name === 'adapter, no headers')
    return `not told from bare (A/A ${noise.toFixed(1)}): ${verdict(Math.abs(added), noise)}`
  if (name === 'adapter, traced') return `0.4: ${verdict(share, 0.4)}`
  return ''
}

function createServer(framework, name, variant, makeRequests, isRight) {
  return {
    name,
    async start() {
      const child = startNode('servers/serve.js', framework, variant)
      const load = await openLoad((await child.ask({})).port)
      let sent = 0
      const send = async count => {
        const requests = makeRequests(count)
        const before = readCpuTime(child.pid)
        await load.send(requests)
        sent += count
        return (readCpuTime(child.pid) - before) / count
      }
      await send(WARM_UP_REQUESTS)
      return {
        measure: () => send(ROUND_REQUESTS),
        async stop() {
          const report = await child.ask({})
          load.close()
          await child.stop()
          if (!isRight(report, sent))
            throw new Error(`${framework}, ${name}: ${sent} requests, ${JSON.stringify(report)}`)
        },
      }
    },
  }
}

function mean(values) {
  return values.reduce((sum, value) => sum + value) / values.length
}
