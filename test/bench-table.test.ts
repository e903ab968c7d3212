import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readPlace } from '../bench/places.js'
import { medianInterval } from '../bench/statistics.js'

/** Returns the rows of a table that a benchmark writes, without the header and without padding in the cells. */
function readRows(file: string, place: string): string[] {
  const document = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
  const lines = (readPlace(document, place) ?? '').split('\n').filter((line: string) => line.startsWith('|'))
  return lines.slice(2).map((line: string) => line.replaceAll(/ +/g, ' '))
}

describe('the table of tracing costs', () => {
  it('contains the two result lines that README.md quotes', () => {
    const table = readRows('bench/README.md', 'the table')

    const shown = readRows('README.md', 'two lines of the table')

    expect(shown).toHaveLength(2)
    expect(table).toEqual(expect.arrayContaining(shown))
  })

  // Each measurement is the result of one generation of the benchmark, which restarts all servers.
  it.each([
    [6, 1, 6],
    [8, 1, 8],
    [9, 2, 8],
    [12, 3, 10],
    [20, 6, 15],
  ])(
    'has the confidence interval of the median that tables of the sign test list for %i measurements',
    (count, low, high) => {
      const values = Array.from({ length: count }, (_, index) => index + 1)

      const interval = medianInterval(values)

      expect(interval).toMatchObject({ low, high })
    },
  )

  it('has an infinite confidence interval if there are fewer than six measurements', () => {
    const interval = medianInterval([1, 2, 3, 4, 5])

    expect(interval).toEqual({ median: 3, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY })
  })
})
