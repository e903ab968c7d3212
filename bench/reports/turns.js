/**
 * Lets contenders run one after another, each in a process of its own, in an order that turns around each round. One
 * round before them does not count: it fills the caches of the file system.
 *
 * @param contenders objects of a name and of a function that resolves to a measurement
 * @param warm whether that first round is run; without it, long ones are spared
 * @returns the measurements by name: `taken.get(name)[round]`
 */
export async function takeTurns(contenders, rounds, warm = true) {
  const taken = new Map(contenders.map(({ name }) => [name, []]))
  for (let round = warm ? 0 : 1; round <= rounds; round++) {
    for (const { name, measure } of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const measurement = await measure()
      if (round > 0) taken.get(name).push(measurement)
    }
  }
  return taken
}
