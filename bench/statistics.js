/** The value in the middle; `at` 0.25 and 0.75 give the quartiles. */
export function quantile(values, at = 0.5) {
  const sorted = values.toSorted((a, b) => a - b)
  const position = (sorted.length - 1) * at
  const below = sorted[Math.floor(position)]
  return below + (sorted[Math.ceil(position)] - below) * (position % 1)
}

/** The median and the quartiles around it. */
export function summarise(values) {
  return { median: quantile(values), low: quantile(values, 0.25), high: quantile(values, 0.75) }
}

/** How many times the reference a contender takes: measured in the same round, then the middle of all rounds. */
export function ratio(samples, name, reference) {
  const references = samples.get(reference).flat()
  const values = samples.get(name).flat()
  return summarise(values.map((value, index) => value / references[index]))
}

/**
 * The median, and the interval in which the true one lies in 95 of 100 experiments or more: by the sign test, which
 * assumes nothing about how the values spread. Fewer than six values tell no interval, and its ends are infinite.
 */
export function medianInterval(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const below = countOutside(sorted.length)
  if (below < 0) return { median: quantile(values), low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }
  return { median: quantile(values), low: sorted[below], high: sorted.at(-1 - below) }
}

/** How many values an interval leaves out on each side: of so many coins, at most this number shows heads once in 40 times. */
function countOutside(count) {
  let chance = 2 ** -count
  let sum = 0
  let heads = 0
  while (sum + chance <= 0.025) {
    sum += chance
    chance *= (count - heads) / ++heads
  }
  return heads - 1
}

/** The middle of each generation's rounds: one value for a process, since rounds of one process resemble each other. */
export function groupByGeneration(samples, name) {
  return samples.get(name).map(rounds => quantile(rounds))
}
