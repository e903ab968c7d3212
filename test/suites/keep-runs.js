import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Opens the stored runs of a suite in a results folder. Runs of the types `control` and `with-us` are stored
 * separately, and remain after the program exits.
 */
export function openRuns(results, suite) {
  const folder = join(results, suite.folder)
  mkdirSync(folder, { recursive: true })
  const files = kind => readdirSync(folder).filter(name => name.startsWith(`${kind}-`) && name.endsWith('.json'))

  return {
    /** Removes the earlier runs of one type. */
    clear(kind) {
      for (const name of files(kind)) rmSync(join(folder, name))
    },

    keep(kind, { results, points, output }) {
      const name = `${kind}-${files(kind).length + 1}`
      writeFileSync(join(folder, `${name}.json`), JSON.stringify({ results: [...results], points }))
      writeFileSync(join(folder, `${name}.log`), output)
    },

    read(kind) {
      return files(kind).map(name => {
        const { results, points } = JSON.parse(readFileSync(join(folder, name), 'utf8'))
        return { results: new Map(results), points }
      })
    },

    report(comparison) {
      writeFileSync(join(folder, 'comparison.json'), JSON.stringify(comparison, undefined, 2))
    },
  }
}
