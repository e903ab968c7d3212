import { readFileSync, writeFileSync } from 'node:fs'

const FILE = new URL('figures.json', import.meta.url)

/**
 * Reads the recorded figures: the exact version of Node, and the `bytes` and `instructions` per repetition of each
 * workload.
 */
export function readFigures() {
  return JSON.parse(readFileSync(FILE, 'utf8'))
}

export function writeFigures(figures) {
  writeFileSync(FILE, `${JSON.stringify(figures, undefined, 2)}\n`)
}
