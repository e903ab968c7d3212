/** Returns the median. With `at` 0.25 or 0.75, returns a quartile. */
export function quantile(values, at = 0.5) {
  const sorted = values.toSorted((a, b) => a - b)
  const position = (sorted.length - 1) * at
  const below = sorted[Math.floor(position)]
  return below + (sorted[Math.ceil(position)] - below) * (position % 1)
}

/** Returns the median and the quartiles. */
export function summarise(values) {
  return { median: quantile(values), low: quantile(values, 0.25), high: quantile(values, 0.75) }
}

/** Returns the median ratio of a contender to a reference. Each ratio is calculated within a round. */
export function ratio(samples, name, reference) {
  const references = samples.get(reference).flat()
  const values = samples.get(name).flat()
  return summarise(values.map((value, index) => value / references[index]))
}

/**
 * Returns the median, and the interval that contains the true median in at least 95 of 100 experiments. The interval
 * comes from the sign test, which assumes nothing about the distribution of the values. If there are fewer than six
 * values, the ends are infinite.
 */
export function medianInterval(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const below = countOutside(sorted.length)
  if (below < 0) return { median: quantile(values), low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }
  return { median: quantile(values), low: sorted[below], high: sorted.at(-1 - below) }
}

/**
 * Returns how many of `count` sorted values the interval omits at each end. If `count` coins are tossed, the
 * probability that at most this many show heads is at most 1 in 40.
 */
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

/**
 * Returns the median of each generation's rounds. This is one value per process, because the rounds in one process
 * resemble each other.
 */
export function groupByGeneration(samples, name) {
  return samples.get(name).map(rounds => quantile(rounds))
}
