/**
 * Runs contenders one after another, each in its own process. The order is reversed each round. A first round, which
 * does not count, fills the file system's caches.
 *
 * @param contenders objects with a name and a function that resolves to a measurement
 * @param warm whether to run the first round, which long measurements skip
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
