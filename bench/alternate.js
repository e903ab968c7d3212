/**
 * Measures contenders side by side: in each generation every one of them is started anew and warmed up, each time from
 * another on. Then they take turns, in an order that turns around each round, so that a drift of the machine hits all
 * alike. The first round does not count: who was started first has waited longest, and the collector has taken compiled
 * code from it.
 *
 * A contender is `{name, start}`; `start` resolves to `{measure, stop}` once it is warm, and `measure` to a number.
 * Resolves to the numbers by name: `samples.get(name)[generation][round]`.
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

/** Starts all contenders one after another, in each generation from another on. Each gets `values`, a list without any yet. */
export async function startAll(contenders, generation) {
  const running = []
  const turned = generation % contenders.length
  for (const { name, start } of [...contenders.slice(turned), ...contenders.slice(0, turned)]) {
    running.push({ name, values: [], ...(await start()) })
  }
  return running
}

/** Of work that two tracers do side by side: a cold OpenTelemetry costs ten times a warm one. */
export const WARM_UP_CALLS = 15_000
const WARM_UP_MS = 400
const ROUND_DURATION_MS = 60

/**
 * A contender that is one task, done again and again in a process of its own; measured in ns each time it is done.
 * `startProcess` starts a process that answers `{count}` with `{ns}`. It is warm after some time, and `warmUpCalls`.
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
