// Builds the entries of pages/ into dist/pages/: the page of a trace, and the pages of `osprofiler ui`. Does nothing if
// no source has changed. Requires the builds of @osprofiler/core and @osprofiler/report.

import { copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildEntry } from './build-entry.js'

const here = fileURLToPath(new URL('.', import.meta.url))
const target = `${here}dist/pages/`
const sources = [
  `${here}pages`,
  `${here}src/protocol`,
  `${here}../report/dist`,
  `${here}../core/dist/json`,
  `${here}build-page.js`,
  `${here}build-entry.js`,
  `${here}package.json`,
]

if (newest(sources) > newest([target])) await buildPages()

async function buildPages() {
  const entries = await Promise.all(['trace', 'list'].map(async name => ({ name, ...(await buildEntry(name)) })))
  mkdirSync(target, { recursive: true })
  copyFileSync(`${here}pages/shared/theme.css`, `${target}theme.css`)
  for (const { name, script, style } of entries) {
    writeFileSync(`${target}${name}.js`, script)
    writeFileSync(`${target}${name}.css`, style)
  }
}

/** Returns the modification time of the newest of these files, or 0 if there are none. */
function newest(paths) {
  let latest = 0
  for (const path of paths) {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat === undefined) continue
    latest = Math.max(latest, stat.isDirectory() ? newestIn(path) : stat.mtimeMs)
  }
  return latest
}

function newestIn(folder) {
  return newest(readdirSync(folder).map(name => `${folder}/${name}`))
}
