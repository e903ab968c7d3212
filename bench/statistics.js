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
