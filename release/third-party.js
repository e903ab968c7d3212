// Writes THIRD-PARTY.md, which lists the third-party code in the packages' files, with its licenses. Dependencies are not
// listed, because each of them is installed with its own license.
//
//   node release/third-party.js           writes the file
//   node release/third-party.js --check   fails if the file differs from the bundled code

import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildEntry } from '../packages/viewer/build-entry.js'

const PAGES_LABEL =
  'the pages of `@osprofiler/viewer`, and therefore each HTML file that the command and the viewer write'
const PICTURES_LABEL = 'the package `osprofiler`, as the file `dist/fonts/DejaVuSansCondensed.ttf`'

const file = fileURLToPath(new URL('../THIRD-PARTY.md', import.meta.url))
const entries = [...(await listBundledInPages()), readBundledFont()]
const text = `# Third-party software

The packages of OSProfiler for Node.js contain the following third-party packages. \`node release/third-party.js\` writes this list.
${entries.map(formatSection).join('')}`

if (!process.argv.includes('--check')) writeFileSync(file, text)
else if (readFileSync(file, 'utf8') !== text) {
  console.error('Run "node release/third-party.js": THIRD-PARTY.md does not match the bundled packages.')
  process.exitCode = 1
}

/** Returns the packages that the scripts of both pages contain, found by the bundler's module names. */
async function listBundledInPages() {
  const pages = await Promise.all(['trace', 'list'].map(buildEntry))
  const all = pages.flatMap(({ bundled }) => bundled).map(entry => [`${entry.name} ${entry.version}`, entry])
  return [...new Map(all).values()].map(entry => ({ ...entry, place: PAGES_LABEL }))
}

function readBundledFont() {
  const { resolve } = createRequire(new URL('../packages/cli/package.json', import.meta.url))
  const folder = dirname(resolve('dejavu-fonts-ttf/package.json'))
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  // The package names no SPDX license. Its fonts are Bitstream's, with added glyphs under the same terms.
  return {
    name,
    version,
    license: 'Bitstream-Vera',
    text: readFileSync(join(folder, 'LICENSE'), 'utf8'),
    place: PICTURES_LABEL,
  }
}

function formatSection({ name, version, license, text, place }) {
  return `
## ${name} ${version}

- License: ${license}
- In: ${place}

\`\`\`text
${text.trim().replaceAll(/[^\S\n]+$/gm, '')}
\`\`\`
`
}
