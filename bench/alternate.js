/**
 * Measures several contenders, which are the programs to compare, in turns. In each generation, all contenders are
 * restarted and warmed up, in an order that starts with a different contender each time. Then each contender is
 * measured once per round. Every other round reverses the order, so that a drift in the machine's speed affects all
 * contenders alike. The first round does not count, because the contenders that were started first have waited longest,
 * and the garbage collector has dropped some of their compiled code.
 *
 * A contender is `{name, start}`. Once the contender is warm, `start` resolves to `{measure, stop}`. `measure` resolves
 * to a number. `alternate` resolves to all numbers by name: `samples.get(name)[generation][round]`.
 */
export async function alternate(contenders, { generations, rounds, first = 0 }) {
  const samples = new Map(contenders.map(({ name }) => [name, []]))
  for (let generation = first; generation < first + generations; generation++) {
    const running = await startAll(contenders, generation)
    for (const { name, values } of running) samples.get(name).push(values)
    for (let round = 0; round <= rounds; round++) {
      for (const { values, measure } of round % 2 === 0 ? running : running.toReversed()) {
        const value = await measure()
        if (round > 0) values.push(value)
      }
    }
    await Promise.all(running.map(({ stop }) => stop()))
  }
  return samples
}

/**
 * Starts all contenders one after another, beginning with a different contender in each generation. Adds an empty list
 * `values` to each contender.
 */
export async function startAll(contenders, generation) {
  const running = []
  const turned = generation % contenders.length
  for (const { name, start } of [...contenders.slice(turned), ...contenders.slice(0, turned)]) {
    running.push({ name, values: [], ...(await start()) })
  }
  return running
}

/**
 * Number of warm-up calls in comparisons with OpenTelemetry, whose first calls take ten times as long as later calls.
 */
export const WARM_UP_CALLS = 15_000
const WARM_UP_MS = 400
const ROUND_DURATION_MS = 60

/**
 * Creates a contender that repeats one task in its own process. The result is the time in ns per repetition.
 * `startProcess` starts a process that answers `{count}` with `{ns}`. The process is warm after a minimum time and at
 * least `warmUpCalls` calls.
 */
export function createTask(name, startProcess, warmUpCalls = 0) {
  return {
    name,
    async start() {
      const child = startProcess()
      const time = async count => (await child.ask({ count })).ns
      let count = 16
      let spent = 0
      let calls = 0
      for (let warm = false; !warm; ) {
        const ns = await time(count)
        spent += ns / 1e6
        calls += count
        warm = spent >= WARM_UP_MS && calls >= warmUpCalls && ns / 1e6 >= ROUND_DURATION_MS / 2
        if (ns / 1e6 < ROUND_DURATION_MS / 2) count *= 2
        else count = Math.ceil((count * ROUND_DURATION_MS * 1e6) / ns)
      }
      return { measure: async () => (await time(count)) / count, stop: () => child.stop() }
    },
  }
}
