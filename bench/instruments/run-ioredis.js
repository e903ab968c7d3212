import { startRedis } from '../../test/servers/dist/redis.js'
import { alternate, createTask } from '../alternate.js'
import { startNode } from '../child.js'
import { ratio, summarise } from '../statistics.js'
import { printTable, show, verdict } from '../table.js'

/** A command of ioredis: with nothing around it, with our instrument on but no trace, traced, and in a span. */
export async function runIoredis(effort) {
  const server = await startRedis()
  for (const inFlight of [1, 10]) await runCommands(server, inFlight, effort)
  await server.stop()
}

async function runCommands({ port }, inFlight, effort) {
  const start = name => () => startNode('instruments/ioredis.js', name, String(port), String(inFlight))
  const names = ['bare', 'untraced', 'traced', 'openTelemetry']
  const samples = await alternate(
    names.map(name => createTask(name, start(name))),
    effort,
  )
  const ns = name => show(summarise(samples.get(name).flat()), 0)
  const untraced = ratio(samples, 'untraced', 'bare')
  const added = addedTime(samples, 'traced', 'openTelemetry')
  printTable(
    `A command of ioredis, ${inFlight} at a time`,
    ['', 'ns', 'of bare', 'aim 1.01', "of OpenTelemetry's added time", 'aim 0.33'],
    [
      ['bare', ns('bare'), '', '', '', ''],
      ['untraced, instrument on', ns('untraced'), show(untraced, 3), verdict(untraced.median, 1.01), '', ''],
      ['traced', ns('traced'), show(ratio(samples, 'traced', 'bare')), '', show(added), verdict(added.median, 0.33)],
      ['OpenTelemetry', ns('openTelemetry'), show(ratio(samples, 'openTelemetry', 'bare')), '', '', ''],
    ],
  )
}

/** What one adds to bare in a round, of what the other adds in the same. */
function addedTime(samples, name, reference) {
  const [bare, own, other] = ['bare', name, reference].map(each => samples.get(each).flat())
  return summarise(own.map((value, index) => (value - bare[index]) / (other[index] - bare[index])))
}
