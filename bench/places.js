import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Returns the text between the marks `<!-- bench: NAME -->` and `<!-- end -->` in a document, or `undefined` if the
 * document does not have these marks.
 */
export function readPlace(document, name) {
  const [start, end] = findPlace(document, name)
  return start < 0 ? undefined : document.slice(start, end).trim()
}

/**
 * Replaces the text between the marks `<!-- bench: NAME -->` and `<!-- end -->` in a document of this project, such as
 * `bench/README.md`.
 */
export function fillPlace(file, name, text) {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url))
  const document = readFileSync(path, 'utf8')
  const [start, end] = findPlace(document, name)
  if (start < 0) return
  writeFileSync(path, `${document.slice(0, start)}\n\n${text}\n\n${document.slice(end)}`)
  console.log(`\nWritten into ${file}: ${name}`)
}

function findPlace(document, name) {
  const mark = `<!-- bench: ${name} -->`
  const at = document.indexOf(mark)
  const start = at + mark.length
  return at < 0 ? [-1, -1] : [start, document.indexOf('<!-- end -->', start)]
}
